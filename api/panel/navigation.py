"""The panel's sections: each is shown to those whose role may open it."""

from dataclasses import dataclass

from clearance.roles import Officer, Permission


@dataclass(frozen=True, kw_only=True)
class Section:
    """One entry of the navigation."""

    path: str
    title: str
    about: str
    """What it is for, in one sentence."""
    permission: Permission | None = None
    """``None``: for everybody who is logged in."""


SECTIONS = (
    Section(
        path="/panel/clearances",
        title="مفاصاحساب‌ها",
        about="جست‌وجو با شماره، ردیف، کارگاه، شناسه یا نام؛ و سرگذشت کامل هر مفاصاحساب.",
        permission=Permission.SUPERVISE,
    ),
    Section(
        path="/panel/timeliness",
        title="مهلت صدور",
        about="صدور در برابر مهلت یک‌روزه به تفکیک شعبه و روز، با نمودار و جدول.",
        permission=Permission.SUPERVISE,
    ),
    Section(
        path="/panel/rows",
        title="تطبیق ردیف‌ها",
        about="ردیف‌های پیمان بررسی‌نشده، مغایر و ناقص؛ تطبیق با پروندهٔ مطالباتی.",
        permission=Permission.SUPERVISE,
    ),
    Section(
        path="/panel/undertakings",
        title="تعهدنامه‌ها",
        about="تعهدنامه‌های پیش از بازرسی دفاتر، یک بار برای هر دورهٔ مالی پیمانکار.",
        permission=Permission.SUPERVISE,
    ),
    Section(
        path="/panel/revocations",
        title="ابطال‌ها",
        about="درخواست‌های ابطال و تأیید یا رد آن‌ها به دست همکار دوم.",
        permission=Permission.SUPERVISE,
    ),
    Section(
        path="/panel/notices",
        title="ابلاغ‌ها",
        about="ابلاغ‌هایی که هنوز به حساب واگذارندهٔ کار نرسیده‌اند.",
        permission=Permission.SUPERVISE,
    ),
    Section(
        path="/panel/paper",
        title="فرم‌های کاغذی",
        about="دفتر سریال‌های نمونهٔ ۲۲ و هولوگرام‌ها، صورتجلسه‌ها و دیرکردها.",
        permission=Permission.SUPERVISE,
    ),
    Section(
        path="/panel/batches",
        title="دسته‌های درخواست",
        about="درخواست‌هایی که یک‌جا فرستاده شده‌اند: تا کجا صادر شده‌اند و درنگشان از چیست.",
        permission=Permission.SEE_BATCHES,
    ),
    Section(
        path="/panel/trail",
        title="رد رویدادها",
        about="هر کاری که در حوزهٔ شما شده است: چه کسی، چه، کی.",
        permission=Permission.READ_AUDIT,
    ),
    Section(
        path="/panel/staff",
        title="حساب‌های کارکنان",
        about="افزودن کارمند، تعیین نقش و حوزه، مسدود کردن و بازنشانی ورود.",
        permission=Permission.MANAGE_STAFF,
    ),
    Section(
        path="/panel/account",
        title="حساب من",
        about="گذرواژه، کدهای بازیابی و نشست‌های باز شما.",
    ),
)


def sections_for(officer: Officer) -> tuple[Section, ...]:
    """Return the sections that somebody may open."""
    return tuple(
        each for each in SECTIONS if each.permission is None or officer.may(each.permission)
    )
