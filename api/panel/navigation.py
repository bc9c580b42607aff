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
    """Answer the sections that somebody may open."""
    return tuple(
        each for each in SECTIONS if each.permission is None or officer.may(each.permission)
    )
