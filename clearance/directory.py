"""The directory: what the register knows of branches, workshops and contract rows.

The issuance backend feeds it; the rules judge a request by it and not by what the request claims
(circular, clause 1, note 1 and clause 3). Dates are Gregorian, moments in UTC and whole seconds.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from clearance.identifiers import (
    BranchCode,
    ContractRow,
    ContractSequence,
    PartyIdentifier,
    PostalCode,
    WorkshopNumber,
)
from clearance.money import Rials
from clearance.text import match_key


@dataclass(frozen=True, kw_only=True)
class BranchRecord:
    """A branch."""

    code: BranchCode
    name: str
    province: str
    version: int
    """Grows with each change in the source system, from 1 on; so in all records that are fed."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A workshop, of a work assigner or of a contractor."""

    number: WorkshopNumber
    name: str
    branch_code: BranchCode
    address: str
    postal_code: PostalCode
    owner_identifier: PartyIdentifier
    """National id or legal-entity id of whoever holds the workshop number."""
    account_id: str | None
    """The account in the e-services system (R2); ``None`` while there is none."""
    undertaking_accepted_at: dt.datetime | None
    """When the undertaking for electronic services was accepted (R3); ``None`` if it was not."""
    version: int


@dataclass(frozen=True, kw_only=True)
class ContractRowKey:
    """Which contract row: rows are numbered within a branch, sequences within a row."""

    branch_code: BranchCode
    row: ContractRow
    sequence: ContractSequence

    def __str__(self) -> str:
        return f"{self.branch_code}/{self.row}/{self.sequence}"


class RowState(StrEnum):
    """Whether work on a contract row goes on."""

    ACTIVE = "active"
    """Its data must be reviewed (R6)."""
    CLOSED = "closed"
    """Nothing more is cleared on it."""


@dataclass(frozen=True, kw_only=True)
class ContractData:
    """What is known of a contract, by the mechanised record or by its claims file.

    ``None`` stands for what is not known: old records have gaps, and R6 is there to close them.
    """

    contract_number: str | None
    """The parties' own number."""
    contract_date: dt.date | None
    subject: str | None
    start: dt.date | None
    end: dt.date | None
    initial_amount: Rials | None
    work_assigner_workshop: WorkshopNumber | None
    """Allotted to the address in the contract (R4, R5)."""
    contractor_workshop: WorkshopNumber | None
    contract_address: str | None


CONTRACT_FIELDS = tuple(ContractData.__dataclass_fields__)
"""The fields that a review compares, in the order in which they are shown."""


@dataclass(frozen=True, kw_only=True)
class ContractRowRecord(ContractData):
    """The mechanised record of a contract row."""

    key: ContractRowKey
    state: RowState
    version: int

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the fields that the record lacks."""
        return tuple(name for name in CONTRACT_FIELDS if getattr(self, name) is None)


class ReviewOutcome(StrEnum):
    """What a review of a contract row found."""

    MATCHING = "matching"
    """Both records are complete and say the same: the row may be cleared."""
    MISMATCHED = "mismatched"
    """Some field has two different values."""
    INCOMPLETE = "incomplete"
    """Nothing contradicts, but a field is empty in one record or in both."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """One review of a contract row: its record held against the claims file (R6).

    Only the newest review of the row's present version counts: a row changed after its review is
    unreviewed again.
    """

    id: int
    key: ContractRowKey
    row_version: int
    """The version of the record that was reviewed."""
    record: ContractData
    """The mechanised record as it stood."""
    claims_file: ContractData
    """What the officer read in the claims file."""
    differences: tuple[str, ...]
    """Names of the fields that do not agree, gaps included."""
    outcome: ReviewOutcome
    reviewed_by: str
    """Id of the officer."""
    reviewed_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class InspectionUndertaking:
    """An undertaking (clause 3) on which a branch may issue before the books are inspected.

    It is taken once for a fiscal period of a contractor, whatever the contract (R8).
    """

    id: str
    """Opaque text of the branch's."""
    branch_code: BranchCode
    contractor_identifier: PartyIdentifier
    period_start: dt.date
    period_end: dt.date
    """Last day of the fiscal period."""
    received_at: dt.datetime


def same(one: object, other: object) -> bool:
    """Tell whether two values of one field agree; texts by their match key, gaps never."""
    if one is None or other is None:
        return False
    if type(one) is str and type(other) is str:
        return match_key(one) == match_key(other)
    return one == other


def differences(record: ContractData, claims_file: ContractData) -> tuple[str, ...]:
    """Name the fields in which two records of one contract do not agree, gaps included."""
    return tuple(
        name
        for name in CONTRACT_FIELDS
        if not same(getattr(record, name), getattr(claims_file, name))
    )


def outcome(record: ContractData, claims_file: ContractData) -> ReviewOutcome:
    """Judge a record by its claims file; a contradiction weighs more than a gap."""
    pairs = [
        (getattr(record, name), getattr(claims_file, name))
        for name in differences(record, claims_file)
    ]
    if not pairs:
        return ReviewOutcome.MATCHING
    if any(one is not None and other is not None for one, other in pairs):
        return ReviewOutcome.MISMATCHED
    return ReviewOutcome.INCOMPLETE
