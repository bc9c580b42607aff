"""Issuing against the one-day rule (R11). Functions over one connection.

A clearance counts on the day in Tehran on which it was issued. It is late if the deadline of its
collection was breached; a replacement has no deadline of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    extract,
    func,
    literal,
    select,
    tuple_,
)

from clearance.deadline import DeadlineEventKind
from clearance.identifiers import BranchCode
from clearance.jalali import day_begins
from clearance.roles import Reach
from register.reach import within
from register.supervision.records import BranchTally, DayTally, HoursBin, Tally, Timeliness
from register.tables.collections import collection, deadline_event
from register.tables.core import intent, revocation
from register.tables.directory import branch
from register.tables.supervision import clearance_search

BINS: Final = (0, 6, 12, 18, 24, 30, 36, 42, 48)
"""Where the bins of hours begin; the last one has no end."""
_ALL, _BRANCH, _DAY, _BIN = 0b111, 0b011, 0b101, 0b110
"""What PostgreSQL's ``grouping`` returns: a bit is set for each key that is not grouped by."""
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
    """Return the figures of the days from ``first_day`` to ``last_day``, both included."""
    days = [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]
    span = (day_begins(first_day), day_begins(last_day + timedelta(days=1)))
    conditions = (
        within(reach, clearance_search.c.branch_code),
        *_only(clearance_search.c.branch_code, branch_code),
        clearance_search.c.issued_at >= span[0],
        clearance_search.c.issued_at < span[1],
    )
    tallies = _tallies(connection, conditions, days)
    return Timeliness(
        first_day=first_day,
        last_day=last_day,
        total=tallies.total,
        branches=_by_branch(connection, reach, branch_code, tallies, now),
        days=tuple(
            DayTally(day=day, tally=tallies.days.get(place, NOTHING))
            for place, day in enumerate(days, 1)
        ),
        hours=tuple(_bins(tallies)),
        revocations=_revocations(connection, reach, branch_code, span),
    )


@dataclass(frozen=True, kw_only=True)
class _Tallies:
    """The tallies of one pass over the clearances."""

    total: Tally
    branches: Mapping[str, Tally]
    days: Mapping[int, Tally]
    """By the place of the day, from 1 on."""
    bins: Mapping[int, Tally]
    """By the place of the bin of hours, from 1 on."""


_BREACH = deadline_event.alias("breach")
_SOURCE: FromClause = clearance_search.outerjoin(
    collection, collection.c.number == clearance_search.c.number
).outerjoin(
    _BREACH,
    and_(
        _BREACH.c.collection_id == collection.c.id,
        _BREACH.c.kind == DeadlineEventKind.BREACHED.value,
    ),
)
_HOURS = extract("epoch", clearance_search.c.issued_at - collection.c.collected_at) / 3600.0


def _tallies(
    connection: Connection, conditions: tuple[ColumnElement[bool], ...], days: list[date]
) -> _Tallies:
    """Tally the clearances that satisfy ``conditions``: all, by branch, by day, by hours."""
    # The days begin where our own time zone data say, not those of the database.
    beginnings = cast(literal([day_begins(day) for day in days]), ARRAY(DateTime(timezone=True)))
    bins = cast(literal([float(each) for each in BINS]), ARRAY(Numeric))
    lines = (
        select(
            clearance_search.c.branch_code.label("branch"),
            func.width_bucket(clearance_search.c.issued_at, beginnings).label("day"),
            func.width_bucket(_HOURS, bins).label("bin"),
            collection.c.id.is_not(None).label("has_clock"),
            _BREACH.c.collection_id.is_not(None).label("late"),
            _HOURS.label("hours"),
        )
        .select_from(_SOURCE)
        .where(*conditions)
        .subquery()
    )
    keys = (lines.c.branch, lines.c.day, lines.c.bin)
    found = connection.execute(
        select(
            *keys,
            func.grouping(*keys).label("which"),
            func.count().label("issued"),
            func.count().filter(lines.c.has_clock, ~lines.c.late).label("in_time"),
            func.count().filter(lines.c.late).label("late"),
            func.percentile_cont(0.5).within_group(lines.c.hours).label("median"),
            func.max(lines.c.hours).label("longest"),
        ).group_by(func.grouping_sets(tuple_(), *(tuple_(key) for key in keys)))
    ).all()
    return _Tallies(
        total=next((_tally(row) for row in found if row.which == _ALL), NOTHING),
        branches={row.branch: _tally(row) for row in found if row.which == _BRANCH},
        days={row.day: _tally(row) for row in found if row.which == _DAY},
        bins={row.bin: _tally(row) for row in found if row.which == _BIN},
    )


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
    tallies: _Tallies,
    now: datetime,
) -> tuple[BranchTally, ...]:
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
            tally=tallies.branches.get(row.code, NOTHING),
            overdue=overdue.get(row.code, 0),
        )
        for row in branches
    )


def _bins(tallies: _Tallies) -> Iterator[HoursBin]:
    for place, low in enumerate(BINS, 1):
        high = BINS[place] if place < len(BINS) else None
        tally = tallies.bins.get(place, NOTHING)
        yield HoursBin(low=low, high=high, in_time=tally.in_time, late=tally.late)


def _revocations(
    connection: Connection,
    reach: Reach,
    branch_code: BranchCode | None,
    span: tuple[datetime, datetime],
) -> Mapping[str, int]:
    found = connection.execute(
        select(revocation.c.reason, func.count())
        .join(intent, intent.c.number == revocation.c.number)
        .where(
            revocation.c.at >= span[0],
            revocation.c.at < span[1],
            within(reach, intent.c.branch_code),
            *_only(intent.c.branch_code, branch_code),
        )
        .group_by(revocation.c.reason)
    )
    return dict(found.all())


def _only(
    column: ColumnElement[str], branch_code: BranchCode | None
) -> tuple[ColumnElement[bool], ...]:
    return () if branch_code is None else (column == branch_code,)
