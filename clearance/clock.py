"""Moments: the injected clock, and RFC 3339 in and out.

Inside Mohr a moment is an aware ``datetime`` in UTC with whole seconds wherever it is kept.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from clearance.errors import InvalidValue
from clearance.text import ascii_digits

Clock = Callable[[], datetime]
"""Answers the present moment as an aware ``datetime`` in UTC."""

_RFC_3339 = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]"
    r"(?P<time>(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.[0-9]{1,9})?"
    r"(?P<offset>[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_FIRST_YEAR, _LAST_YEAR = 1921, 2124
"""The Gregorian years that the Jalali years 1300-1502 touch."""


def system_clock() -> datetime:
    """Return the machine's clock, aware, in UTC."""
    return datetime.now(UTC)


def parse_moment(text: str) -> datetime:
    """Read an RFC 3339 date-time with offset (Gregorian, any digits) as UTC.

    A fraction of a second is dropped: no rule of the circular knows one, and what is kept must
    read back as it was. Raises ``InvalidValue`` with ``time.malformed`` (also without offset),
    ``time.not_in_calendar`` or ``time.out_of_range`` (year outside 1921-2124).
    """
    match = _RFC_3339.fullmatch(ascii_digits(text))
    if match is None:
        raise InvalidValue("time.malformed")
    if not _FIRST_YEAR <= int(match["day"][:4]) <= _LAST_YEAR:
        raise InvalidValue("time.out_of_range")
    try:
        moment = datetime.fromisoformat(f"{match['day']}T{match['time']}{match['offset'].upper()}")
    except ValueError as error:
        raise InvalidValue("time.not_in_calendar") from error
    return moment.astimezone(UTC)


def format_moment(moment: datetime) -> str:
    """Write an aware moment as ``YYYY-MM-DDTHH:MM:SSZ``, dropping fractions of a second.

    Raises ``ValueError`` for a moment without time zone, which is a programming mistake.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
