"""What the ledger of paper forms returns."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.minutes import Minutes, MinutesKind, MinutesNumber
from clearance.paper_forms import Balance, FormMeaning, FormSerial, SerialRange, SerialState


@dataclass(frozen=True, kw_only=True)
class AllottedRange:
    """Serials that a branch was given."""

    branch_code: BranchCode
    branch_name: str
    province: str
    serials: SerialRange
    allotted_at: datetime
    allotted_by: str
    """Id of the officer."""


@dataclass(frozen=True, kw_only=True)
class RecordedEntry:
    """One entry that concerns a serial, as it was recorded; never changed."""

    serials: SerialRange
    state: SerialState
    hologram: FormSerial | None
    """Serial of the hologram attached to the first of the forms."""
    clearance: ClearanceNumber | None
    explanation: str | None
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, kw_only=True)
class PaperForm:
    """Everything that the ledger knows of one serial."""

    serial: FormSerial
    branch_code: BranchCode
    branch_name: str
    province: str
    state: SerialState
    handed_over_by: MinutesNumber | None
    """The branch minutes that list it among the forms handed over."""
    entries: tuple[RecordedEntry, ...]
    """Oldest first."""


@dataclass(frozen=True, kw_only=True)
class FormAnswer:
    """What the public learns of a serial: its class and the day from which paper is void."""

    meaning: FormMeaning
    effective_date: date | None


@dataclass(frozen=True, kw_only=True)
class BranchBalance:
    """One branch's line in the ledger."""

    branch_code: BranchCode
    branch_name: str
    province: str
    balance: Balance
    handed_over: int
    """Of its unused forms, those that closed minutes list."""

    @property
    def outstanding(self) -> int:
        """How many forms the branch still has to account for or to hand over (R12)."""
        unused = self.balance.count(SerialState.UNUSED_RETURNED)
        return self.balance.difference + unused - self.handed_over


class MinutesState(StrEnum):
    """How far minutes have come."""

    DRAFT = "draft"
    CLOSED = "closed"
    """Their content is final; the seal follows by itself."""
    SEALED = "sealed"


@dataclass(frozen=True, kw_only=True)
class MinutesRecord:
    """Minutes as the register knows them; times in UTC."""

    number: MinutesNumber
    kind: MinutesKind
    province: str
    branch_code: BranchCode | None
    consolidated: MinutesNumber | None
    drawn_up_at: datetime
    drawn_up_by: str
    balance: Balance
    """Of the moment of closing; while it is a draft, of now."""
    content: Minutes | None
    """What they say; ``None`` while they are a draft."""
    closed_by: str | None
    document_sha256: str | None
    """SHA-256 of the sealed PDF, lowercase hexadecimal."""

    @property
    def state(self) -> MinutesState:
        """How far they have come."""
        if self.content is None:
            return MinutesState.DRAFT
        return MinutesState.CLOSED if self.document_sha256 is None else MinutesState.SEALED


class Step(StrEnum):
    """What clause 5 demands, in order."""

    BRANCH_MINUTES = "branch_minutes"
    """The branch hands its forms over (R12)."""
    CONSOLIDATED = "consolidated"
    DESPATCH = "despatch"
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class LateStep:
    """A step that was not done, or not done in time (R13)."""

    province: str
    branch_code: BranchCode | None
    """Set exactly for a branch's step."""
    branch_name: str | None
    step: Step
    due: date
    """The last day, in Tehran."""
    done_at: datetime | None
    """When it was done after all (UTC); ``None`` while it is not."""
