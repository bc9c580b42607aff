"""What codes, text and attached data of a paper lead to, and how a verdict takes it over."""

from dataclasses import dataclass, replace

from clearance.verdict import Difference, Finding, Level, Outcome, Reason, Stage, Verdict
from register.records import IssuedClearance
from templates.documents import Template
from verifier.addresses import bears_address
from verifier.differences import differences
from verifier.printed import compare
from verifier.reading import Reading
from verifier.standing import standing_finding

_OF_THE_PAGE = frozenset(
    {
        Reason.NAMES_CLEARANCE,
        Reason.CODE_LEADS_ELSEWHERE,
        Reason.PRINTED_DIFFERENTLY,
        Reason.TEXT_COMPARED,
    }
)


@dataclass(frozen=True, kw_only=True)
class PaperAnswer:
    """What the codes and the text of a paper lead to."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    findings: tuple[Finding, ...]
    number: str | None = None
    differences: tuple[Difference, ...] = ()


def named_clearance(
    reading: Reading,
    clearance: IssuedClearance,
    template: Template,
    judged: Verdict,
    *,
    leads_elsewhere: bool,
) -> PaperAnswer:
    """Weigh a paper that names one clearance of ours."""
    compared = compare(
        reading.pages,
        [bears_address(each.codes) for each in reading.pages],
        clearance.certificate,
        template.labels,
    )
    findings = [*judged.findings, Stage.STRUCTURE.noted(Reason.NAMES_CLEARANCE)]
    against: list[Reason] = []
    if leads_elsewhere:
        against.append(Reason.CODE_LEADS_ELSEWHERE)
        findings.append(Stage.STRUCTURE.failed(Reason.CODE_LEADS_ELSEWHERE))
    if compared.differences:
        against.append(Reason.PRINTED_DIFFERENTLY)
        findings += [
            Stage.MODIFICATION.failed(Reason.PRINTED_DIFFERENTLY, field=each.field)
            for each in compared.differences
        ]
    elif compared.equal:
        findings.append(Stage.MODIFICATION.noted(Reason.TEXT_COMPARED, facts=str(compared.equal)))
    standing = standing_finding(clearance.standing)
    withdrawn = (standing.reason,) if standing.level is Level.FAILED else ()
    return PaperAnswer(
        outcome=Outcome.OUTSIDE_CHANNEL if against else Outcome.COPY,
        reasons=(*against, *withdrawn, Reason.NAMES_CLEARANCE),
        findings=tuple(findings),
        number=clearance.number,
        differences=compared.differences,
    )


def bad_token(judged: Verdict) -> PaperAnswer:
    """Judge by a code that looks like ours and does not hold, or could not be checked."""
    unchecked = judged.outcome is Outcome.COULD_NOT_CHECK
    return PaperAnswer(
        outcome=Outcome.COULD_NOT_CHECK if unchecked else Outcome.OUTSIDE_CHANNEL,
        reasons=judged.reasons,
        findings=judged.findings,
    )


def made_from(verdict: Verdict, held: IssuedClearance, data: dict[str, object]) -> Verdict:
    """Say that the attached data were made from those of a clearance."""
    found = differences(data, held.certificate)
    reason = Reason.CHANGED_CONTENT if found else Reason.CARRIES_ISSUED_CONTENT
    level = Level.FAILED if found else Level.NOTE
    return replace(
        verdict.with_findings(Stage.MODIFICATION.finding(level, reason)),
        outcome=Outcome.ALTERED,
        reasons=tuple(dict.fromkeys((reason, *verdict.reasons))),
        number=held.number,
        differences=found,
    )


def pointed_to(verdict: Verdict, answer: PaperAnswer) -> Verdict:
    """Name the original that the QR code of an altered file leads to; nothing else changes.

    That the code is signed and the original in force is left out: it would be read as the file's.
    """
    if answer.number is None:
        return verdict
    findings = [each for each in answer.findings if each.reason in _OF_THE_PAGE]
    reasons = [each for each in answer.reasons if each in _OF_THE_PAGE]
    return replace(
        verdict.with_findings(*findings),
        reasons=tuple(dict.fromkeys((*verdict.reasons, *reasons))),
        number=answer.number,
        differences=answer.differences,
    )


def answered(verdict: Verdict, answer: PaperAnswer) -> Verdict:
    """Return the verdict that an answer makes, with what was found before."""
    return replace(
        verdict.with_findings(*answer.findings),
        outcome=answer.outcome,
        reasons=answer.reasons,
        number=answer.number,
        differences=answer.differences,
    )
