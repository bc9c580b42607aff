"""Reading the audit trail (R15, R17). Functions over one connection.

An event belongs to the branch that its subject belongs to; the database notes that when the event
is written. What belongs to no single branch is for those alone who see the whole country.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, select, true, tuple_

from clearance.identifiers import BranchCode
from clearance.jalali import day_begins
from clearance.roles import Reach
from register.reach import within
from register.supervision.records import Event
from register.tables.core import api_client, audit_event
from register.tables.staff import staff


@dataclass(frozen=True, kw_only=True)
class TrailFilter:
    """Which events are asked for; what is empty does not narrow."""

    area: str | None = None
    """First part of the event's name, such as ``clearance``."""
    name: str | None = None
    actor: str | None = None
    subject: str | None = None
    branch: BranchCode | None = None
    first_day: date | None = None
    """Days in Tehran, both included."""
    last_day: date | None = None


def trail(
    connection: Connection, reach: Reach, asked: TrailFilter, *, before: int | None, limit: int
) -> tuple[Event, ...]:
    """Return the events within reach, the newest first; ``before`` (an id) goes on with a list."""
    wanted = (
        select(audit_event)
        .where(_visible(reach), *_conditions(asked))
        .order_by(audit_event.c.at.desc(), audit_event.c.id.desc())
    )
    if before is not None:
        at = select(audit_event.c.at).where(audit_event.c.id == before).scalar_subquery()
        wanted = wanted.where(tuple_(audit_event.c.at, audit_event.c.id) < tuple_(at, before))
    return _events(connection, connection.execute(wanted.limit(limit)).all())


def events_of(connection: Connection, subjects: Iterable[str]) -> tuple[Event, ...]:
    """Return the events about some subjects, the oldest first; the caller has judged reach."""
    found = connection.execute(
        select(audit_event)
        .where(audit_event.c.subject.in_(list(subjects)))
        .order_by(audit_event.c.at, audit_event.c.id)
    )
    return _events(connection, found.all())


def names_of(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of officers and programs by the ids that stand in the trail."""
    wanted = set(ids)
    people = connection.execute(select(staff.c.id, staff.c.full_name).where(staff.c.id.in_(wanted)))
    clients = connection.execute(
        select(api_client.c.id, api_client.c.name).where(api_client.c.id.in_(wanted))
    )
    return {**dict(clients.all()), **dict(people.all())}


def _visible(reach: Reach) -> ColumnElement[bool]:
    if reach == Reach():
        return true()
    # Compared with anything, an event of no branch is neither within nor outside, so not shown.
    return within(reach, cast("ColumnElement[str]", audit_event.c.branch_code))


def _conditions(asked: TrailFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.area is not None:
        conditions.append(audit_event.c.name.startswith(f"{asked.area}.", autoescape=True))
    for column, value in (
        (audit_event.c.name, asked.name),
        (audit_event.c.actor, asked.actor),
        (audit_event.c.subject, asked.subject),
        (audit_event.c.branch_code, asked.branch),
    ):
        if value is not None:
            conditions.append(column == value)
    if asked.first_day is not None:
        conditions.append(audit_event.c.at >= day_begins(asked.first_day))
    if asked.last_day is not None:
        conditions.append(audit_event.c.at < day_begins(asked.last_day + timedelta(days=1)))
    return conditions


def _events(connection: Connection, rows: Iterable[Row[Any]]) -> tuple[Event, ...]:
    found = tuple(rows)
    names = names_of(connection, (row.actor for row in found)) if found else {}
    return tuple(
        Event(
            id=row.id,
            at=row.at,
            name=row.name,
            actor=row.actor,
            actor_name=names.get(row.actor),
            subject=row.subject,
            branch_code=row.branch_code,
            details=row.details,
        )
        for row in found
    )
