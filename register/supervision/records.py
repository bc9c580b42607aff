"""What supervision returns. Moments in UTC, days in the Gregorian calendar of Tehran."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from clearance.certificate import ClearanceKind
from clearance.directory import ContractRowKey, InspectionUndertaking
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.money import Rials
from clearance.notices import Notice
from register.collections.reading import CollectionRecord
from register.records import IssuedClearance, PendingClearance, StandingState
from register.revocations import Revocation

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Attention:
    """How much there is to be done, within one reach."""

    overdue: int
    """Premium collected, the deadline passed, no clearance (R11)."""
    due_soon: int
    """Warned of: 80 % of the time has passed and no clearance is issued yet."""
    waiting: int
    """Numbers given that a worker goes on with by itself, such as after an outage."""
    stuck: int
    """Numbers given that only a person can take further."""
    unreviewed: int
    mismatched: int
    incomplete: int
    """Active contract rows by what is wrong with them (R6)."""
    to_confirm: int
    """Requests to revoke that another officer asked for and nobody has decided on."""
    own_requests: int
    """One's own requests that await another officer."""
    undelivered: int
    """Notices that are still tried (R4)."""
    dead: int
    """Notices that were given up."""


@dataclass(frozen=True, kw_only=True)
class OpenCollection:
    """Premium collected for which no clearance is issued yet (R11)."""

    id: str
    key: ContractRowKey
    branch_name: str
    amount: Rials
    collected_at: datetime
    due_at: datetime
    overdue: bool


class Awaited(StrEnum):
    """Whom a number that is given but not issued waits for."""

    WORKER = "worker"
    """It goes on by itself."""
    PERSON = "person"
    """Its last attempt failed for good: the cause is to be mended and the request repeated."""


@dataclass(frozen=True, kw_only=True)
class WaitingRequest:
    """A number that is given and not issued."""

    number: ClearanceNumber
    branch_name: str
    prepared_at: datetime
    attempts: int
    awaits: Awaited
    last_error: str | None
    """Error code."""
    resume_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Issuing against the one-day rule, of one branch or one day."""

    issued: int
    in_time: int
    late: int
    """Issued after their deadline. The rest of ``issued`` had no deadline: replacements."""
    median_hours: float | None
    """From collection to issue: half of them took less; ``None`` without any."""
    longest_hours: float | None


@dataclass(frozen=True, kw_only=True)
class BranchTally:
    """One branch's line."""

    code: BranchCode
    name: str
    province: str
    tally: Tally
    overdue: int
    """Open and past their deadline now, whenever the premium was collected."""


@dataclass(frozen=True, kw_only=True)
class DayTally:
    """One day's line."""

    day: date
    tally: Tally


@dataclass(frozen=True, kw_only=True)
class HoursBin:
    """How many took at least ``low`` and less than ``high`` hours from collection to issue."""

    low: int
    high: int | None
    """``None``: without an upper end."""
    in_time: int
    late: int


@dataclass(frozen=True, kw_only=True)
class Timeliness:
    """Issuing in a span of days, with what else the charts show of it."""

    first_day: date
    last_day: date
    total: Tally
    branches: tuple[BranchTally, ...]
    """By province and code; those without anything too."""
    days: tuple[DayTally, ...]
    """Every day of the span, the oldest first."""
    hours: tuple[HoursBin, ...]
    revocations: Mapping[str, int]
    """Revocations that took effect in the span, by reason."""


@dataclass(frozen=True, kw_only=True)
class BranchName:
    """A branch that may be chosen."""

    code: BranchCode
    name: str
    province: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """A clearance in a list."""

    number: ClearanceNumber
    key: ContractRowKey
    kind: ClearanceKind
    issued_at: datetime
    work_assigner: str
    contractor: str
    amount_collected: Rials
    state: StandingState


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """Some of more rows, and how many there are; counted up to a limit."""

    rows: tuple[T, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event of the audit trail."""

    id: int
    at: datetime
    name: str
    """As ``register.events.EventName`` says it."""
    actor: str
    actor_name: str | None
    """Name of the person or program, where it is known."""
    subject: str
    branch_code: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class History:
    """All that is known of one number, each list the oldest first."""

    number: ClearanceNumber
    issued: IssuedClearance | None
    pending: PendingClearance | None
    """Set exactly if nothing is issued under the number."""
    collection: CollectionRecord | None
    notices: tuple[Notice, ...]
    revocations: tuple[Revocation, ...]
    replaces: ClearanceNumber | None
    events: tuple[Event, ...]
    names: Mapping[str, str]
    """Names of the officers and programs by id."""


@dataclass(frozen=True, kw_only=True)
class FiledUndertaking:
    """An undertaking (clause 3) and what was issued against it."""

    undertaking: InspectionUndertaking
    branch_name: str
    contractor: str | None
    """Name of a workshop of that contractor, where the directory has one."""
    clearances: int
    """Clearances issued against it."""
