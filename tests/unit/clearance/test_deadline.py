"""One day after collection (R11): three rules, by Tehran's clock and calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.certificate import PaymentReceipt
from clearance.deadline import Collection, DeadlineRule, due_at, in_time, warn_at
from clearance.directory import ContractRowKey
from clearance.identifiers import BranchCode, ContractRow, ContractSequence
from clearance.jalali import TEHRAN, day_begins, tehran_day
from clearance.money import Rials
from clearance.working_days import Weekday, WorkingCalendar

CALENDAR_DAY = DeadlineRule.NEXT_CALENDAR_DAY
HOURS = DeadlineRule.TWENTY_FOUR_HOURS
WORKING_DAY = DeadlineRule.NEXT_WORKING_DAY
FRIDAYS = WorkingCalendar()

# From 1370 on, through the years with and without daylight saving time, into the future.
FIRST = datetime(1991, 3, 21, tzinfo=UTC)
MOMENTS = st.integers(0, 49 * 365 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
DAYS = st.dates(date(1991, 3, 21), date(2040, 1, 1))
CALENDARS = st.builds(
    WorkingCalendar,
    days_off=st.frozensets(st.sampled_from(Weekday), max_size=6),
    holidays=st.dictionaries(DAYS, st.just("تعطیل"), max_size=30),
)


def tehran(year, month, day, hour=0, minute=0, second=0, *, fold=0):
    return datetime(year, month, day, hour, minute, second, tzinfo=TEHRAN, fold=fold)


def due(collected_at, rule=CALENDAR_DAY, calendar=FRIDAYS):
    return due_at(collected_at, rule, calendar)


# --- the rules, by example


def test_the_next_calendar_day_ends_at_its_last_second_in_tehran():
    # Thursday afternoon: the Friday counts like any other day.
    assert due(tehran(2025, 5, 8, 15, 30)) == tehran(2025, 5, 9, 23, 59, 59)
    assert due(tehran(2025, 5, 8)) == tehran(2025, 5, 9, 23, 59, 59)
    assert due(tehran(2025, 5, 8, 23, 59, 59)) == tehran(2025, 5, 9, 23, 59, 59)


def test_the_day_is_tehrans_and_not_greenwichs():
    # 20:31 UTC is 00:01 of the next day in Tehran.
    assert due(datetime(2025, 5, 8, 20, 31, tzinfo=UTC)) == tehran(2025, 5, 10, 23, 59, 59)


def test_twenty_four_hours_are_exact():
    assert due(tehran(2025, 5, 8, 15, 30, 7), HOURS) == tehran(2025, 5, 9, 15, 30, 7)


def test_the_next_working_day_passes_over_friday_and_holidays():
    thursday = tehran(2025, 5, 8, 15, 30)
    assert due(thursday, WORKING_DAY) == tehran(2025, 5, 10, 23, 59, 59)
    holidays = WorkingCalendar(holidays={date(2025, 5, 10): "تعطیل"})
    assert due(thursday, WORKING_DAY, holidays) == tehran(2025, 5, 11, 23, 59, 59)
    weekend = WorkingCalendar(days_off=frozenset({Weekday.THURSDAY, Weekday.FRIDAY}))
    wednesday = tehran(2025, 5, 7, 9)
    assert due(wednesday, WORKING_DAY, weekend) == tehran(2025, 5, 10, 23, 59, 59)
    assert due(wednesday, WORKING_DAY) == tehran(2025, 5, 8, 23, 59, 59)


def test_nowruz_is_passed_over_with_the_friday_before_it():
    # 29 Esfand 1404 is a Friday; 1-4 Farvardin are holidays. Collected on Thursday 28 Esfand.
    nowruz = {date(2026, 3, 21) + timedelta(days=n): "نوروز" for n in range(4)}
    calendar = WorkingCalendar(holidays=nowruz)
    assert due(tehran(2026, 3, 19, 10), WORKING_DAY, calendar) == tehran(2026, 3, 25, 23, 59, 59)


# --- Tehran's clock changes, which ended with 1401


def test_the_evening_that_came_twice_ends_the_second_time():
    # 30 Shahrivar 1400: at 24:00 clocks went back to 23:00.
    end = due(tehran(2021, 9, 20, 12))
    assert end == tehran(2021, 9, 21, 23, 59, 59, fold=1).astimezone(UTC)
    assert end == datetime(2021, 9, 21, 20, 29, 59, tzinfo=UTC)
    assert due(tehran(2021, 9, 20, 12), HOURS) == tehran(2021, 9, 21, 12)


def test_the_day_that_began_at_one_oclock():
    # 2 Farvardin 1400 began at 01:00: the day before it ended at 23:59:59, standard time.
    assert due(tehran(2021, 3, 20, 12)) == datetime(2021, 3, 21, 20, 29, 59, tzinfo=UTC)
    assert due(tehran(2021, 3, 21, 12)) == datetime(2021, 3, 22, 19, 29, 59, tzinfo=UTC)
    # 24 hours later Tehran's clocks show an hour more.
    assert due(tehran(2021, 3, 21, 12), HOURS) == tehran(2021, 3, 22, 13)


def test_since_1401_no_hour_is_lost():
    for year in (2023, 2024, 2025, 2026):
        assert due(tehran(year, 3, 20, 12)) == datetime(year, 3, 21, 20, 29, 59, tzinfo=UTC)
        assert due(tehran(year, 9, 20, 12)) == datetime(year, 9, 21, 20, 29, 59, tzinfo=UTC)
        assert due(tehran(year, 7, 1, 12)) == datetime(year, 7, 2, 20, 29, 59, tzinfo=UTC)


@given(DAYS)
def test_every_day_begins_on_itself_and_right_after_the_day_before(day):
    begins = day_begins(day)
    assert tehran_day(begins) == day
    assert tehran_day(begins - timedelta(seconds=1)) == day - timedelta(days=1)


# --- what holds for every rule, calendar and moment


@given(MOMENTS, st.sampled_from(DeadlineRule), CALENDARS)
def test_there_is_always_time_and_the_warning_lies_in_it(collected_at, rule, calendar):
    end = due(collected_at, rule, calendar)
    assert end.utcoffset() == timedelta(0)
    assert end.microsecond == 0
    assert collected_at < warn_at(collected_at, end) < end
    part = (warn_at(collected_at, end) - collected_at) / (end - collected_at)
    assert part == pytest.approx(0.8, abs=0.0001)


@given(MOMENTS, MOMENTS, st.sampled_from(DeadlineRule), CALENDARS)
def test_who_collects_later_is_never_due_earlier(one, other, rule, calendar):
    earlier, later = sorted((one, other))
    assert due(earlier, rule, calendar) <= due(later, rule, calendar)


@given(MOMENTS)
def test_the_next_calendar_day_gives_more_than_a_day_and_at_most_two(collected_at):
    time = due(collected_at) - collected_at
    # An hour less or more where clocks changed in between.
    assert timedelta(hours=23) - timedelta(seconds=1) <= time < timedelta(hours=49)
    assert tehran_day(due(collected_at)) == tehran_day(collected_at) + timedelta(days=1)


@given(MOMENTS)
def test_twenty_four_hours_are_86_400_seconds_whatever_the_clocks_show(collected_at):
    assert due(collected_at, HOURS) - collected_at == timedelta(seconds=86_400)


@given(MOMENTS, CALENDARS)
def test_a_working_day_is_the_first_one_that_is_not_off(collected_at, calendar):
    end = due(collected_at, WORKING_DAY, calendar)
    day = tehran_day(end)
    assert calendar.is_working_day(day)
    assert end >= due(collected_at)
    between = tehran_day(collected_at) + timedelta(days=1)
    while between < day:
        assert not calendar.is_working_day(between)
        between += timedelta(days=1)


@given(MOMENTS)
def test_the_due_second_is_the_last_in_time(end):
    assert in_time(end, end)
    assert in_time(end.replace(microsecond=999_999), end)
    assert not in_time(end + timedelta(seconds=1), end)


def test_a_moment_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        due(datetime(2025, 5, 8, 12))  # noqa: DTZ001


# --- what starts the clock


def collection(*receipts, debits, assessed_at=None):
    return Collection(
        id="C-1",
        key=ContractRowKey(
            branch_code=BranchCode("1234"),
            row=ContractRow("123"),
            sequence=ContractSequence("01"),
        ),
        sum_of_debits=Rials(debits),
        receipts=tuple(
            PaymentReceipt(id=f"R-{n}", amount=Rials(amount), collected_at=at)
            for n, (amount, at) in enumerate(receipts)
        ),
        assessed_at=assessed_at,
    )


def test_the_clock_starts_with_the_payment_that_reaches_what_was_due():
    first, second, third = (datetime(2025, 5, day, 8, tzinfo=UTC) for day in (1, 3, 5))
    paid = collection((10, third), (60, first), (40, second), debits=100)
    assert paid.amount == 110
    assert paid.collected_at == second
    assert collection((60, first), (40, second), debits=101).collected_at == second
    assert collection((60, first), debits=0).collected_at == first


def test_with_nothing_to_collect_the_clock_starts_with_the_approval():
    approved = datetime(2025, 5, 1, 8, tzinfo=UTC)
    nothing = collection(debits=0, assessed_at=approved)
    assert nothing.amount == 0
    assert nothing.collected_at == approved
