"""The two days of the paper channel, as settings."""

from datetime import date

import pytest

from clearance.errors import Refused
from service.settings import load_settings


@pytest.fixture
def loaded(tmp_path):
    def load(toml: str):
        (tmp_path / "mohr.toml").write_text(f'environment = "development"\n[paper]\n{toml}\n')
        return load_settings(tmp_path).paper

    return load


def test_without_settings_the_circulars_own_deadline_holds_and_no_day_is_effective(loaded) -> None:
    paper = loaded("")
    assert (paper.handover_deadline, paper.effective_date) == (date(2020, 12, 20), None)


@pytest.mark.parametrize("written", ['"1399/10/01"', '"2020-12-21"', "2020-12-21", "1399-10-01"])
def test_days_are_jalali_or_gregorian(loaded, written: str) -> None:
    assert loaded(f"effective_date = {written}").effective_date == date(2020, 12, 21)


@pytest.mark.parametrize("written", ['"1399/13/01"', '"soon"', "7", '"0001-01-01"', "true"])
def test_what_is_no_day_is_refused(loaded, written: str) -> None:
    with pytest.raises(Refused, match=r"settings\.invalid") as refused:
        loaded(f"handover_deadline = {written}")
    assert "paper.handover_deadline" in refused.value.parameters["names"]
