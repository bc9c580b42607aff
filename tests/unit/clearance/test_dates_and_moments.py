from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.clock import format_moment, parse_moment, system_clock
from clearance.errors import InvalidValue
from clearance.jalali import (
    FIRST_DAY,
    LAST_DAY,
    TEHRAN,
    format_date,
    jalali_year,
    parse_date,
    tehran_day,
    tehran_time,
)

days = st.dates(FIRST_DAY, LAST_DAY)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1404/02/14", date(2025, 5, 4)),
        ("۱۴۰۴-۰۲-۱۴", date(2025, 5, 4)),
        ("١٤٠٤/۰2/14", date(2025, 5, 4)),
        ("2025-05-04", date(2025, 5, 4)),
        ("2025/05/04", date(2025, 5, 4)),
        ("1399/12/30", date(2021, 3, 20)),
        ("1403/12/30", date(2025, 3, 20)),
        ("1408/12/30", date(2030, 3, 20)),
        ("1404/12/29", date(2026, 3, 20)),
        ("1300/01/01", FIRST_DAY),
        ("1502/12/29", LAST_DAY),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_a_date_is_read_in_either_calendar(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1404/12/30", "date.not_in_calendar"),
        ("1502/12/30", "date.not_in_calendar"),
        ("1404/07/31", "date.not_in_calendar"),
        ("1404/13/01", "date.not_in_calendar"),
        ("1404/00/10", "date.not_in_calendar"),
        ("1404/01/00", "date.not_in_calendar"),
        ("2025-02-29", "date.not_in_calendar"),
        ("1299/12/29", "date.out_of_range"),
        ("1503/01/01", "date.out_of_range"),
        ("1921-03-20", "date.out_of_range"),
        ("2124-03-20", "date.out_of_range"),
        ("0000-00-00", "date.out_of_range"),
        ("9999-12-31", "date.out_of_range"),
        ("", "date.malformed"),
        ("1404/2/14", "date.malformed"),
        ("1404-02/14", "date.malformed"),
        ("14040214", "date.malformed"),
        ("1404/02/14 ", "date.malformed"),
        ("1404/02/14\n", "date.malformed"),
        ("1404/02/1²", "date.malformed"),
        ("-404/02/14", "date.malformed"),
        ("1404.02.14", "date.malformed"),
    ],
)
def test_a_wrong_date_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_date(text)
    assert refused.value.code == code


def test_a_date_is_printed_in_persian_digits() -> None:
    assert format_date(date(2025, 5, 4)) == "۱۴۰۴/۰۲/۱۴"


@given(days)
def test_a_printed_date_reads_back(day: date) -> None:
    assert parse_date(format_date(day)) == day
    assert parse_date(day.isoformat()) == day


def test_each_day_follows_the_one_before() -> None:
    day, years = date(2016, 3, 20), set()
    while day < date(2031, 3, 21):
        printed, following = format_date(day), format_date(day + timedelta(days=1))
        assert following > printed
        if printed.endswith("/۱۲/۳۰"):
            years.add(printed[:4])
        day += timedelta(days=1)
    assert years == {"۱۳۹۵", "۱۳۹۹", "۱۴۰۳", "۱۴۰۸"}


def test_the_year_turns_at_midnight_in_tehran() -> None:
    last = datetime(2025, 3, 20, 20, 29, 59, tzinfo=UTC)
    assert jalali_year(last) == 1403
    assert jalali_year(last + timedelta(seconds=1)) == 1404


def test_a_moment_is_printed_in_tehran_time() -> None:
    # No daylight saving time since 1401.
    moment = datetime(2025, 7, 4, 20, 45, tzinfo=UTC)
    assert format_date(tehran_day(moment)) == "۱۴۰۴/۰۴/۱۴"
    assert tehran_time(moment) == "۰۰:۱۵"


def test_a_moment_without_zone_is_a_mistake() -> None:
    naive = datetime(2025, 5, 4)  # noqa: DTZ001 - what is tested
    for refuse in (tehran_day, tehran_time, jalali_year, format_moment):
        with pytest.raises(ValueError, match="time zone"):
            refuse(naive)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-05-04T11:30:00+03:30", datetime(2025, 5, 4, 8, tzinfo=UTC)),
        ("2025-05-04T08:00:00Z", datetime(2025, 5, 4, 8, tzinfo=UTC)),
        ("2025-05-04t08:00:00.999999999z", datetime(2025, 5, 4, 8, tzinfo=UTC)),
        ("۲۰۲۵-۰۵-۰۴T۰۸:۰۰:۰۰Z", datetime(2025, 5, 4, 8, tzinfo=UTC)),
        ("2025-01-01T00:00:00+14:00", datetime(2024, 12, 31, 10, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_as_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2025-05-04T08:00:00", "time.malformed"),
        ("2025-05-04", "time.malformed"),
        ("2025-05-04 08:00:00Z", "time.malformed"),
        ("2025-05-04T24:00:00Z", "time.malformed"),
        ("2025-05-04T08:00:60Z", "time.malformed"),
        ("2025-05-04T08:00:00+25:00", "time.malformed"),
        ("1746345600", "time.malformed"),
        ("2025-02-30T08:00:00Z", "time.not_in_calendar"),
        ("1404-02-14T08:00:00Z", "time.out_of_range"),
        ("0001-01-01T00:00:00+14:00", "time.out_of_range"),
        ("9999-12-31T23:59:59-14:00", "time.out_of_range"),
    ],
)
def test_a_wrong_moment_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_moment(text)
    assert refused.value.code == code


@given(
    st.datetimes(datetime(1922, 1, 1), datetime(2123, 12, 31)),  # noqa: DTZ001 - zone follows
    st.integers(-14 * 60, 14 * 60),
)
def test_a_moment_reads_back_whatever_its_offset(naive: datetime, minutes: int) -> None:
    moment = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_moment(moment.isoformat()) == moment
    assert parse_moment(format_moment(moment)) == moment


def test_the_clock_is_aware_and_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta(0)
    assert TEHRAN.utcoffset(datetime(2025, 7, 1, tzinfo=UTC)) == timedelta(hours=3, minutes=30)
