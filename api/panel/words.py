"""Persian words for the values that the panel shows."""

from api.panel.tables import Badge
from clearance.certificate import ClearanceKind
from clearance.deadline import DeadlineRule
from clearance.directory import ReviewOutcome, RowState
from clearance.errors import MohrError
from clearance.minutes import MinutesKind
from clearance.notices import NoticeEvent
from clearance.paper import SerialState
from clearance.roles import Reach, Role
from clearance.text import persian_digits
from register.batches.records import BatchState, LineState
from register.directory.reconciliation import Finding
from register.paper.records import MinutesState, Step
from register.records import RevocationState, StandingState, WithdrawalReason
from templates.catalogues import error_text

ROLES = {
    Role.BRANCH_OFFICER: "متصدی شعبه",
    Role.PREMIUM_COLLECTION_HEAD: "رئیس وصول حق بیمه",
    Role.BRANCH_HEAD: "رئیس شعبه",
    Role.PROVINCIAL_SUPERVISOR: "ناظر استان",
    Role.HEADQUARTERS_AUDITOR: "ممیز ستاد",
    Role.ADMINISTRATOR: "مدیر حساب‌ها",
}


def role_word(role: Role) -> str:
    """Return a role's name."""
    return ROLES[role]


def office_of(reach: Reach) -> str:
    """Return a reach in words."""
    if reach.branch is not None:
        return f"شعبهٔ {persian_digits(reach.branch)}"
    return f"استان {reach.province}" if reach.province is not None else "سراسر کشور"


KINDS = {ClearanceKind.FINAL: "نهایی", ClearanceKind.INTERIM: "مقطعی"}
STANDINGS = {
    StandingState.IN_FORCE: Badge(word="معتبر", tone="genuine"),
    StandingState.REVOKED: Badge(word="باطل‌شده", tone="refused"),
    StandingState.REPLACED: Badge(word="جایگزین‌شده", tone="withdrawn"),
}
REVOCATIONS = {
    RevocationState.OPEN: Badge(word="در انتظار تأیید", tone="withdrawn"),
    RevocationState.CONFIRMED: Badge(word="تأییدشده", tone="refused"),
    RevocationState.REJECTED: Badge(word="ردشده", tone="unchecked"),
}
REASONS = {
    WithdrawalReason.ISSUED_IN_ERROR: "صدور به اشتباه",
    WithdrawalReason.DATA_CORRECTED: "نادرستی اطلاعات",
    WithdrawalReason.COLLECTION_REVERSED: "برگشت وصول حق بیمه",
    WithdrawalReason.OBTAINED_BY_FRAUD: "مدارک یا اظهارات خلاف واقع",
    WithdrawalReason.LAWFUL_ORDER: "دستور مرجع قانونی",
    WithdrawalReason.SEAL_COMPROMISED: "بی‌اعتباری کلید مهر",
}
FINDINGS = {
    Finding.UNREVIEWED: Badge(word="بررسی‌نشده", tone="unchecked"),
    Finding.MISMATCHED: Badge(word="مغایر", tone="refused"),
    Finding.INCOMPLETE: Badge(word="ناقص", tone="withdrawn"),
}
OUTCOMES = {
    ReviewOutcome.MATCHING: Badge(word="مطابق", tone="genuine"),
    ReviewOutcome.MISMATCHED: Badge(word="مغایر", tone="refused"),
    ReviewOutcome.INCOMPLETE: Badge(word="ناقص", tone="withdrawn"),
}
ROW_STATES = {
    RowState.ACTIVE: Badge(word="فعال", tone="genuine"),
    RowState.CLOSED: Badge(word="مختومه", tone="unchecked"),
}
CONTRACT_FIELDS = {
    "contract_number": "شمارهٔ قرارداد",
    "contract_date": "تاریخ قرارداد",
    "subject": "موضوع قرارداد",
    "start": "شروع قرارداد",
    "end": "پایان قرارداد",
    "initial_amount": "مبلغ اولیهٔ قرارداد (ریال)",
    "work_assigner_workshop": "کارگاه واگذارندهٔ کار",
    "contractor_workshop": "کارگاه پیمانکار",
    "contract_address": "نشانی مندرج در قرارداد",
}
NOTICE_EVENTS = {
    NoticeEvent.ISSUED: "صدور مفاصاحساب",
    NoticeEvent.REVOKED: "ابطال مفاصاحساب",
    NoticeEvent.REPLACED: "جایگزینی مفاصاحساب",
}
BATCH_STATES = {
    BatchState.RUNNING: Badge(word="در جریان", tone="withdrawn"),
    BatchState.PAUSED: Badge(word="متوقف", tone="unchecked"),
    BatchState.CANCELLED: Badge(word="لغوشده", tone="refused"),
    BatchState.FINISHED: Badge(word="پایان‌یافته", tone="genuine"),
}
LINE_STATES = {
    LineState.WAITING: "در انتظار",
    LineState.WORKING: "در دست صدور",
    LineState.ISSUED: "صادرشده",
    LineState.REFUSED: "پذیرفته‌نشده",
    LineState.CANCELLED: "لغوشده",
    LineState.FAILED: "ناموفق",
}
DEADLINE_RULES = {
    DeadlineRule.NEXT_CALENDAR_DAY: "پایان روز تقویمی بعد",
    DeadlineRule.TWENTY_FOUR_HOURS: "۲۴ ساعت",
    DeadlineRule.NEXT_WORKING_DAY: "پایان روز کاری بعد",
}
SERIAL_STATES = {
    SerialState.ALLOTTED: "تخصیص‌یافته، بی‌تکلیف",
    SerialState.USED: "مصرف‌شده و صادرنشده",
    SerialState.UNUSED_RETURNED: "مصرف‌نشده با هولوگرام",
    SerialState.CANCELLED: "باطل‌شده با الصاق هولوگرام",
    SerialState.LEGACY: "صادرشده پیش از تاریخ اجرا",
    SerialState.MISSING: "مفقود",
}
MINUTES_KINDS = {
    MinutesKind.BRANCH: "صورتجلسهٔ شعبه",
    MinutesKind.CONSOLIDATED: "صورتجلسهٔ تجمیعی استان",
    MinutesKind.DESPATCH: "ارسال به خدمات و پشتیبانی",
    MinutesKind.REPORT: "گزارش به وصول حق بیمه",
}
MINUTES_STATES = {
    MinutesState.DRAFT: Badge(word="پیش‌نویس", tone="unchecked"),
    MinutesState.CLOSED: Badge(word="بسته‌شده، در انتظار مهر", tone="withdrawn"),
    MinutesState.SEALED: Badge(word="مهرشده", tone="genuine"),
}
STEPS = {
    Step.BRANCH_MINUTES: "تحویل فرم‌های شعبه با صورتجلسه",
    Step.CONSOLIDATED: "صورتجلسهٔ تجمیعی استان",
    Step.DESPATCH: "ارسال به خدمات و پشتیبانی",
    Step.REPORT: "گزارش به وصول حق بیمه",
}


def hours_word(hours: float | None) -> str:
    """Return a span in hours and minutes, such as ``۳ ساعت و ۳۶ دقیقه``; a dash for none."""
    if hours is None:
        return "—"
    whole, minutes = divmod(round(hours * 60), 60)
    parts = [f"{whole} ساعت"] if whole else []
    parts += [f"{minutes} دقیقه"] if minutes or not whole else []
    return persian_digits(" و ".join(parts))


def error_word(code: str) -> str:
    """Return the text of an error by its code, as it is kept beside what failed."""
    return error_text(MohrError(code)).fa
