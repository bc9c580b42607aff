"""The directory's answers, as types."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.toolkit.answers import JsonAnswer
from clearance.clock import format_moment
from clearance.directory import (
    BranchRecord,
    ContractData,
    ContractRowRecord,
    InspectionUndertaking,
    Review,
    Workshop,
)
from clearance.directory_shapes import as_object
from templates.catalogues import sample

_MATCHING = {
    "contract_number": sample("contract_number"),
    "contract_date": "2023-04-04",
    "subject": sample("subject"),
    "start": "2023-04-09",
    "end": "2025-03-20",
    "initial_amount": 90_000_000_000,
    "work_assigner_workshop": "0410000017",
    "contractor_workshop": "0410000025",
    "contract_address": sample("address"),
}
_KEY = {"branch_code": "0041", "row": "00000123", "sequence": "01"}

BRANCH_EXAMPLE: dict[str, Any] = {
    "code": "0041",
    "name": sample("branch_name"),
    "province": sample("province"),
    "version": 3,
}
WORKSHOP_EXAMPLE: dict[str, Any] = {
    "number": "0410000017",
    "name": sample("workshop_name"),
    "branch_code": "0041",
    "address": sample("address"),
    "postal_code": "1345678901",
    "owner_identifier": "10380284790",
    "account_id": "es-77012",
    "undertaking_accepted_at": "2024-11-02T06:15:00Z",
    "version": 12,
}
CONTRACT_ROW_EXAMPLE: dict[str, Any] = {**_KEY, **_MATCHING, "state": "active", "version": 4}
UNDERTAKING_EXAMPLE: dict[str, Any] = {
    "id": "1404/7712",
    "branch_code": "0041",
    "contractor_identifier": "10380284790",
    "period_start": "2024-03-20",
    "period_end": "2025-03-20",
    "received_at": "2024-11-02T06:15:00Z",
}
REVIEW_REQUEST_EXAMPLE: dict[str, Any] = {
    "sequence": "01",
    "row_version": 4,
    "claims_file": {**_MATCHING, "initial_amount": 95_000_000_000},
}
_REVIEW_EXAMPLE: dict[str, Any] = {
    "id": 7,
    "row_version": 4,
    "outcome": "mismatched",
    "differences": ["initial_amount"],
    "record": _MATCHING,
    "claims_file": {**_MATCHING, "initial_amount": 95_000_000_000},
    "reviewed_by": "m.rezaei",
    "reviewed_at": "2026-02-01T08:30:00Z",
}


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


class BranchAnswer(BaseModel):
    """A branch."""

    model_config = _shown(BRANCH_EXAMPLE)

    code: str
    name: str
    province: str
    version: int = Field(description="The feeder's; grows with each change.")


class WorkshopAnswer(BaseModel):
    """A workshop of a work assigner or contractor."""

    model_config = _shown(WORKSHOP_EXAMPLE)

    number: str
    name: str
    branch_code: str
    address: str
    postal_code: str
    owner_identifier: str
    account_id: str | None = Field(description="The e-services account; null while there is none.")
    undertaking_accepted_at: str | None = Field(
        description="When the undertaking for electronic services was accepted (RFC 3339, UTC)."
    )
    version: int


class ContractDataAnswer(BaseModel):
    """What is known of a contract; null stands for what is not."""

    model_config = _shown(_MATCHING)

    contract_number: str | None
    contract_date: str | None
    subject: str | None
    start: str | None
    end: str | None
    initial_amount: int | None = Field(description="Rials.")
    work_assigner_workshop: str | None
    contractor_workshop: str | None
    contract_address: str | None


class ContractRowAnswer(ContractDataAnswer):
    """The mechanised record of a contract row."""

    model_config = _shown(CONTRACT_ROW_EXAMPLE)

    branch_code: str
    row: str
    sequence: str
    state: str = Field(description="`active` or `closed`.")
    version: int


class ReviewAnswer(BaseModel):
    """One review of a contract row: its record held against the claims file."""

    model_config = _shown(_REVIEW_EXAMPLE)

    id: int
    row_version: int = Field(description="Version of the record that was reviewed.")
    outcome: str = Field(description="`matching`, `mismatched` or `incomplete`.")
    differences: list[str] = Field(description="Names of the fields that do not agree.")
    record: ContractDataAnswer = Field(description="The mechanised record as it stood.")
    claims_file: ContractDataAnswer
    reviewed_by: str = Field(description="Id of the officer.")
    reviewed_at: str = Field(description="RFC 3339, UTC.")


class ReviewedRow(BaseModel):
    """One sequence of a contract row, and the review that counts for it."""

    model_config = _shown({"record": CONTRACT_ROW_EXAMPLE, "review": _REVIEW_EXAMPLE})

    record: ContractRowAnswer
    review: ReviewAnswer | None = Field(
        description="Newest review of this version; null while it is unreviewed."
    )


class ContractRowsAnswer(JsonAnswer):
    """A contract row with all its sequences."""

    sequences: list[ReviewedRow]


class ReviewsAnswer(JsonAnswer):
    """The reviews of one contract row and sequence, the newest first."""

    reviews: list[ReviewAnswer]


class UndertakingAnswer(BaseModel):
    """An undertaking on which a branch may issue before the inspection of the books."""

    model_config = _shown(UNDERTAKING_EXAMPLE)

    id: str
    branch_code: str
    contractor_identifier: str
    period_start: str
    period_end: str = Field(description="Last day of the fiscal period.")
    received_at: str


def branch_answer(branch: BranchRecord) -> BranchAnswer:
    """Return a branch."""
    return BranchAnswer(**as_object(branch))


def workshop_answer(workshop: Workshop) -> WorkshopAnswer:
    """Return a workshop."""
    return WorkshopAnswer(**as_object(workshop))


def contract_row_answer(row: ContractRowRecord) -> ContractRowAnswer:
    """Return the record of a contract row."""
    return ContractRowAnswer(**as_object(row))


def undertaking_answer(undertaking: InspectionUndertaking) -> UndertakingAnswer:
    """Return an undertaking."""
    return UndertakingAnswer(**as_object(undertaking))


def review_answer(review: Review) -> ReviewAnswer:
    """Return a review."""
    return ReviewAnswer(
        id=review.id,
        row_version=review.row_version,
        outcome=review.outcome,
        differences=list(review.differences),
        record=_data(review.record),
        claims_file=_data(review.claims_file),
        reviewed_by=review.reviewed_by,
        reviewed_at=format_moment(review.reviewed_at),
    )


def _data(data: ContractData) -> ContractDataAnswer:
    return ContractDataAnswer(**as_object(data))
