"""Invented names, addresses and identifiers, valid in form and nobody's in fact."""

from random import Random

from clearance.identifiers import LegalEntityId, NationalId, PostalCode, WorkshopNumber
from clearance.text import persian_digits

FIRST_NAMES = (
    "مهرداد", "نسرین", "کیوان", "الهام", "بهزاد", "شیرین", "فرهاد", "مریم", "سیاوش", "نگار",
    "حمید", "لیلا", "رامین", "پروانه", "داریوش", "مینا", "آرش", "سمیرا", "کامران", "ژاله",
)  # fmt: skip
FAMILY_NAMES = (
    "کیانی‌فر", "صدوقی", "رستگار", "نیک‌پور", "احمدوند", "صفایی", "بهرامی", "جلالی‌نسب", "قنبرزاده",
    "مشکات", "ایزدپناه", "رادمنش", "فرزانگان", "دهقان‌پور", "عسکری‌راد", "طاهرخانی", "مهرآیین",
    "شکوهی", "یزدان‌بخش", "نعمتی",
)  # fmt: skip
COMPANY_WORDS = (
    "آرمان‌سازه", "پی‌ریزان", "زاینده‌راه", "سپهرنیرو", "کاوش‌گستر", "نقش‌جهان‌آب", "پارس‌بتن", "رهاب‌پژوه",
    "فولادآوا", "گنبدساز", "تدبیرکاران", "آبراه‌گستر", "سازه‌نگار", "مهرافزون", "پویاصنعت", "هیربدان",
    "نوین‌کارخانه", "دیدبان‌راه", "ساروج", "بادگیر", "پل‌آفرین", "شبکه‌نیرو", "سبزپردیس", "خاک‌پی",
)  # fmt: skip
COMPANY_KINDS = ("مهندسی", "ساختمانی", "تأسیساتی", "خدماتی", "راه‌سازی", "پیمانکاری", "صنعتی")
COMPANY_FORMS = ("سهامی خاص", "با مسئولیت محدود", "سهامی خاص", "سهامی عام")
ASSIGNERS = (
    "شهرداری {town}",
    "ادارهٔ کل راهداری منطقهٔ {town} (نمونه)",
    "شرکت آب و فاضلاب {town} (نمونه)",
    "شرکت توزیع برق {town} (نمونه)",
    "دانشگاه صنعتی {town} (نمونه)",
    "بیمارستان آموزشی {town} (نمونه)",
    "شرکت فولاد {town} (نمونه)",
    "شرکت شهرک‌های صنعتی {town} (نمونه)",
    "ادارهٔ نوسازی مدارس {town} (نمونه)",
    "شرکت گاز ناحیهٔ {town} (نمونه)",
)
SUBJECTS = (
    "آسفالت و لکه‌گیری معابر منطقهٔ {n}",
    "اجرای خط انتقال آب شرب، قطعهٔ {n}",
    "نوسازی شبکهٔ توزیع برق فشار ضعیف، فاز {n}",
    "احداث ساختمان آموزشی {n} کلاسه",
    "خدمات نظافت و نگهداری فضای سبز ناحیهٔ {n}",
    "تعمیرات اساسی کورهٔ شمارهٔ {n}",
    "طراحی و استقرار سامانهٔ بایگانی الکترونیکی، مرحلهٔ {n}",
    "مرمت و مقاوم‌سازی پل شمارهٔ {n}",
    "بهره‌برداری و نگهداری تصفیه‌خانهٔ شمارهٔ {n}",
    "خرید، حمل و نصب تابلوهای برق پست شمارهٔ {n}",
    "حفاری و تجهیز {n} حلقه چاه آب",
    "لوله‌گذاری شبکهٔ گاز روستایی، بستهٔ {n}",
)
STREETS = ("چهارباغ", "فردوسی", "مطهری", "حکیم نظامی", "آمادگاه", "کاوه", "رودکی", "خیام", "سروش")

_POSTAL = "13456789"


def person_name(random: Random) -> str:
    """Invent a person's name."""
    return f"{random.choice(FIRST_NAMES)} {random.choice(FAMILY_NAMES)}"


def company_name(random: Random) -> str:
    """Invent a company's name."""
    kind, word = random.choice(COMPANY_KINDS), random.choice(COMPANY_WORDS)
    return f"شرکت {kind} {word} ({random.choice(COMPANY_FORMS)})"


def address(random: Random, town: str) -> str:
    """Invent an address in a town."""
    number = persian_digits(str(random.randint(3, 480)))
    return f"{town}، خیابان {random.choice(STREETS)}، پلاک {number}"


def postal_code(random: Random) -> PostalCode:
    """Invent a postal code."""
    return PostalCode("".join(random.choices(_POSTAL, k=5)) + f"{random.randrange(10**5):05}")


def workshop_number(random: Random) -> WorkshopNumber:
    """Invent a workshop number."""
    return WorkshopNumber(f"{random.randrange(10**10):010}")


def national_id(random: Random) -> NationalId:
    """Invent a national id with its right check digit."""
    nine = [random.randrange(10) for _ in range(8)] + [random.randint(1, 8)]
    remainder = sum(digit * (10 - place) for place, digit in enumerate(nine)) % 11
    check = remainder if remainder < 2 else 11 - remainder  # noqa: PLR2004 - the rule's own 2
    return NationalId("".join(map(str, [*nine, check])))


def legal_entity_id(random: Random) -> LegalEntityId:
    """Invent a legal-entity id with its right check digit."""
    ten = f"10{random.choice('136')}{random.randint(1_000_000, 9_999_999)}"
    offset = int(ten[9]) + 2
    weights = (29, 27, 23, 19, 17) * 2
    total = sum((int(digit) + offset) * weight for digit, weight in zip(ten, weights, strict=True))
    return LegalEntityId(ten + str(total % 11 % 10))
