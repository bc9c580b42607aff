"""What the client that opened a batch does with it: open, watch, pause, resume, cancel.

Each method is one short transaction. Every method raises ``Unavailable("register.unavailable")``
if the database does not answer; the outcome of a write is then unknown, and each bears repeating.
All may be called from several threads, processes and machines at once. To another client a batch
is not there: ``NotFound("batch.not_found")``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, select, text, update

from clearance.clock import Clock
from clearance.errors import Conflict, NotFound
from register import database, events
from register.batches import causes, lanes, reading
from register.batches.records import Batch, BatchState, Line, LineState, NewLine
from register.events import EventName
from register.records import RandomBytes
from register.tables.batches import batch, batch_line


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A batch that stands, and whether the same key and body had opened it before."""

    batch: Batch
    replayed: bool


class Batches:
    """The clients' side of the batches."""

    def __init__(self, engine: Engine, *, clock: Clock, random_bytes: RandomBytes) -> None:
        self._engine = engine
        self._clock = clock
        self._random_bytes = random_bytes

    def opened_by(
        self, client_id: str, *, idempotency_key: str, body_sha256: bytes
    ) -> Batch | None:
        """Return the batch that a client's key opened; None if the key is new.

        Raises ``Conflict("idempotency.conflict")`` if it opened one with another body.
        """
        with database.transaction(self._engine) as connection:
            return self._opened_by(connection, client_id, idempotency_key, body_sha256)

    def open(
        self,
        lines: Sequence[NewLine],
        *,
        client_id: str,
        idempotency_key: str,
        body_sha256: bytes,
    ) -> Opened:
        """Take in a batch; the workers begin at once.

        ``lines`` (1 to ``MOST_LINES``) are those of the body whose SHA-256 is ``body_sha256``; a
        line with an error is refused from the start. The same key and body answer the same batch,
        another body raises ``Conflict("idempotency.conflict")``.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
                {"key": f"batch\n{client_id}\n{idempotency_key}"},
            )
            earlier = self._opened_by(connection, client_id, idempotency_key, body_sha256)
            if earlier is not None:
                return Opened(batch=earlier, replayed=True)
            batch_id = UUID(bytes=self._random_bytes(16), version=4)
            connection.execute(
                insert(batch).values(
                    id=batch_id,
                    client_id=client_id,
                    idempotency_key=idempotency_key,
                    body_sha256=body_sha256,
                    lines=len(lines),
                    opened_at=now,
                    outages=0,
                )
            )
            connection.execute(insert(batch_line), [_row(batch_id, each, now) for each in lines])
            sound = sum(each.error is None for each in lines)
            self._record(
                connection,
                EventName.BATCH_OPENED,
                batch_id,
                client_id,
                lines=len(lines),
                refused=len(lines) - sound,
            )
            lanes.open_lanes(connection, batch_id, lines=sound)
            return Opened(batch=reading.batch_of(connection, batch_id, now), replayed=False)

    def find(self, batch_id: UUID, *, client_id: str) -> Batch:
        """Return a batch and how far it is."""
        with database.transaction(self._engine) as connection:
            self._demand(connection, batch_id, client_id)
            return reading.batch_of(connection, batch_id, self._now())

    def lines(
        self,
        batch_id: UUID,
        *,
        client_id: str,
        state: LineState | None = None,
        after: int = 0,
        limit: int,
    ) -> tuple[Line, ...]:
        """Return the next ``limit`` lines after a line number, in order: all, or of one state."""
        with database.transaction(self._engine) as connection:
            self._demand(connection, batch_id, client_id)
            return reading.lines_of(connection, batch_id, state=state, after=after, limit=limit)

    def pause(self, batch_id: UUID, *, client_id: str) -> Batch:
        """Begin no further line until resumed; what has begun goes on to its end.

        Raises ``Conflict("batch.ended")`` if every line has ended or it was cancelled. A batch that
        is paused already stays so.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            found = self._lock(connection, batch_id, client_id)
            if found.state is BatchState.PAUSED:
                return found
            _demand_running(found)
            _change(connection, batch_id, paused_at=now)
            self._record(connection, EventName.BATCH_PAUSED, batch_id, client_id)
            return reading.batch_of(connection, batch_id, now)

    def resume(self, batch_id: UUID, *, client_id: str) -> Batch:
        """Go on after a pause, at once also if held; failed lines are tried again.

        Raises ``Conflict("batch.ended")`` if it was cancelled, or ended without a failed line.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            found = self._lock(connection, batch_id, client_id)
            if found.counts[LineState.FAILED] == 0 or found.state is BatchState.CANCELLED:
                _demand_running(found)
            _change(connection, batch_id, paused_at=None, held_until=None, held_for=None, outages=0)
            connection.execute(
                update(batch_line)
                .where(batch_line.c.batch_id == batch_id, batch_line.c.state == LineState.FAILED)
                .values(state=LineState.WAITING, due_at=now, ended_at=None)
            )
            self._record(
                connection,
                EventName.BATCH_RESUMED,
                batch_id,
                client_id,
                retried=found.counts[LineState.FAILED],
            )
            resumed = reading.batch_of(connection, batch_id, now)
            lanes.open_lanes(connection, batch_id, lines=resumed.counts[LineState.WAITING])
            return resumed

    def cancel(self, batch_id: UUID, *, client_id: str) -> Batch:
        """Cancel every line that has not begun, for good; what has begun goes on to its end.

        Raises ``Conflict("batch.ended")`` if every line has ended. A batch that is cancelled
        already stays so.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            found = self._lock(connection, batch_id, client_id)
            if found.state is BatchState.CANCELLED:
                return found
            _demand_running(found)
            _change(connection, batch_id, paused_at=None, cancelled_at=now)
            cancelled = connection.execute(
                update(batch_line)
                .where(
                    batch_line.c.batch_id == batch_id,
                    batch_line.c.state == LineState.WAITING,
                    batch_line.c.attempts == 0,
                )
                .values(state=LineState.CANCELLED, ended_at=now)
            ).rowcount
            self._record(
                connection, EventName.BATCH_CANCELLED, batch_id, client_id, lines=cancelled
            )
            return reading.batch_of(connection, batch_id, now)

    def _opened_by(
        self, connection: Connection, client_id: str, idempotency_key: str, body_sha256: bytes
    ) -> Batch | None:
        found = connection.execute(
            select(batch.c.id, batch.c.body_sha256).where(
                batch.c.client_id == client_id, batch.c.idempotency_key == idempotency_key
            )
        ).one_or_none()
        if found is None:
            return None
        if found.body_sha256 != body_sha256:
            raise Conflict("idempotency.conflict")
        return reading.batch_of(connection, found.id, self._now())

    def _lock(self, connection: Connection, batch_id: UUID, client_id: str) -> Batch:
        self._demand(connection, batch_id, client_id, locked=True)
        return reading.batch_of(connection, batch_id, self._now())

    def _demand(
        self, connection: Connection, batch_id: UUID, client_id: str, *, locked: bool = False
    ) -> None:
        wanted = select(batch.c.id).where(batch.c.id == batch_id, batch.c.client_id == client_id)
        if locked:
            wanted = wanted.with_for_update()
        if connection.execute(wanted).one_or_none() is None:
            raise NotFound("batch.not_found")

    def _record(
        self,
        connection: Connection,
        name: EventName,
        batch_id: UUID,
        client_id: str,
        **details: int,
    ) -> None:
        events.record(
            connection,
            name,
            at=self._now(),
            actor=client_id,
            subject=str(batch_id),
            details=details,
        )

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def _row(batch_id: UUID, line: NewLine, now: datetime) -> dict[str, object]:
    return {
        "batch_id": batch_id,
        "line": line.line,
        "request": line.request,
        "state": LineState.REFUSED if line.error else LineState.WAITING,
        "attempts": 0,
        "due_at": now,
        "error": line.error.code if line.error else None,
        "problems": causes.stored(line.error) if line.error else [],
        "ended_at": now if line.error else None,
    }


def _demand_running(found: Batch) -> None:
    if found.state in (BatchState.CANCELLED, BatchState.FINISHED):
        raise Conflict("batch.ended")


def _change(connection: Connection, batch_id: UUID, **values: object) -> None:
    connection.execute(update(batch).where(batch.c.id == batch_id).values(**values))
