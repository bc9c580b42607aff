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
        """Return the weekday of a date."""
        # Python counts from Monday.
        return tuple(cls)[(day.weekday() + 2) % 7]


@dataclass(frozen=True, kw_only=True)
class WorkingCalendar:
    """Says of each day whether offices work on it.

    Raises ``ValueError`` if all seven weekdays are off.
    """

    days_off: frozenset[Weekday] = frozenset({Weekday.FRIDAY})
    """Weekdays without work. A Thursday of half a day is a working day unless it stands here."""
    holidays: Mapping[date, str] = field(default_factory=dict)
    """Names of the holidays by their Gregorian date."""

    def __post_init__(self) -> None:
        if self.days_off >= set(Weekday):
            raise ValueError("no weekday is left to work on")

    def is_working_day(self, day: date) -> bool:
        """Return whether offices work on a day."""
        return Weekday.of(day) not in self.days_off and day not in self.holidays

    def next_working_day(self, day: date) -> date:
        """Return the first working day after a day."""
        following = day + timedelta(days=1)
        while not self.is_working_day(following):
            following += timedelta(days=1)
        return following

    def covers(self, day: date) -> bool:
        """Return whether the holidays of the day's Jalali year are known: any of that year is."""
        return jalali_year_of(day) in {jalali_year_of(holiday) for holiday in self.holidays}


def parse_days_off(names: str) -> frozenset[Weekday]:
    """Read English names of weekdays with commas between them; raise ``ValueError`` for another."""
    return frozenset(Weekday(name.strip()) for name in names.split(",") if name.strip())


def parse_holidays(text: str) -> dict[date, str]:
    """Read a holidays file: one holiday a line, a date and its name with a blank between them.

    Dates are Jalali or Gregorian, ``YYYY-MM-DD`` or ``YYYY/MM/DD`` in any digits, told apart by
    the year (see ``clearance.jalali.parse_date``). A ``#`` begins a remark, and empty lines mean
    nothing. A date may stand once.

    Raises ``InvalidValue`` with ``holidays.malformed`` or ``holidays.repeated`` (parameter
    ``line``, from 1 on), or ``holidays.empty`` for a file without any.
    """
    holidays: dict[date, str] = {}
    for place, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        day, name = _holiday(content, place)
        if day in holidays:
            raise InvalidValue("holidays.repeated", parameters={"line": str(place)})
        holidays[day] = name
    if not holidays:
        raise InvalidValue("holidays.empty")
    return holidays


def _holiday(content: str, place: int) -> tuple[date, str]:
    day, *name = content.split(maxsplit=1)
    try:
        return parse_date(day), clean("".join(name), limit=LONGEST_HOLIDAY_NAME)
    except InvalidValue as error:
        raise InvalidValue("holidays.malformed", parameters={"line": str(place)}) from error
