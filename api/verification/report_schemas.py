"""The reports of a verification as types: for a person, stage by stage, and raw."""

from typing import Any

from pydantic import Field

from api.clearances.schemas import ClearanceAnswer
from api.toolkit.answers import JsonAnswer, Text
from api.verification.schemas import ComparisonAnswer, DifferenceAnswer, FindingAnswer


class AnchorAnswer(JsonAnswer):
    """A certificate that paths of seals and timestamps had to lead to."""

    subject: str = Field(description="RFC 4514.")
    sha256: str = Field(description="Of the certificate in DER, lowercase hexadecimal.")


class BasisAnswer(JsonAnswer):
    """What the verdict rests on besides the file and the register."""

    policy: str = Field(description="Names the policy of docs/verification.md.")
    message: Text = Field(description="The policy in one sentence.")
    trust_anchors: list[AnchorAnswer]


class QuestionAnswer(JsonAnswer):
    """One of the three questions of a person, with its answer and what to do next."""

    question: Text
    answer: Text
    next: Text


class SimpleReport(JsonAnswer):
    """The verdict as a person needs it."""

    outcome: str
    message: Text = Field(description="The verdict in one sentence.")
    advice: Text
    questions: list[QuestionAnswer] = Field(description="Empty for what could not be read.")
    number: str | None
    sha256: str
    checked_at: str = Field(description="RFC 3339, UTC.")
    clearance: ClearanceAnswer | None = Field(
        description="The register's facts to compare with, where the caller holds what was issued."
    )
    differences: list[DifferenceAnswer] = Field(
        description="How the file differs from what was issued; only where `clearance` is shown."
    )
    comparison: ComparisonAnswer | None = Field(
        description="How the record in `expect` compares with the register; null without it."
    )
    not_proved: list[Text]
    basis: BasisAnswer


class StageAnswer(JsonAnswer):
    """One numbered stage: what was asked, the answer, and the evidence."""

    number: int
    stage: str
    name: Text
    question: Text
    answer: str = Field(description="`passed`, `noted`, `failed` or `not_asked`.")
    message: Text = Field(description="The answer in words.")
    findings: list[FindingAnswer]


class SignatureAnswer(JsonAnswer):
    """One signature of the file in the terms of ETSI EN 319 102-1.

    It speaks of the signature alone; what the file is worth is the outcome.
    """

    field: str = Field(description="Name of its field, as the file has it.")
    kind: str = Field(description="`signature`, or `document_timestamp`.")
    indication: str = Field(description="`TOTAL_PASSED`, `TOTAL_FAILED` or `INDETERMINATE`.")
    sub_indication: str | None


class DetailedReport(SimpleReport):
    """The verdict with every stage and every signature."""

    reasons: list[str] = Field(description="Reason codes that decided, most weighty first.")
    stages: list[StageAnswer]
    signatures: list[SignatureAnswer]


class RawReport(JsonAnswer):
    """The verdict as the program has it, without words."""

    verdict: dict[str, Any]
    signatures: list[SignatureAnswer]
    policy: str
    trust_anchors: list[AnchorAnswer]
