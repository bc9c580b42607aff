"""Dates: Gregorian ``datetime.date`` inside, Jalali (Solar Hijri) on paper.

The Jalali years 1300-1502 are served: there persiantools agrees with the official calendar.
"""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from clearance.errors import InvalidValue
from clearance.text import ascii_digits, persian_digits

TEHRAN = ZoneInfo("Asia/Tehran")

FIRST_DAY = date(1921, 3, 21)
"""1 Farvardin 1300."""
LAST_DAY = date(2124, 3, 19)
"""29 Esfand 1502."""

_JALALI_YEARS = range(1300, 1503)
_GREGORIAN_YEARS = range(FIRST_DAY.year, LAST_DAY.year + 1)
_DATE = re.compile(r"([0-9]{4})([-/])([0-9]{2})\2([0-9]{2})")


def parse_date(text: str) -> date:
    """Read ``YYYY-MM-DD`` or ``YYYY/MM/DD`` in Persian, Arabic-Indic or ASCII digits.

    The year tells the calendar: 1300-1502 is Jalali, 1921-2124 Gregorian. Raises
    ``InvalidValue`` with ``date.malformed``, ``date.not_in_calendar`` (30 Esfand of a common
    year, say) or ``date.out_of_range`` (a day outside the Jalali years 1300-1502).
    """
    match = _DATE.fullmatch(ascii_digits(text))
    if match is None:
        raise InvalidValue("date.malformed")
    year, month, day = int(match[1]), int(match[3]), int(match[4])
    try:
        found = _in_calendar(year, month, day)
    except ValueError as error:
        raise InvalidValue("date.not_in_calendar") from error
    if found is None or not FIRST_DAY <= found <= LAST_DAY:
        raise InvalidValue("date.out_of_range")
    return found


def format_date(day: date) -> str:
    """Write a Gregorian date as the Jalali date of the paper, 1404/02/14 in Persian digits."""
    jalali = _jalali(day)
    return persian_digits(f"{jalali.year:04}/{jalali.month:02}/{jalali.day:02}")


def tehran_day(moment: datetime) -> date:
    """Return the day, in the Gregorian calendar, that an aware moment falls on in Tehran."""
    return _in_tehran(moment).date()


def day_begins(day: date) -> datetime:
    """Return the moment (UTC) at which a day, in the Gregorian calendar, begins in Tehran.

    That was 01:00 once a year until 1401, when clocks went forward at midnight.
    """
    return datetime.combine(day, time(), TEHRAN).astimezone(UTC)


def tehran_time(moment: datetime) -> str:
    """Write the time of day in Tehran at an aware moment, 15:30 in Persian digits."""
    return persian_digits(f"{_in_tehran(moment):%H:%M}")


def jalali_year(moment: datetime) -> int:
    """Return the Jalali year that an aware moment falls in, in Tehran."""
    return jalali_year_of(tehran_day(moment))


def jalali_year_of(day: date) -> int:
    """Return the Jalali year that a Gregorian date falls in."""
    return _jalali(day).year


def _in_calendar(year: int, month: int, day: int) -> date | None:
    if year in _JALALI_YEARS:
        return JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]
    if year in _GREGORIAN_YEARS:
        return date(year, month, day)
    return None


def _jalali(day: date) -> JalaliDate:
    return JalaliDate(day)  # type: ignore[no-untyped-call]


def _in_tehran(moment: datetime) -> datetime:
    # A moment without time zone would silently be read in the machine's own zone.
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return moment.astimezone(TEHRAN)
