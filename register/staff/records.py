"""What is known of a member of staff."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from clearance.errors import InvalidValue
from clearance.identifiers import BranchCode
from clearance.roles import Officer, Reach, Role
from clearance.text import ascii_digits

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")
BRANCH_ROLES = frozenset({Role.BRANCH_OFFICER, Role.PREMIUM_COLLECTION_HEAD, Role.BRANCH_HEAD})


class Stage(StrEnum):
    """How far a session has come."""

    PASSWORD = "password"  # noqa: S105 - a stage
    """The first factor is proved; nothing is open but the steps of the login."""
    FULL = "full"


class Method(StrEnum):
    """Who vouched for the first factor."""

    PASSWORD = "password"  # noqa: S105 - a method
    OIDC = "oidc"


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """One account; times in UTC."""

    id: str
    """Public and for good: it stands in the audit trail."""
    username: str
    full_name: str
    role: Role
    reach: Reach
    has_password: bool
    """Without one, only the identity provider lets them in."""
    one_time_until: datetime | None
    """Set while the password is a one-time password: until when it serves."""
    has_second_factor: bool
    recovery_codes_left: int
    locked_at: datetime | None
    added_at: datetime
    last_login_at: datetime | None

    def officer(self) -> Officer:
        """Return the account as rules and endpoints see it."""
        return Officer(id=self.id, name=self.full_name, role=self.role, reach=self.reach)


def member_of(row: Row[*tuple[Any, ...]]) -> StaffMember:
    """Read a row of ``staff``."""
    return StaffMember(
        id=row.id,
        username=row.username,
        full_name=row.full_name,
        role=Role(row.role),
        reach=reach_of(row),
        has_password=row.password_hash is not None,
        one_time_until=row.one_time_until,
        has_second_factor=row.totp_confirmed_at is not None,
        recovery_codes_left=len(row.recovery_codes),
        locked_at=row.locked_at,
        added_at=row.added_at,
        last_login_at=row.last_login_at,
    )


def reach_of(row: Row[*tuple[Any, ...]]) -> Reach:
    """Read the reach of a row of ``staff``."""
    branch = row.branch_code
    return Reach(
        province=row.province, branch=BranchCode.parse(branch) if branch is not None else None
    )


def parse_username(text: str) -> str:
    """Read a user name: 3-40 of a-z, 0-9, dot, hyphen, underscore, a letter first.

    Letter case and the script of digits do not matter. Raises ``InvalidValue`` with
    ``staff.username_invalid``.
    """
    username = ascii_digits(text.strip()).lower()
    if _USERNAME.fullmatch(username) is None:
        raise InvalidValue("staff.username_invalid", field="/username")
    return username


def check_reach(role: Role, reach: Reach) -> None:
    """Demand the reach that a role has: a branch, a province, or the country.

    Raises ``InvalidValue`` with ``staff.branch_required``, ``staff.province_required`` or
    ``staff.reach_too_narrow`` (a role for the whole country).
    """
    if role in BRANCH_ROLES:
        if reach.branch is None or reach.province is not None:
            raise InvalidValue("staff.branch_required", field="/branch")
    elif role is Role.PROVINCIAL_SUPERVISOR:
        if reach.province is None or reach.branch is not None:
            raise InvalidValue("staff.province_required", field="/province")
    elif reach != Reach():
        raise InvalidValue("staff.reach_too_narrow", field="/role")
