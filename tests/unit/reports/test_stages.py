"""Verdicts stage by stage, and the words for each of the stages."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from clearance.verdict import Finding, Level, Outcome, Reason, Stage, Verdict
from verifier.report.stages import StageAnswer, stages_of

TEXTS = tomllib.loads((files("templates") / "messages" / "report.toml").read_text("utf-8"))


def verdict(outcome: Outcome, *findings: Finding) -> Verdict:
    return Verdict(
        outcome=outcome,
        reasons=(),
        findings=findings,
        sha256="",
        number=None,
        checked_at=datetime(2026, 2, 1, tzinfo=UTC),
    )


def found(stage: Stage, level: Level, reason: Reason) -> Finding:
    return Finding(stage=stage, level=level, reason=reason)


def answers(given: Verdict) -> dict[str, str]:
    return {each.stage.value: each.answer.value for each in stages_of(given)}


def test_every_stage_has_words_for_every_answer() -> None:
    wanted = {"name", "question", *StageAnswer}
    assert set(TEXTS["stages"]) == set(TEXTS["paper_stages"]) == set(Stage)
    for texts in (*TEXTS["stages"].values(), *TEXTS["paper_stages"].values()):
        assert set(texts) == wanted
        assert all(text["fa"] and text["en"] for text in texts.values())


def test_stages_are_numbered_in_their_order() -> None:
    reports = stages_of(verdict(Outcome.COULD_NOT_CHECK))
    assert [each.number for each in reports] == list(range(1, len(Stage) + 1))
    assert [each.stage for each in reports] == list(Stage)


def test_an_early_refusal_leaves_the_rest_unasked() -> None:
    refused = found(Stage.SIZE_AND_TYPE, Level.FAILED, Reason.NOT_PDF)
    given = answers(verdict(Outcome.UNREADABLE, refused))
    assert given.pop("size_and_type") == given.pop("policy") == "failed"
    assert set(given.values()) == {"not_asked"}


def test_silence_of_an_early_stage_is_no_objection() -> None:
    given = answers(
        verdict(
            Outcome.OUTSIDE_CHANNEL,
            found(Stage.DIGEST, Level.FAILED, Reason.NOT_REGISTERED),
            found(Stage.SIGNATURE, Level.FAILED, Reason.NO_SIGNATURE),
        )
    )
    assert given["size_and_type"] == given["structure"] == "passed"
    assert given["standing"] == given["modification"] == "not_asked"
    assert given["digest"] == given["signature"] == "failed"


@pytest.mark.parametrize(
    ("levels", "answer"),
    [
        ((Level.PASSED, Level.FAILED), "failed"),
        ((Level.NOTE, Level.PASSED), "passed"),
        ((Level.NOTE,), "noted"),
    ],
)
def test_the_worst_finding_answers(levels: tuple[Level, ...], answer: str) -> None:
    findings = [found(Stage.SIGNATURE, each, Reason.CARRIES_OUR_SEAL) for each in levels]
    assert answers(verdict(Outcome.ALTERED, *findings))["signature"] == answer


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_what_may_be_relied_on_passes_the_policy(outcome: Outcome) -> None:
    passed = answers(verdict(outcome))["policy"] == "passed"
    assert passed is (outcome is Outcome.AUTHENTIC)


def test_of_a_picture_nothing_is_said_of_a_seal() -> None:
    stages = stages_of(
        verdict(Outcome.COPY, found(Stage.SIGNATURE, Level.PASSED, Reason.TOKEN_VALID))
    )
    assert all(each.of_scanned_copy for each in stages)


def test_a_print_out_is_asked_for_its_seal_and_its_text() -> None:
    printed = verdict(
        Outcome.OUTSIDE_CHANNEL,
        found(Stage.DIGEST, Level.FAILED, Reason.NOT_REGISTERED),
        found(Stage.SIGNATURE, Level.FAILED, Reason.NO_SIGNATURE),
        found(Stage.SIGNATURE, Level.PASSED, Reason.TOKEN_VALID),
        found(Stage.MODIFICATION, Level.FAILED, Reason.PRINTED_DIFFERENTLY),
    )
    of_scanned_copy = {
        each.stage: each.of_scanned_copy
        for each in stages_of(replace(printed, reasons=(Reason.PRINTED_DIFFERENTLY,)))
    }
    assert not of_scanned_copy[Stage.SIGNATURE]
    assert of_scanned_copy[Stage.MODIFICATION]


def test_a_file_is_never_asked_as_a_paper() -> None:
    altered = verdict(
        Outcome.ALTERED,
        found(Stage.DIGEST, Level.FAILED, Reason.NOT_REGISTERED),
        found(Stage.STRUCTURE, Level.NOTE, Reason.NAMES_CLEARANCE),
    )
    stages = stages_of(replace(altered, reasons=(Reason.NAMES_CLEARANCE,)))
    assert not any(each.of_scanned_copy for each in stages)
