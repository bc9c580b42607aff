"""The watch over running clocks (R11), and the breaches that it leaves on record.

At 80 % of the time a warning is raised, at its end a breach, each once. A breach stays for good,
also when the clearance is issued after all, revoked or replaced.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert as upsert

from clearance.clock import Clock, format_moment
from clearance.deadline import DeadlineEventKind
from clearance.directory import ContractRowKey
from clearance.identifiers import BranchCode, ClearanceNumber, ContractRow, ContractSequence
from clearance.jalali import day_begins
from clearance.roles import Reach
from register import events
from register.database import transaction
from register.events import EventName
from register.reach import within
from register.tables.collections import collection, deadline_event

AT_ONCE: Final = 500
"""Collections that one transaction of the watch looks at."""

WATCH: Final = "deadline-watch"
"""The actor of what no person did."""


_EVENTS = {
    DeadlineEventKind.WARNING: EventName.DEADLINE_WARNING,
    DeadlineEventKind.BREACHED: EventName.DEADLINE_BREACHED,
}


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One breach of the deadline; moments in UTC."""

    collection_id: str
    key: ContractRowKey
    collected_at: datetime
    due_at: datetime
    raised_at: datetime
    """When the register noticed: later than ``due_at`` after an outage of its own."""
    number: ClearanceNumber | None
    """The clearance that ended it; ``None`` while it is open."""
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page of breaches ended: the next one goes on behind it."""

    due_at: datetime
    collection_id: str


@dataclass(frozen=True, kw_only=True)
class OpenCounts:
    """How many clocks run."""

    open: int
    """Collections without their clearance, overdue ones included."""
    overdue: int
    """Those of them whose deadline has passed."""


class Deadlines:
    """The clocks of one database; safe to use from several processes and machines at once.

    Every method raises ``Unavailable("register.unavailable")`` if the database does not answer.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def watch(self) -> None:
        """Raise every warning and breach that is due by now and not raised yet.

        What came to pass while no watch was kept is raised now, dated when it came to pass. To be
        called again and again; two at once share the work.
        """
        for kind in DeadlineEventKind:
            while self._raise_some(kind) == AT_ONCE:
                pass

    def breaches(
        self,
        reach: Reach,
        *,
        branch: BranchCode | None = None,
        is_open: bool | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        after: Place | None = None,
        limit: int,
    ) -> tuple[Breach, ...]:
        """Return the breaches within ``reach``, oldest first.

        ``first_day`` and ``last_day`` are days in Tehran that deadlines passed on. ``after`` is the
        place where the page before ended.
        """
        due, key = deadline_event.c.at, collection.c.id
        conditions: list[ColumnElement[bool]] = [
            deadline_event.c.kind == DeadlineEventKind.BREACHED.value,
            within(reach, collection.c.branch_code),
            true() if branch is None else collection.c.branch_code == branch,
            true() if is_open is None else collection.c.number.is_(None) == is_open,
            true() if first_day is None else due >= day_begins(first_day),
            true() if last_day is None else due < day_begins(last_day + timedelta(days=1)),
        ]
        if after is not None:
            conditions.append(
                or_(due > after.due_at, and_(due == after.due_at, key > after.collection_id))
            )
        with transaction(self._engine) as connection:
            rows = connection.execute(
                select(collection, deadline_event.c.raised_at)
                .join(deadline_event, deadline_event.c.collection_id == key)
                .where(*conditions)
                .order_by(due, key)
                .limit(limit)
            ).all()
        return tuple(map(_breach, rows))

    def counts(self) -> OpenCounts:
        """Count the clocks that run."""
        now = self._now()
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(func.count(), func.count().filter(collection.c.due_at < now)).where(
                    collection.c.number.is_(None)
                )
            ).one()
        return OpenCounts(open=row[0], overdue=row[1])

    def _raise_some(self, kind: DeadlineEventKind) -> int:
        now = self._now()
        reached = collection.c.warn_at <= now
        if kind is DeadlineEventKind.BREACHED:
            # The due second itself is still in time. The condition on warn_at is for the index.
            reached &= collection.c.due_at <= now - timedelta(seconds=1)
        raised = exists().where(
            deadline_event.c.collection_id == collection.c.id, deadline_event.c.kind == kind.value
        )
        with transaction(self._engine) as connection:
            rows = connection.execute(
                select(collection)
                .where(collection.c.number.is_(None), reached, ~raised)
                .order_by(collection.c.warn_at)
                .limit(AT_ONCE)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                raise_event(connection, row, kind, now=now)
        return len(rows)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def raise_event(
    connection: Connection, row: Row[*tuple[Any, ...]], kind: DeadlineEventKind, *, now: datetime
) -> None:
    """Put a warning or breach of a locked collection on record, unless it is there already."""
    at = row.warn_at if kind is DeadlineEventKind.WARNING else row.due_at
    added = connection.execute(
        upsert(deadline_event)
        .values(collection_id=row.id, kind=kind.value, at=at, raised_at=now)
        .on_conflict_do_nothing()
        .returning(deadline_event.c.kind)
    ).one_or_none()
    if added is None:
        return
    events.record(
        connection,
        _EVENTS[kind],
        at=now,
        actor=WATCH,
        subject=row.id,
        details={
            "row": f"{row.branch_code}/{row.contract_row}/{row.contract_sequence}",
            "due_at": format_moment(row.due_at),
        },
    )


def _breach(row: Row[*tuple[Any, ...]]) -> Breach:
    return Breach(
        collection_id=row.id,
        key=ContractRowKey(
            branch_code=BranchCode(row.branch_code),
            row=ContractRow(row.contract_row),
            sequence=ContractSequence(row.contract_sequence),
        ),
        collected_at=row.collected_at,
        due_at=row.due_at,
        raised_at=row.raised_at,
        number=None if row.number is None else ClearanceNumber(row.number),
        ended_at=row.settled_at,
    )
