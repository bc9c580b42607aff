"""Persian words for the values that the panel shows."""

from clearance.roles import Reach, Role
from clearance.text import persian_digits

ROLES = {
    Role.BRANCH_OFFICER: "متصدی شعبه",
    Role.PREMIUM_COLLECTION_HEAD: "رئیس وصول حق بیمه",
    Role.BRANCH_HEAD: "رئیس شعبه",
    Role.PROVINCIAL_SUPERVISOR: "ناظر استان",
    Role.HEADQUARTERS_AUDITOR: "ممیز ستاد",
    Role.ADMINISTRATOR: "مدیر حساب‌ها",
}


def role_word(role: Role) -> str:
    """Answer a role's name."""
    return ROLES[role]


def office_of(reach: Reach) -> str:
    """Answer a reach in words."""
    if reach.branch is not None:
        return f"شعبهٔ {persian_digits(reach.branch)}"
    return f"استان {reach.province}" if reach.province is not None else "سراسر کشور"
