"""What the batches' endpoints answer, as types; OpenAPI is made of them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import Field

from api.toolkit.answers import JsonAnswer, LastError, ProblemEntry, RuleFailure, Text
from api.toolkit.problems import problem_document
from clearance.clock import format_moment
from clearance.errors import MohrError
from register.batches.records import Batch, BatchState, Hold, Line, LineState


class LineCounts(JsonAnswer):
    """How many lines are in each state."""

    waiting: int
    working: int
    issued: int
    refused: int
    cancelled: int
    failed: int


class HoldAnswer(JsonAnswer):
    """Why no line is begun for a while: a part was away. It goes on by itself."""

    until: str = Field(description="When one more line is tried (RFC 3339, UTC).")
    error: LastError


class BatchLinks(JsonAnswer):
    """Where to go from here; paths relative to this service."""

    self: str
    lines: str
    pause: str
    resume: str
    cancellation: str


class BatchAnswer(JsonAnswer):
    """A batch and how far it is. Times are RFC 3339 in UTC."""

    id: str
    state: str = Field(description="`running`, `paused`, `cancelled` or `finished`.")
    lines: int
    counts: LineCounts
    opened_at: str
    paused_at: str | None
    cancelled_at: str | None
    ended_at: str | None = Field(description="When the last line ended.")
    hold: HoldAnswer | None
    lines_per_minute: float | None = Field(description="Of the last minute, once it can be told.")
    seconds_left: int | None = Field(description="At that rate.")
    links: BatchLinks


class LineLinks(JsonAnswer):
    """Where the clearance of an issued line is; paths relative to this service."""

    self: str
    document: str


class LineAnswer(JsonAnswer):
    """A line of a batch and how it ended."""

    line: int = Field(description="Place in the body, from 1 on, empty lines counted.")
    state: str = Field(
        description="`waiting`, `working`, `issued`, `refused` (its content or the rules forbid "
        "it), `cancelled` (before it began) or `failed` (a fault of ours: resume the batch)."
    )
    number: str | None
    verification_code: str | None = Field(description="Of an issued line.")
    issued_at: str | None
    document_sha256: str | None
    ended_at: str | None
    error: LastError | None = Field(
        description="Why it was refused or failed, or what it waits for."
    )
    errors: list[ProblemEntry] | None = Field(description="Every wrong value of a refused line.")
    failures: list[RuleFailure] | None = Field(
        description="Every rule of the circular that a refused line does not meet."
    )
    links: LineLinks | None


class LinesPage(JsonAnswer):
    """Some lines of a batch, in the order of its body."""

    lines: list[LineAnswer]
    next: str | None = Field(description="Where the next page is; empty after the last.")


def batch_answer(batch: Batch) -> BatchAnswer:
    """Return a batch."""
    path = _path(batch.id)
    return BatchAnswer(
        id=str(batch.id),
        state=batch.state,
        lines=batch.lines,
        counts=LineCounts(**{state.value: batch.counts[state] for state in LineState}),
        opened_at=format_moment(batch.opened_at),
        paused_at=_moment(batch.paused_at),
        cancelled_at=_moment(batch.cancelled_at),
        ended_at=_moment(batch.ended_at),
        hold=_hold(batch.hold) if batch.state is BatchState.RUNNING and batch.hold else None,
        lines_per_minute=None if batch.per_minute is None else round(batch.per_minute, 1),
        seconds_left=batch.seconds_left,
        links=BatchLinks(
            self=path,
            lines=f"{path}/lines",
            pause=f"{path}/pause",
            resume=f"{path}/resume",
            cancellation=f"{path}/cancellation",
        ),
    )


def line_answer(line: Line) -> LineAnswer:
    """Return a line."""
    told = _report(line.error) if line.error else {}
    issued = line.state is LineState.ISSUED
    clearance = f"/v1/clearances/{line.number}"
    return LineAnswer(
        line=line.line,
        state=line.state,
        number=line.number,
        # As for a single request: the code comes with the clearance.
        verification_code=line.verification_code if issued else None,
        issued_at=_moment(line.issued_at),
        document_sha256=line.document_sha256,
        ended_at=_moment(line.ended_at),
        error=LastError(code=told["code"], message=Text(**told["message"])) if told else None,
        errors=told.get("errors"),
        failures=told.get("failures"),
        links=LineLinks(self=clearance, document=f"{clearance}/document") if issued else None,
    )


def lines_page(
    batch_id: UUID, lines: tuple[Line, ...], *, state: LineState | None, size: int
) -> LinesPage:
    """Return a page of at most ``size`` lines."""
    chosen = f"&state={state.value}" if state else ""
    return LinesPage(
        lines=list(map(line_answer, lines)),
        next=(
            f"{_path(batch_id)}/lines?after={lines[-1].line}{chosen}"
            if len(lines) == size
            else None
        ),
    )


def batch_examples() -> Mapping[str, Any]:
    """Return what the OpenAPI document shows of a batch under way."""
    at = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
    counts = {LineState.WAITING: 9400, LineState.WORKING: 4, LineState.ISSUED: 590}
    batch = Batch(
        id=UUID("0d5c0a5e-6f0e-4c57-9d55-0f6c2b1a7e11"),
        client_id="",
        lines=10_000,
        opened_at=at,
        paused_at=None,
        cancelled_at=None,
        ended_at=None,
        hold=Hold(until=at + timedelta(minutes=2), code="tsa.unavailable"),
        counts=dict.fromkeys(LineState, 0) | counts | {LineState.REFUSED: 6},
        per_minute=310.0,
    )
    return {"running": {"value": batch_answer(batch).model_dump(mode="json")}}


def _report(error: MohrError) -> dict[str, Any]:
    """Say an error as a problem document does."""
    return problem_document(error, request_id="")


def _hold(hold: Hold) -> HoldAnswer:
    told = _report(MohrError(hold.code))
    return HoldAnswer(
        until=format_moment(hold.until),
        error=LastError(code=told["code"], message=Text(**told["message"])),
    )


def _path(batch_id: UUID) -> str:
    return f"/v1/batches/{batch_id}"


def _moment(moment: datetime | None) -> str | None:
    return format_moment(moment) if moment else None
