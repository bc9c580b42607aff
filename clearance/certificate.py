"""The clearance: what a caller asks for, and the certificate that is made of it.

Source: circular clauses 1-4 and the certificate's fields. All dates are Gregorian
``datetime.date`` inside; all times are timezone-aware.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from clearance.errors import InvalidValue
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    VerificationCode,
)
from clearance.money import Rials
from clearance.parties import Party


class ClearanceKind(StrEnum):
    """Whether the contract has ended."""

    FINAL = "final"
    """The contract is finished."""
    INTERIM = "interim"
    """The contract goes on."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """The SSO branch that issues."""

    code: BranchCode
    name: str
    province: str


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The Article 38 contract that is cleared."""

    row: ContractRow
    sequence: ContractSequence
    number: str
    """The parties' own contract number: opaque text."""
    date: dt.date
    subject: str
    start: dt.date
    end: dt.date
    initial_amount: Rials


@dataclass(frozen=True, kw_only=True)
class PerformedWork:
    """The gross performed amount and its period, which is not the contract's period."""

    gross_amount: Rials
    start: dt.date
    end: dt.date


@dataclass(frozen=True, kw_only=True)
class ReferringLetter:
    """The assigner's letter that asked for the clearance."""

    number: str
    date: dt.date


@dataclass(frozen=True, kw_only=True)
class PaymentReceipt:
    """One payment of premium."""

    id: str
    """Opaque text."""
    amount: Rials
    collected_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Premium:
    """What was due and what was collected."""

    premium_due: Rials
    unemployment_premium: Rials
    sum_of_debits: Rials
    amount_collected: Rials
    receipts: tuple[PaymentReceipt, ...]
    """Empty only if nothing was collected; otherwise they add up to ``amount_collected``."""


@dataclass(frozen=True, kw_only=True)
class InspectedBasis:
    """Basis ``inspected``: the statutory books were inspected."""

    report_number: str
    report_date: dt.date


@dataclass(frozen=True, kw_only=True)
class UndertakingBasis:
    """Basis ``undertaking``: issued before the inspection (R7), once a fiscal period (R8)."""

    undertaking_id: str
    fiscal_period_start: dt.date
    fiscal_period_end: dt.date


Basis = InspectedBasis | UndertakingBasis


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One official's approval."""

    name: str
    role: str
    approved_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Approvals:
    """The two approvals that each clearance carries."""

    head_of_premium_collection: Approval
    head_of_branch: Approval


@dataclass(frozen=True, kw_only=True)
class ClearanceRequest:
    """Everything that the issuance backend states; request schema version 1."""

    kind: ClearanceKind
    branch: Branch
    contract: Contract
    performed_work: PerformedWork
    referring_letter: ReferringLetter | None
    work_assigner: Party
    contractor: Party
    premium: Premium
    basis: Basis
    approvals: Approvals
    replaces: ClearanceNumber | None = None
    """The revoked clearance of the same contract row in whose place this one shall stand."""


@dataclass(frozen=True, kw_only=True)
class ClearanceCertificate:
    """What is printed, hashed and sealed: the request plus what the register adds.

    Raises ``InvalidValue`` with ``certificate.contradictory`` if the number is another branch's
    or the issue time is not in UTC and whole seconds: its canonical JSON would not read back.
    """

    number: ClearanceNumber
    verification_code: VerificationCode
    issued_at: dt.datetime
    """UTC, whole seconds."""
    request: ClearanceRequest

    def __post_init__(self) -> None:
        if self.number.branch_code != self.request.branch.code:
            raise InvalidValue("certificate.contradictory", field="/number")
        if self.issued_at.utcoffset() != dt.timedelta(0) or self.issued_at.microsecond:
            raise InvalidValue("certificate.contradictory", field="/issued_at")
