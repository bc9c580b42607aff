"""A verdict stage by stage: what was asked, what the answer was, and the evidence for it."""

from dataclasses import dataclass
from enum import StrEnum

from clearance.verdict import Finding, Level, Outcome, Stage, Verdict

_SILENT = frozenset({Stage.SIZE_AND_TYPE, Stage.STRUCTURE})
"""Stages that may have nothing to say of a file in order; that later ones spoke shows it."""


class StageAnswer(StrEnum):
    """How the question of a stage was answered."""

    PASSED = "passed"
    NOTED = "noted"
    """Nothing speaks against the file; what was found is for the next stages to weigh."""
    FAILED = "failed"
    NOT_ASKED = "not_asked"
    """The question did not come up: an earlier stage decided, or there was nothing to ask of."""


@dataclass(frozen=True, kw_only=True)
class StageReport:
    """One stage of a verification."""

    number: int
    """From 1, as in docs/verification.md."""
    stage: Stage
    answer: StageAnswer
    findings: tuple[Finding, ...]


def stages_of(verdict: Verdict) -> tuple[StageReport, ...]:
    """Answer all stages in their order; the last one, the policy's, has the outcome as answer."""
    return tuple(
        StageReport(number=number, stage=stage, answer=_answer(verdict, stage), findings=found)
        for number, stage in enumerate(Stage, start=1)
        for found in [_found(verdict, stage)]
    )


def _found(verdict: Verdict, stage: Stage) -> tuple[Finding, ...]:
    return tuple(each for each in verdict.findings if each.stage is stage)


def _answer(verdict: Verdict, stage: Stage) -> StageAnswer:
    if stage is Stage.POLICY:
        genuine = verdict.outcome is Outcome.AUTHENTIC
        return StageAnswer.PASSED if genuine else StageAnswer.FAILED
    levels = {each.level for each in _found(verdict, stage)}
    if Level.FAILED in levels:
        return StageAnswer.FAILED
    if Level.PASSED in levels:
        return StageAnswer.PASSED
    if levels:
        return StageAnswer.NOTED
    later = list(Stage)[list(Stage).index(stage) + 1 :]
    spoke = any(each.stage in later for each in verdict.findings)
    return StageAnswer.PASSED if stage in _SILENT and spoke else StageAnswer.NOT_ASKED
