"""Working days and the holidays file."""

from datetime import date
from pathlib import Path

import pytest

from clearance.errors import InvalidValue
from clearance.working_days import Weekday, WorkingCalendar, parse_days_off, parse_holidays

SAMPLE = Path(__file__).parents[3] / "templates/deadline/holidays.txt"


def test_the_weekdays_are_those_of_the_calendar():
    # 1 Farvardin 1404 was a Friday.
    week = [Weekday.of(date(2025, 3, day)) for day in range(22, 29)]
    assert week == list(Weekday)
    assert Weekday.of(date(2025, 3, 21)) is Weekday.FRIDAY


def test_days_off_are_read_by_name():
    assert parse_days_off("friday") == {Weekday.FRIDAY}
    assert parse_days_off(" thursday,friday ,") == {Weekday.THURSDAY, Weekday.FRIDAY}
    assert parse_days_off("") == frozenset()
    with pytest.raises(ValueError, match="freeday"):
        parse_days_off("freeday")


def test_a_week_needs_a_working_day():
    with pytest.raises(ValueError, match="no weekday"):
        WorkingCalendar(days_off=frozenset(Weekday))


def test_a_file_is_read_in_both_calendars_and_any_digits():
    text = (
        "\ufeff# remark\n\n1405-01-01 نوروز\n۱۴۰۵/۰۱/۰۲\tنوروز   دوم  # again\r\n2026-06-04 رحلت\n"
    )
    assert parse_holidays(text) == {
        date(2026, 3, 21): "نوروز",
        date(2026, 3, 22): "نوروز دوم",
        date(2026, 6, 4): "رحلت",
    }


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("1405-01-01", "holidays.malformed", "1"),
        ("# x\n1405-13-01 نوروز", "holidays.malformed", "2"),
        ("1404-12-30 کبیسه نیست", "holidays.malformed", "1"),
        ("نوروز 1405-01-01", "holidays.malformed", "1"),
        ("1405-01-01 # نوروز", "holidays.malformed", "1"),
        ("1405-01-01 a\x07b", "holidays.malformed", "1"),
        ("1405-01-01 نوروز\n2026-03-21 نوروز", "holidays.repeated", "2"),
        ("# nothing\n", "holidays.empty", None),
    ],
)
def test_a_wrong_file_is_refused_by_line(text, code, line):
    with pytest.raises(InvalidValue) as refused:
        parse_holidays(text)
    assert refused.value.code == code
    assert refused.value.parameters.get("line") == line


def test_a_year_is_covered_if_the_file_has_any_of_its_holidays():
    calendar = WorkingCalendar(holidays=parse_holidays("1405-11-22 پیروزی انقلاب"))
    assert calendar.covers(date(2026, 3, 21))
    assert calendar.covers(date(2027, 3, 20))
    assert not calendar.covers(date(2026, 3, 20))
    assert not calendar.covers(date(2027, 3, 21))


def test_the_sample_is_a_good_file_with_the_fixed_holidays():
    holidays = parse_holidays(SAMPLE.read_text("utf-8"))
    assert len(holidays) == 20
    # 1, 12 and 13 Farvardin, 14 Khordad, 22 Bahman and 29 Esfand of 1405.
    for day in ((3, 21), (4, 1), (4, 2), (6, 4)):
        assert date(2026, *day) in holidays
    assert {date(2027, 2, 11), date(2027, 3, 20)} <= holidays.keys()
