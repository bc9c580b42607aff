"""The JSON of a verdict, as types; OpenAPI is made of them."""

from pydantic import Field

from api.clearances.schemas import ClearanceAnswer, clearance_answer
from api.toolkit.answers import JsonAnswer, Text, text_answer
from api.verification.differences import field_name
from api.verification.results import words_of
from clearance.clock import format_moment
from clearance.verdict import Difference, Finding, Verdict
from register.records import IssuedClearance
from templates.catalogues import page_text, reason_text


class FindingAnswer(JsonAnswer):
    """One answer of one stage of the check."""

    stage: str
    level: str = Field(description="`passed`, `note` or `failed`.")
    reason: str = Field(description="Stable reason code.")
    message: Text
    parameters: dict[str, str]


class DifferenceAnswer(JsonAnswer):
    """One fact that the file states otherwise than the register does."""

    field: str = Field(description="JSON Pointer (RFC 6901) into `clearance.certificate`.")
    name: Text = Field(description="What the field is called.")
    issued: str | None = Field(description="What was issued, as text; null: no such field.")
    found: str | None = Field(description="What the file states; null: no such field.")


class ComparedFieldAnswer(JsonAnswer):
    """One value of the caller's own record beside the register's."""

    field: str = Field(description="JSON Pointer (RFC 6901) into `clearance.certificate`.")
    name: Text = Field(description="What the field is called.")
    expected: str | int = Field(description="What the caller expects, as a certificate writes it.")
    found: str | int | None = Field(description="What the register says; null: no such value.")
    result: str = Field(
        description="`equal` (of texts also another spelling), `different`, or `absent`: the "
        "clearance has no such value, or there is no clearance to compare with."
    )


class ComparisonAnswer(JsonAnswer):
    """How the caller's own record compares with the register."""

    agrees: bool = Field(
        description="True only if the outcome is `authentic` and every field is `equal`."
    )
    against: str | None = Field(
        description="Number of the clearance that was compared with; null: with none, since none "
        "is known or its facts may not be shown."
    )
    message: Text = Field(description="The comparison in one sentence, and what to do next.")
    fields: list[ComparedFieldAnswer] = Field(
        description="What was compared and nothing else, in the certificate's order."
    )


class VerdictAnswer(JsonAnswer):
    """The outcome of a check, with everything that led to it."""

    outcome: str = Field(
        description="`authentic`, `withdrawn`, `other_document` (genuine, but no clearance), "
        "`copy` (a paper that names a clearance of ours and proves nothing by itself), `altered`, "
        "`outside_channel`, `unreadable` or `could_not_check` (an outage of ours, which says "
        "nothing about the document)."
    )
    message: Text
    reasons: list[str] = Field(description="Reason codes that decided, most weighty first.")
    explanations: list[Text] = Field(description="The text of each of the reasons.")
    findings: list[FindingAnswer]
    sha256: str
    number: str | None
    checked_at: str = Field(description="RFC 3339, UTC.")
    clearance: ClearanceAnswer | None = Field(
        description="The register's facts, where the caller holds what was issued."
    )
    differences: list[DifferenceAnswer] = Field(
        description="How the attached data of an altered file, or the text of a print-out, differ "
        "from what was issued; only where `clearance` is shown."
    )
    comparison: ComparisonAnswer | None = Field(
        description="How the record in `expect` compares with the register; null without it."
    )


def verdict_answer(
    verdict: Verdict,
    clearance: IssuedClearance | None,
    *,
    way: str,
    public_url: str,
    comparison: ComparisonAnswer | None = None,
) -> VerdictAnswer:
    """Return a verdict; ``way`` is ``file`` or ``register``, as in the messages."""
    return VerdictAnswer(
        outcome=verdict.outcome,
        message=text_answer(
            page_text(
                "outcomes", verdict.outcome, words_of(verdict.outcome, way, clearance), "heading"
            )
        ),
        reasons=list(verdict.reasons),
        explanations=[text_answer(reason_text(reason)) for reason in verdict.reasons],
        findings=[finding_answer(finding) for finding in verdict.findings],
        sha256=verdict.sha256,
        number=verdict.number,
        checked_at=format_moment(verdict.checked_at),
        clearance=clearance_answer(clearance, public_url) if clearance else None,
        differences=difference_answers(verdict) if clearance else [],
        comparison=comparison,
    )


def difference_answers(verdict: Verdict) -> list[DifferenceAnswer]:
    """Return what a file states otherwise; for holders of what was issued alone."""
    return [_difference(each) for each in verdict.differences]


def _difference(difference: Difference) -> DifferenceAnswer:
    return DifferenceAnswer(
        field=difference.field,
        name=text_answer(field_name(difference.field)),
        issued=difference.issued,
        found=difference.found,
    )


def finding_answer(finding: Finding) -> FindingAnswer:
    """Return one finding with its words."""
    return FindingAnswer(
        stage=finding.stage,
        level=finding.level,
        reason=finding.reason,
        message=text_answer(reason_text(finding.reason, finding.parameters)),
        parameters=dict(finding.parameters),
    )
