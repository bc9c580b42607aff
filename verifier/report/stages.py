"""A verdict stage by stage: what was asked, what the answer was, and the evidence for it."""

from dataclasses import dataclass
from enum import StrEnum

from clearance.proof import judged_as_scanned_copy, weighed_in
from clearance.verdict import Finding, Level, Outcome, Stage, Verdict

_SILENT = frozenset({Stage.SIZE_AND_TYPE, Stage.STRUCTURE})
"""Stages that may have nothing to say of a file in order; that later ones spoke shows it."""


_OF_ANY_PAPER = frozenset({Stage.STANDING, Stage.MODIFICATION, Stage.POLICY})
"""Stages that ask something else of a paper, also of one that came as a PDF; of a picture all do,
since it has no digest, structure or seal that could be asked for."""


class StageAnswer(StrEnum):
    """How the question of a stage was answered."""

    PASSED = "passed"
    NOTED = "noted"
    """Nothing speaks against the file; what was found is for the next stages to weigh."""
    FAILED = "failed"
    NOT_ASKED = "not_asked"
    """The question did not come up: an earlier stage decided, or there was nothing to ask of."""


_CONCLUSIONS = {
    Outcome.AUTHENTIC: StageAnswer.PASSED,
    Outcome.COULD_NOT_CHECK: StageAnswer.NOTED,
}
"""Whether one may rely on the file: nobody knows where the check could not be done."""


@dataclass(frozen=True, kw_only=True)
class StageReport:
    """One stage of a verification."""

    number: int
    """From 1, as in docs/verification.md."""
    stage: Stage
    answer: StageAnswer
    findings: tuple[Finding, ...]
    of_scanned_copy: bool
    """Whether the question was about a paper and its QR code, not about the file."""


def stages_of(verdict: Verdict) -> tuple[StageReport, ...]:
    """Return all stages in their order; the last one, the policy's, has the outcome as answer."""
    paper = judged_as_scanned_copy(verdict.outcome, weighed_in(verdict))
    picture = paper and not _found(verdict, Stage.DIGEST)
    return tuple(
        StageReport(
            number=number,
            stage=stage,
            answer=_answer(verdict, stage),
            findings=_found(verdict, stage),
            of_scanned_copy=picture or (paper and stage in _OF_ANY_PAPER),
        )
        for number, stage in enumerate(Stage, start=1)
    )


def _found(verdict: Verdict, stage: Stage) -> tuple[Finding, ...]:
    return tuple(each for each in verdict.findings if each.stage is stage)


def _answer(verdict: Verdict, stage: Stage) -> StageAnswer:
    if stage is Stage.POLICY:
        return _CONCLUSIONS.get(verdict.outcome, StageAnswer.FAILED)
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
