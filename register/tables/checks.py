"""Checks that the tables share: what holds whatever program writes.

A check without a name of its own gets one from PostgreSQL, after its table and column.
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint

from clearance.identifiers import ClearanceNumber


def holds(rule: str, *, name: str | None = None) -> CheckConstraint:
    """Return the check that a rule, written in SQL, holds for each row."""
    return CheckConstraint(rule, name=name)


def filled(*columns: str) -> tuple[CheckConstraint, ...]:
    """Return the checks that these columns hold no empty text; null passes."""
    return tuple(CheckConstraint(f"{column} <> ''") for column in columns)


def at_least(least: int, *columns: str) -> tuple[CheckConstraint, ...]:
    """Return the checks that these columns hold no smaller number."""
    return tuple(CheckConstraint(f"{column} >= {least}") for column in columns)


def digest(*columns: str) -> tuple[CheckConstraint, ...]:
    """Return the checks that these columns of bytes hold SHA-256 digests."""
    return tuple(CheckConstraint(f"length({column}) = 32") for column in columns)


def one_of(column: str, enumeration: type[StrEnum]) -> CheckConstraint:
    """Return the check that a column holds a value of an enumeration, which is the only list."""
    return CheckConstraint(f"{column} IN ({values(*enumeration)})")


def values(*members: StrEnum) -> str:
    """Return members of an enumeration as a list of SQL literals."""
    return ", ".join(f"'{member.value}'" for member in members)


def numbered_yearly() -> tuple[CheckConstraint, ...]:
    """Return the checks of what is numbered by Jalali year and serial."""
    return (
        CheckConstraint("jalali_year BETWEEN 1300 AND 1502"),
        CheckConstraint(f"serial BETWEEN 1 AND {ClearanceNumber.LAST_SERIAL}"),
    )
