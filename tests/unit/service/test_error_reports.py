"""What an error looks like on the terminal."""

import pytest

from clearance.errors import InvalidRequest, InvalidValue, RulesNotMet, Unavailable
from clearance.rulebook import Failure
from service.cli.console import report


def test_each_wrong_value_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    problems = (InvalidValue("money.negative", field="/a"), InvalidValue("text.empty", field="/b"))

    assert report(InvalidRequest(problems)) == 1

    told = capsys.readouterr().err
    assert "money.negative  /a" in told
    assert "text.empty  /b" in told


def test_each_broken_rule_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    failures = (
        Failure(
            requirement="R8",
            code="rules.undertaking_second",
            fields=("/basis/undertaking_id",),
            parameters={"first": "U-1"},
        ),
        Failure(
            requirement="R10",
            code="rules.final_second",
            fields=("/kind",),
            parameters={"number": "1404-0041-000001-9"},
        ),
    )

    assert report(RulesNotMet(failures)) == 1

    told = capsys.readouterr().err.splitlines()
    assert told[0] == "rules.not_met"
    heading = told.index("R8 rules.undertaking_second  /basis/undertaking_id")
    assert "U-1" in told[heading + 1]
    assert told[heading + 4] == "  Send the request with undertaking U-1 as its basis."
    assert "R10 rules.final_second  /kind" in told


def test_an_outage_has_an_exit_code_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(Unavailable("hsm.unavailable")) == 2
    assert "hsm.unavailable" in capsys.readouterr().err
