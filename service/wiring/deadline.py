"""Opens the collections, with the calendar that their deadlines are computed by."""

import logging
from collections.abc import Callable
from datetime import date

from clearance.clock import Clock, system_clock
from clearance.deadline import DeadlineRule
from clearance.errors import InvalidValue, Refused
from clearance.jalali import jalali_year, tehran_day
from clearance.working_days import WorkingCalendar, parse_days_off, parse_holidays
from register.collections import Collections
from service.sections import DeadlineSettings
from service.wiring.memory import Memory

_log = logging.getLogger("mohr.deadline")


def collections_over(memory: Memory, settings: DeadlineSettings) -> Callable[[Clock], Collections]:
    """Read the calendar once, and answer what opens the collections at a clock's time.

    Raises ``Refused`` as ``read_calendar`` does.
    """
    calendar = read_calendar(settings, system_clock)

    def at(clock: Clock) -> Collections:
        return Collections(memory.engine, clock=clock, rule=settings.rule, calendar=calendar)

    return at


def read_calendar(settings: DeadlineSettings, clock: Clock) -> WorkingCalendar:
    """Read the working days and holidays of the settings.

    Raises ``Refused`` with ``holidays.unreadable``, ``holidays.malformed``, ``holidays.repeated``
    or ``holidays.empty``. Logs a warning if holidays matter and those of this year are not there.
    """
    calendar = WorkingCalendar(
        days_off=parse_days_off(settings.days_off), holidays=_holidays(settings)
    )
    now = clock()
    if settings.rule is DeadlineRule.NEXT_WORKING_DAY and not calendar.covers(tehran_day(now)):
        _log.warning("no holidays of %s are known: deadline.holidays_file", jalali_year(now))
    return calendar


def _holidays(settings: DeadlineSettings) -> dict[date, str]:
    file = settings.holidays_file
    if file is None:
        return {}
    try:
        return parse_holidays(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("holidays.unreadable", parameters={"file": str(file)}) from error
    except InvalidValue as problem:
        parameters = {"file": str(file), **problem.parameters}
        raise Refused(problem.code, parameters=parameters) from problem
