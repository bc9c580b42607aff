"""What the workers do with the lines of a batch: take one, end it or put it back.

``take`` and what ends it are two short transactions; in between a worker issues. It holds the line
for ``lease``: one whose worker was killed is taken by another after that, and the idempotency key
of the line makes both attempts lead to one clearance. Whoever held it before changes nothing any
more. Every method raises ``Unavailable("register.unavailable")`` if the database does not answer;
the end of the lease then leads on.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, func, or_, select, update

from clearance.clock import Clock
from clearance.errors import MohrError
from clearance.identifiers import ClearanceNumber
from register import database, queue
from register.batches import causes, lanes
from register.batches.records import LineState, TakenLine
from register.tables.batches import batch, batch_line

LEASE: Final = timedelta(seconds=90)
"""Longer than the lease of a number, so that a line taken again finds its number free."""

_MAY_BEGIN = batch.c.paused_at.is_(None) & batch.c.cancelled_at.is_(None)
_HAS_BEGUN = batch_line.c.attempts > 0
_WAITS = batch_line.c.state == LineState.WAITING


class BatchLines:
    """The workers' side of the batches."""

    def __init__(self, engine: Engine, *, clock: Clock, lease: timedelta = LEASE) -> None:
        self._engine = engine
        self._clock = clock
        self._lease = lease

    def take(self, batch_id: UUID, lane: int) -> TakenLine | None:
        """Take the next line of a batch into a lane; None if there is none to be taken now.

        First what has begun and waits, so that an outage leaves few numbers open; then, unless the
        batch is paused or cancelled, the next that has not begun. No two workers get the same one,
        and none waits for another. If lines become due later, the lane opens again then.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            found = connection.execute(select(batch).where(batch.c.id == batch_id)).one_or_none()
            if found is None:
                return None
            if found.held_until is None or found.held_until <= now:
                line = _next(connection, found, now)
                if line is not None:
                    return self._lease_to_worker(connection, found, line, lane, now)
            later = _due_later(connection, found)
            if later is not None:
                lanes.open_lane(connection, batch_id, lane, at=max(later, found.held_until or now))
            return None

    def end(
        self,
        taken: TakenLine,
        state: LineState,
        *,
        number: ClearanceNumber | None = None,
        error: MohrError | None = None,
    ) -> bool:
        """Record how a line ended (issued, refused or failed) and open its lane again.

        An issued one lets a held batch go on at once: the parts answer. False, and nothing changes,
        if the worker no longer held the line.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            held = _release(
                connection,
                taken,
                state=state,
                error=error.code if error else None,
                problems=causes.stored(error) if error else [],
                ended_at=now,
                **({} if number is None else {"number": number}),
            )
            if held and state is LineState.ISSUED:
                connection.execute(
                    update(batch)
                    .where(batch.c.id == taken.batch_id, batch.c.outages > 0)
                    .values(outages=0, held_until=None, held_for=None)
                )
            lanes.open_lane(connection, taken.batch_id, taken.lane)
        return held

    def put_back(
        self,
        taken: TakenLine,
        error: str,
        *,
        number: ClearanceNumber | None = None,
        after: timedelta | None = None,
    ) -> bool:
        """Let a line wait again: for ``after``, or (without it) for a part that is away.

        The latter holds the whole batch, the longer the more attempts in a row met an outage: what
        is away for one line is away for the next, and each would take a number for nothing. False,
        and nothing changes, if the worker no longer held the line.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            held = _release(
                connection,
                taken,
                state=LineState.WAITING,
                error=error,
                problems=[],
                due_at=now + (after or timedelta()),
                **({} if number is None else {"number": number}),
            )
            if held and after is None:
                _hold(connection, taken.batch_id, error, now)
            lanes.open_lane(connection, taken.batch_id, taken.lane)
        return held

    def set_lost_jobs(self) -> None:
        """Have workers go on with what a killed process left behind, once its lease is over."""
        now = self._now()
        with database.transaction(self._engine) as connection:
            connection.execute(
                update(batch_line)
                .where(batch_line.c.leased_until <= now)
                .values(state=LineState.WAITING, leased_until=None, due_at=now)
            )
            waiting = connection.execute(
                select(batch.c.id, batch.c.held_until, func.count().label("lines"))
                .join(batch_line, batch_line.c.batch_id == batch.c.id)
                .where(_WAITS, or_(_HAS_BEGUN, _MAY_BEGIN))
                .group_by(batch.c.id)
                .order_by(batch.c.id)
            ).all()
            for each in waiting:
                lanes.open_lanes(connection, each.id, lines=each.lines, at=each.held_until)

    def _lease_to_worker(
        self,
        connection: Connection,
        found: Row[*tuple[Any, ...]],
        line: int,
        lane: int,
        now: datetime,
    ) -> TakenLine:
        row = connection.execute(
            update(batch_line)
            .where(batch_line.c.batch_id == found.id, batch_line.c.line == line)
            .values(
                state=LineState.WORKING,
                attempts=batch_line.c.attempts + 1,
                leased_until=now + self._lease,
            )
            .returning(batch_line.c.attempts, batch_line.c.request)
        ).one()
        return TakenLine(
            batch_id=found.id,
            line=line,
            attempt=row.attempts,
            lane=lane,
            client_id=found.client_id,
            request=row.request,
        )

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def _next(connection: Connection, found: Row[*tuple[Any, ...]], now: datetime) -> int | None:
    begun = _waiting(found.id).where(_HAS_BEGUN, batch_line.c.due_at <= now)
    line = _first(connection, begun)
    if line is None and found.paused_at is None and found.cancelled_at is None:
        line = _first(connection, _waiting(found.id).where(batch_line.c.attempts == 0))
    return line


def _waiting(batch_id: UUID) -> Select[int]:
    return select(batch_line.c.line).where(batch_line.c.batch_id == batch_id, _WAITS)


def _first(connection: Connection, wanted: Select[int]) -> int | None:
    return connection.execute(
        wanted.order_by(batch_line.c.line).limit(1).with_for_update(skip_locked=True)
    ).scalar_one_or_none()


def _due_later(connection: Connection, found: Row[*tuple[Any, ...]]) -> datetime | None:
    """Return when a line of the batch can be taken next; None if only by what others do."""
    may_begin = found.paused_at is None and found.cancelled_at is None
    later: datetime | None = connection.execute(
        select(func.min(batch_line.c.due_at)).where(
            batch_line.c.batch_id == found.id, _WAITS, *(() if may_begin else (_HAS_BEGUN,))
        )
    ).scalar_one()
    return later


def _release(connection: Connection, taken: TakenLine, **values: object) -> bool:
    return (
        connection.execute(
            update(batch_line)
            .where(
                batch_line.c.batch_id == taken.batch_id,
                batch_line.c.line == taken.line,
                batch_line.c.attempts == taken.attempt,
                batch_line.c.state == LineState.WORKING,
            )
            .values(leased_until=None, **values)
        ).rowcount
        == 1
    )


def _hold(connection: Connection, batch_id: UUID, error: str, now: datetime) -> None:
    outages = connection.execute(
        select(batch.c.outages)
        .where(batch.c.id == batch_id, func.coalesce(batch.c.held_until, now) <= now)
        .with_for_update()
    ).scalar_one_or_none()
    # Another worker that met the same outage may have held it already.
    if outages is None:
        return
    connection.execute(
        update(batch)
        .where(batch.c.id == batch_id)
        .values(outages=outages + 1, held_until=now + queue.delay(outages + 1), held_for=error)
    )
