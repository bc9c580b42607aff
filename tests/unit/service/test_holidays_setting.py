"""The settings of the deadline: wrong ones stop the start, and say where."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearance.deadline import DeadlineRule
from clearance.errors import Refused
from clearance.working_days import Weekday
from service.sections import DeadlineSettings
from service.settings import load_settings
from service.wiring.deadline import read_calendar

IN_1405 = datetime(2026, 11, 22, tzinfo=UTC)


def calendar_of(**settings: object):
    return read_calendar(DeadlineSettings.model_validate(settings), lambda: IN_1405)


def test_the_files_holidays_and_the_days_off_make_the_calendar(tmp_path: Path) -> None:
    file = tmp_path / "holidays.txt"
    file.write_text("1405-11-22 پیروزی انقلاب اسلامی\n", "utf-8")

    calendar = calendar_of(holidays_file=file, days_off="thursday, friday")

    assert calendar.days_off == {Weekday.THURSDAY, Weekday.FRIDAY}
    assert list(calendar.holidays.values()) == ["پیروزی انقلاب اسلامی"]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (None, "holidays.unreadable", None),
        (b"1405-01-01 \xff", "holidays.unreadable", None),
        (b"1405-01-01\n", "holidays.malformed", "1"),
        (b"1405-01-01 a\n1405-01-01 b\n", "holidays.repeated", "2"),
        (b"", "holidays.empty", None),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_line(
    tmp_path: Path, content: bytes | None, code: str, line: str | None
) -> None:
    file = tmp_path / "holidays.txt"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(Refused) as refused:
        calendar_of(holidays_file=file)

    assert refused.value.code == code
    assert refused.value.parameters["file"] == str(file)
    assert refused.value.parameters.get("line") == line


def test_a_year_without_holidays_is_warned_of_where_they_matter(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "holidays.txt"
    file.write_text("1404-11-22 پیروزی انقلاب اسلامی\n", "utf-8")

    calendar_of(holidays_file=file)
    assert not caplog.messages
    for settings in ({"holidays_file": file}, {}):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            calendar_of(rule=DeadlineRule.NEXT_WORKING_DAY, **settings)
        assert caplog.messages == ["no holidays of 1405 are known: deadline.holidays_file"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('days_off = "freeday"', "deadline.days_off"),
        (f'days_off = "{",".join(Weekday)}"', "deadline.days_off"),
        ('rule = "tomorrow"', "deadline.rule"),
        ("hours = 24", "deadline.hours"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, name: str) -> None:
    (tmp_path / "mohr.toml").write_text(f'environment = "development"\n[deadline]\n{line}\n')

    with pytest.raises(Refused) as refused:
        load_settings(tmp_path)

    assert refused.value.code == "settings.invalid"
    assert refused.value.parameters["names"] == name
