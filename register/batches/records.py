"""What a batch and its lines are to those who open, watch and work on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from clearance.errors import InvalidRequest, MohrError
from clearance.identifiers import ClearanceNumber, VerificationCode

MOST_LINES = 10_000
"""Requests in one batch."""


class LineState(StrEnum):
    """How far a line has come."""

    WAITING = "waiting"
    """Not begun, or begun and waiting for a part that was away."""
    WORKING = "working"
    """A worker is issuing it."""
    ISSUED = "issued"
    REFUSED = "refused"
    """Its content or the rules forbid it: the same line would be refused again."""
    CANCELLED = "cancelled"
    """The batch was cancelled before it began."""
    FAILED = "failed"
    """A fault of ours; resuming the batch tries it again, under the same number."""


OPEN_STATES = frozenset({LineState.WAITING, LineState.WORKING})
"""The states of a line that has not ended."""


class BatchState(StrEnum):
    """What happens to a batch as a whole."""

    RUNNING = "running"
    PAUSED = "paused"
    """Nothing is begun; what had begun goes on to its end."""
    CANCELLED = "cancelled"
    """What had not begun was cancelled; what had begun goes on to its end."""
    FINISHED = "finished"
    """Every line has ended."""


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """A line as it came: a request, or what is wrong with it."""

    line: int
    """Place in the body, from 1 on."""
    request: str | None
    """Canonical JSON; empty exactly if there is an error."""
    error: InvalidRequest | None = None


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Why no line is begun for a while: a part was away."""

    until: datetime
    """UTC; then one more is tried."""
    code: str
    """Error code of what was away."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch and how far it is; times in UTC."""

    id: UUID
    client_id: str
    lines: int
    opened_at: datetime
    paused_at: datetime | None
    cancelled_at: datetime | None
    ended_at: datetime | None
    """When its last line ended; empty while one has not."""
    hold: Hold | None
    counts: Mapping[LineState, int]
    """Lines by state, every state named."""
    per_minute: float | None
    """Lines that the workers ended a minute, lately; empty while that cannot be told."""

    @property
    def state(self) -> BatchState:
        """What happens to it now."""
        if self.cancelled_at is not None:
            return BatchState.CANCELLED
        if self.ended_at is not None:
            return BatchState.FINISHED
        return BatchState.PAUSED if self.paused_at is not None else BatchState.RUNNING

    @property
    def open_lines(self) -> int:
        """How many lines have not ended."""
        return sum(self.counts[state] for state in OPEN_STATES)

    @property
    def seconds_left(self) -> int | None:
        """How long it will take at the present rate; empty while that cannot be told."""
        if not self.per_minute or self.state is not BatchState.RUNNING:
            return None
        return round(self.open_lines / self.per_minute * 60)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line and how far it is; times in UTC."""

    line: int
    state: LineState
    attempts: int
    number: ClearanceNumber | None
    verification_code: VerificationCode | None
    """Given with the number, so also before it is issued."""
    issued_at: datetime | None
    document_sha256: str | None
    error: MohrError | None
    """Why it was refused or failed, or what it waits for."""
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TakenLine:
    """A line in the hands of one worker; good for one ``finish`` or ``put_back``."""

    batch_id: UUID
    line: int
    attempt: int
    lane: int
    client_id: str
    request: str
    """Canonical JSON."""

    @property
    def idempotency_key(self) -> str:
        """The key it is issued under: one line leads to one clearance, however often tried."""
        return f"batch-{self.batch_id}-{self.line}"
