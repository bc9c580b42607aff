"""Working days: which weekdays are off, and the holidays out of a file.

Holidays of the Iranian year are announced year by year, since many of them follow the lunar
calendar: they cannot be computed and are kept in a file (its format: ``parse_holidays``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from clearance.errors import InvalidValue
from clearance.jalali import jalali_year_of, parse_date
from clearance.text import clean

LONGEST_HOLIDAY_NAME = 200


class Weekday(StrEnum):
    """A day of the week, in the order of the Iranian week."""

    SATURDAY = "saturday"
    SUNDAY = "sunday"
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"

    @classmethod
    def of(cls, day: date) -> "Weekday":
        """Answer the weekday of a date."""
        # Python counts from Monday.
        return tuple(cls)[(day.weekday() + 2) % 7]


@dataclass(frozen=True, kw_only=True)
class WorkingCalendar:
    """Says of each day whether offices work on it.

    Raises ``InvalidValue("deadline.no_working_day")`` if all seven weekdays are off.
    """

    days_off: frozenset[Weekday] = frozenset({Weekday.FRIDAY})
    """Weekdays without work. A Thursday of half a day is a working day unless it stands here."""
    holidays: Mapping[date, str] = field(default_factory=dict)
    """Names of the holidays by their Gregorian date."""

    def __post_init__(self) -> None:
        if self.days_off >= set(Weekday):
            raise InvalidValue("deadline.no_working_day")

    def is_working_day(self, day: date) -> bool:
        """Answer whether offices work on a day."""
        return Weekday.of(day) not in self.days_off and day not in self.holidays

    def next_working_day(self, day: date) -> date:
        """Answer the first working day after a day."""
        following = day + timedelta(days=1)
        while not self.is_working_day(following):
            following += timedelta(days=1)
        return following

    def covers(self, day: date) -> bool:
        """Answer whether the holidays of the day's Jalali year are known: any of that year is."""
        return jalali_year_of(day) in {jalali_year_of(holiday) for holiday in self.holidays}


def parse_holidays(text: str) -> dict[date, str]:
    """Read a holidays file: one holiday a line, a date and its name with a blank between them.

    Dates are Jalali or Gregorian, ``YYYY-MM-DD`` or ``YYYY/MM/DD`` in any digits, told apart by
    the year (see ``clearance.jalali.parse_date``). A ``#`` begins a remark, and empty lines mean
    nothing. A date may stand once. Raises ``InvalidValue`` with ``holidays.malformed`` (also for
    a file without any holiday, as line 0) or ``holidays.repeated``, parameter ``line`` counted
    from 1.
    """
    holidays: dict[date, str] = {}
    for place, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        words = line.partition("#")[0].split(maxsplit=1)
        if not words:
            continue
        day, name = _holiday(words, place)
        if day in holidays:
            raise InvalidValue("holidays.repeated", parameters={"line": str(place)})
        holidays[day] = name
    if not holidays:
        raise _malformed(0)
    return holidays


def _holiday(words: list[str], place: int) -> tuple[date, str]:
    if len(words) == 1:
        raise _malformed(place)
    try:
        return parse_date(words[0]), clean(words[1], limit=LONGEST_HOLIDAY_NAME)
    except InvalidValue as error:
        raise _malformed(place) from error


def _malformed(place: int) -> InvalidValue:
    return InvalidValue("holidays.malformed", parameters={"line": str(place)})
