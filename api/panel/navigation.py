"""The panel's sections: each is shown to those whose role may open it."""

from dataclasses import dataclass

from clearance.roles import Officer, Permission
from templates.catalogues import catalogue


@dataclass(frozen=True, kw_only=True)
class Section:
    """One entry of the navigation."""

    name: str
    """Under which the catalogue of sections holds its words."""
    permission: Permission | None
    """``None``: for everybody who is logged in."""

    @property
    def path(self) -> str:
        """Where it begins."""
        return f"/panel/{self.name}"

    @property
    def title(self) -> str:
        """What it is called."""
        return str(catalogue("sections")[self.name]["title"])

    @property
    def about(self) -> str:
        """What it is for, in one sentence."""
        return str(catalogue("sections")[self.name]["about"])


SECTIONS = tuple(
    Section(name=name, permission=permission)
    for name, permission in (
        ("clearances", Permission.SUPERVISE),
        ("timeliness", Permission.SUPERVISE),
        ("rows", Permission.SUPERVISE),
        ("undertakings", Permission.SUPERVISE),
        ("revocations", Permission.SUPERVISE),
        ("notices", Permission.SUPERVISE),
        ("paper", Permission.SUPERVISE),
        ("batches", Permission.SEE_BATCHES),
        ("trail", Permission.READ_AUDIT),
        ("staff", Permission.MANAGE_STAFF),
        ("account", None),
    )
)


def sections_for(officer: Officer) -> tuple[Section, ...]:
    """Return the sections that somebody may open."""
    return tuple(
        each for each in SECTIONS if each.permission is None or officer.may(each.permission)
    )
