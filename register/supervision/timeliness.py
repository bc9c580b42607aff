"""Issuing against the one-day rule (R11). Functions over one connection.

A clearance counts on the day in Tehran on which it was issued. It is late if the deadline of its
collection was breached; a replacement has no deadline of its own.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    DateTime,
    FromClause,
    Numeric,
    Row,
    and_,
    cast,
    exists,
    extract,
    func,
    literal,
    select,
)

from clearance.identifiers import BranchCode
from clearance.jalali import day_begins
from clearance.roles import Reach
from register.collections.deadlines import Kind
from register.reach import within
from register.supervision.records import BranchTally, DayTally, HoursBin, Tally, Timeliness
from register.tables.collections import collection, deadline_event
from register.tables.core import intent, withdrawal
from register.tables.directory import branch
from register.tables.supervision import clearance_search

BINS: Final = (0, 6, 12, 18, 24, 30, 36, 42, 48)
"""Where the bins of hours begin; the last one has no end."""
NOTHING: Final = Tally(issued=0, in_time=0, late=0, median_hours=None, longest_hours=None)


def timeliness(
    connection: Connection,
    reach: Reach,
    *,
    branch_code: BranchCode | None,
    first_day: date,
    last_day: date,
    now: datetime,
) -> Timeliness:
    """Answer the figures of the days from ``first_day`` to ``last_day``, both included."""
    days = [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]
    span = (day_begins(first_day), day_begins(last_day + timedelta(days=1)))
    conditions = (
        within(reach, clearance_search.c.branch_code),
        *_only(clearance_search.c.branch_code, branch_code),
        clearance_search.c.issued_at >= span[0],
        clearance_search.c.issued_at < span[1],
    )
    return Timeliness(
        first_day=first_day,
        last_day=last_day,
        total=_tallies(connection, conditions, literal(0)).get(0, NOTHING),
        branches=_by_branch(connection, reach, branch_code, conditions, now),
        days=tuple(_by_day(connection, conditions, days)),
        hours=tuple(_by_hours(connection, conditions)),
        revocations=_revocations(connection, reach, branch_code, span),
    )


_BREACHED = exists().where(
    deadline_event.c.collection_id == collection.c.id,
    deadline_event.c.kind == Kind.BREACHED.value,
)
_SOURCE: FromClause = clearance_search.outerjoin(
    collection, collection.c.number == clearance_search.c.number
)
_HAS_CLOCK = collection.c.id.is_not(None)
_HOURS = extract("epoch", clearance_search.c.issued_at - collection.c.collected_at) / 3600.0


def _tallies(
    connection: Connection, conditions: tuple[ColumnElement[bool], ...], by: ColumnElement[Any]
) -> dict[Any, Tally]:
    """Tally the clearances that satisfy ``conditions`` by a key."""
    lines = (
        select(
            by.label("key"),
            _HAS_CLOCK.label("has_clock"),
            and_(_HAS_CLOCK, _BREACHED).label("late"),
            _HOURS.label("hours"),
        )
        .select_from(_SOURCE)
        .where(*conditions)
        .subquery()
    )
    found = connection.execute(
        select(
            lines.c.key,
            func.count().label("issued"),
            func.count().filter(lines.c.has_clock, ~lines.c.late).label("in_time"),
            func.count().filter(lines.c.late).label("late"),
            func.percentile_cont(0.5).within_group(lines.c.hours).label("median"),
            func.max(lines.c.hours).label("longest"),
        ).group_by(lines.c.key)
    )
    return {row.key: _tally(row) for row in found}


def _tally(row: Row[Any]) -> Tally:
    return Tally(
        issued=row.issued,
        in_time=row.in_time,
        late=row.late,
        median_hours=None if row.median is None else float(row.median),
        longest_hours=None if row.longest is None else float(row.longest),
    )


def _by_branch(
    connection: Connection,
    reach: Reach,
    branch_code: BranchCode | None,
    conditions: tuple[ColumnElement[bool], ...],
    now: datetime,
) -> tuple[BranchTally, ...]:
    tallies = _tallies(connection, conditions, clearance_search.c.branch_code)
    overdue: dict[str, int] = dict(
        connection.execute(
            select(collection.c.branch_code, func.count())
            .where(
                collection.c.number.is_(None),
                collection.c.warn_at <= now,
                collection.c.due_at <= now - timedelta(seconds=1),
                within(reach, collection.c.branch_code),
            )
            .group_by(collection.c.branch_code)
        ).all()
    )
    branches = connection.execute(
        select(branch)
        .where(within(reach, branch.c.code), *_only(branch.c.code, branch_code))
        .order_by(branch.c.province, branch.c.code)
    )
    return tuple(
        BranchTally(
            code=BranchCode(row.code),
            name=row.name,
            province=row.province,
            tally=tallies.get(row.code, NOTHING),
            overdue=overdue.get(row.code, 0),
        )
        for row in branches
    )


def _by_day(
    connection: Connection, conditions: tuple[ColumnElement[bool], ...], days: list[date]
) -> Iterator[DayTally]:
    # The days begin where our own time zone data say, not those of the database.
    beginnings = cast(literal([day_begins(day) for day in days]), ARRAY(DateTime(timezone=True)))
    place = func.width_bucket(clearance_search.c.issued_at, beginnings)
    tallies = _tallies(connection, conditions, place)
    for number, day in enumerate(days, 1):
        yield DayTally(day=day, tally=tallies.get(number, NOTHING))


def _by_hours(
    connection: Connection, conditions: tuple[ColumnElement[bool], ...]
) -> Iterator[HoursBin]:
    place = func.width_bucket(_HOURS, cast(literal([float(each) for each in BINS]), ARRAY(Numeric)))
    tallies = _tallies(connection, (*conditions, _HAS_CLOCK), place)
    for number, low in enumerate(BINS, 1):
        high = BINS[number] if number < len(BINS) else None
        tally = tallies.get(number, NOTHING)
        yield HoursBin(low=low, high=high, in_time=tally.in_time, late=tally.late)


def _revocations(
    connection: Connection,
    reach: Reach,
    branch_code: BranchCode | None,
    span: tuple[datetime, datetime],
) -> Mapping[str, int]:
    found = connection.execute(
        select(withdrawal.c.reason, func.count())
        .join(intent, intent.c.number == withdrawal.c.number)
        .where(
            withdrawal.c.at >= span[0],
            withdrawal.c.at < span[1],
            within(reach, intent.c.branch_code),
            *_only(intent.c.branch_code, branch_code),
        )
        .group_by(withdrawal.c.reason)
    )
    return dict(found.all())


def _only(
    column: ColumnElement[str], branch_code: BranchCode | None
) -> tuple[ColumnElement[bool], ...]:
    return () if branch_code is None else (column == branch_code,)
