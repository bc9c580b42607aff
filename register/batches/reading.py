"""Reads batches and their lines. Functions over one connection; the caller owns the transaction."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from clearance.identifiers import ClearanceNumber, VerificationCode
from register.batches import causes
from register.batches.records import (
    OPEN_STATES,
    Batch,
    Hold,
    Line,
    LineState,
)
from register.tables.batches import batch, batch_line
from register.tables.core import clearance, intent
from register.tables.sealed import sealed_document

LATELY: Final = timedelta(minutes=1)
"""How far back the rate looks."""
_FEWEST_FOR_A_RATE: Final = 2
_SHORTEST_FOR_A_RATE: Final = timedelta(seconds=1)
"""Below that a rate is chance; and a line that ended while we read may have ended after ``now``."""


def batch_of(connection: Connection, batch_id: UUID, now: datetime) -> Batch:
    """Return a batch that is there, with its lines counted."""
    row = connection.execute(select(batch).where(batch.c.id == batch_id)).one()
    # What was refused when it came, or cancelled, says nothing about how fast the work goes.
    lately = (batch_line.c.ended_at > now - LATELY) & (batch_line.c.attempts > 0)
    tallies = connection.execute(
        select(
            batch_line.c.state,
            func.count().label("lines"),
            func.max(batch_line.c.ended_at).label("last"),
            func.count().filter(lately).label("lately"),
            func.min(batch_line.c.ended_at).filter(lately).label("first"),
        )
        .where(batch_line.c.batch_id == batch_id)
        .group_by(batch_line.c.state)
    ).all()
    counts = dict.fromkeys(LineState, 0) | {LineState(each.state): each.lines for each in tallies}
    has_ended = not any(counts[state] for state in OPEN_STATES)
    return Batch(
        id=row.id,
        client_id=row.client_id,
        lines=row.lines,
        opened_at=row.opened_at,
        paused_at=row.paused_at,
        cancelled_at=row.cancelled_at,
        ended_at=max(each.last for each in tallies) if has_ended else None,
        hold=_hold(row),
        counts=counts,
        per_minute=_per_minute(tallies, now),
    )


def lines_of(
    connection: Connection, batch_id: UUID, *, state: LineState | None, after: int, limit: int
) -> tuple[Line, ...]:
    """Return the next lines after a line number, in order."""
    wanted = (
        select(
            batch_line,
            intent.c.verification_code,
            clearance.c.issued_at,
            sealed_document.c.sha256,
        )
        .outerjoin(intent, intent.c.number == batch_line.c.number)
        .outerjoin(clearance, clearance.c.number == batch_line.c.number)
        .outerjoin(
            sealed_document,
            (sealed_document.c.number == batch_line.c.number) & (sealed_document.c.revision == 0),
        )
        .where(batch_line.c.batch_id == batch_id, batch_line.c.line > after)
        .order_by(batch_line.c.line)
        .limit(limit)
    )
    if state is not None:
        wanted = wanted.where(batch_line.c.state == state)
    return tuple(map(_line, connection.execute(wanted)))


def _hold(row: Row[*tuple[Any, ...]]) -> Hold | None:
    if row.held_until is None:
        return None
    return Hold(until=row.held_until, code=row.held_for)


def _per_minute(tallies: Any, now: datetime) -> float | None:
    ended = sum(each.lately for each in tallies)
    if ended < _FEWEST_FOR_A_RATE:
        return None
    since = now - min(each.first for each in tallies if each.lately)
    if since < _SHORTEST_FOR_A_RATE:
        return None
    # The first one only starts the watch.
    return float((ended - 1) / (since / timedelta(minutes=1)))


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    return Line(
        line=row.line,
        state=LineState(row.state),
        attempts=row.attempts,
        number=None if row.number is None else ClearanceNumber(row.number),
        verification_code=(
            None if row.verification_code is None else VerificationCode(row.verification_code)
        ),
        issued_at=row.issued_at,
        document_sha256=row.sha256,
        error=None if row.error is None else causes.restored(row.error, row.problems),
        ended_at=row.ended_at,
    )
