"""Caps stored times that lie further ahead than any of them may.

A lease, a retry or a bar is written as *now* and its length. If the clock of the machine that wrote
it was ahead, it would hold for as long as that clock was wrong: after two days ahead a request was
refused for two days. Every such time is therefore capped at now and its longest length: by a round
of the workers, and where it is judged before that round comes.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, Table, Text, case, cast, column, or_, table, update
from sqlalchemy.sql.expression import TableClause

from clearance.clock import Clock
from register import archive, intents, queue
from register.batches import work as batches
from register.database import transaction
from register.staff import throttle
from register.tables.archive import archive as archive_table
from register.tables.batches import batch, batch_line
from register.tables.core import intent
from register.tables.notices import notice
from register.tables.staff import staff_attempts

_log = logging.getLogger(__name__)

_AMONG_MACHINES: Final = timedelta(seconds=10)
"""How far apart the clocks of machines may be without anybody's time being touched."""

NOTICE_DELAY: Final = timedelta(hours=4)
"""The longest pause between two deliveries of a notice (``clearance.notices.Patience``)."""


@dataclass(frozen=True, kw_only=True)
class _Capped:
    """The columns of one table, each with the longest that it may lie ahead."""

    table: Table
    longest: Mapping[str, timedelta]


_jobs: Final[TableClause] = table(
    "procrastinate_jobs", column("scheduled_at"), column("status"), column("queue_name")
)

CAPPED: Final = (
    _Capped(
        table=intent, longest={"leased_until": intents.LEASE, "resume_at": queue.LONGEST_DELAY}
    ),
    _Capped(table=batch, longest={"held_until": queue.LONGEST_DELAY}),
    _Capped(
        table=batch_line,
        longest={"leased_until": batches.LEASE, "due_at": queue.LONGEST_DELAY},
    ),
    _Capped(table=notice, longest={"due_at": NOTICE_DELAY}),
    _Capped(table=archive_table, longest={"next_at": archive.LONGEST_DELAY}),
    _Capped(table=staff_attempts, longest={"barred_until": throttle.LONGEST_BAR}),
)


def cap_future_times(engine: Engine, *, clock: Clock) -> None:
    """Cap every stored time that lies too far ahead; says in the log how many there were.

    Raises ``Unavailable("register.unavailable")``; called again, it finds nothing to do.
    """
    now = clock().astimezone(UTC)
    with transaction(engine) as connection:
        capped = {each.table.name: _cap(connection, each, now) for each in CAPPED}
        capped["jobs"] = _cap_jobs(connection, now)
    if found := {name: count for name, count in capped.items() if count}:
        _log.warning("times were stored ahead of the clock; is a machine's clock wrong? %s", found)


def _cap(connection: Connection, capped: _Capped, now: datetime) -> int:
    latest = {name: now + longest for name, longest in capped.longest.items()}
    columns = {name: capped.table.c[name] for name in latest}
    return connection.execute(
        update(capped.table)
        .where(or_(*(columns[name] > at + _AMONG_MACHINES for name, at in latest.items())))
        .values(
            # PostgreSQL's LEAST would take the cap for a time that is not there.
            {
                name: case((columns[name] > at, at), else_=columns[name])
                for name, at in latest.items()
            }
        )
    ).rowcount


def _cap_jobs(connection: Connection, now: datetime) -> int:
    """Jobs are alarm clocks of the times above; one that rings early finds nothing to do."""
    latest = case(
        {
            queue.NOTICES: now + NOTICE_DELAY,
            queue.ARCHIVE: now + archive.LONGEST_DELAY,
        },
        value=_jobs.c.queue_name,
        else_=now + queue.LONGEST_DELAY,
    )
    return connection.execute(
        update(_jobs)
        .where(
            cast(_jobs.c.status, Text) == "todo", _jobs.c.scheduled_at > latest + _AMONG_MACHINES
        )
        .values(scheduled_at=latest)
    ).rowcount
