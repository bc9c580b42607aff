"""What needs attention first, and the lists behind the counts.

Functions over one connection; the caller owns the transaction.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from clearance.directory import ContractRowKey, ReviewOutcome, RowState
from clearance.identifiers import BranchCode, ClearanceNumber, ContractRow, ContractSequence
from clearance.money import Rials
from clearance.notices import Notice
from clearance.roles import Officer, Reach
from register.directory.reconciliation import Finding
from register.notices import notice_of
from register.reach import within
from register.supervision.records import (
    Attention,
    Awaited,
    OpenCollection,
    Page,
    WaitingRequest,
)
from register.tables.collections import collection
from register.tables.core import clearance, intent
from register.tables.directory import branch, contract_row, contract_row_review
from register.tables.notices import notice
from register.tables.revocations import revocation_decision, revocation_request

MOST_COUNTED: Final = 10_000
"""Lists are counted up to here."""


def attention(connection: Connection, officer: Officer, now: datetime) -> Attention:
    """Count what is to be done within an officer's reach."""
    reach = officer.reach
    clocks = connection.execute(
        select(
            func.count().filter(_is_overdue(now)).label("overdue"),
            func.count().filter(~_is_overdue(now)).label("due_soon"),
        )
        .select_from(collection)
        .where(*_open(reach, now))
    ).one()
    given = connection.execute(
        select(
            func.count().filter(_WORKER).label("waiting"),
            func.count().filter(~_WORKER).label("stuck"),
        )
        .select_from(_GIVEN)
        .where(_UNISSUED, within(reach, intent.c.branch_code))
    ).one()
    asked = connection.execute(
        select(
            func.count().filter(revocation_request.c.requested_by != officer.id).label("others"),
            func.count().filter(revocation_request.c.requested_by == officer.id).label("own"),
        )
        .select_from(_REQUESTS)
        .where(revocation_decision.c.request_id.is_(None), within(reach, intent.c.branch_code))
    ).one()
    told = connection.execute(
        select(
            func.count().filter(notice.c.gave_up_at.is_(None)).label("undelivered"),
            func.count().filter(notice.c.gave_up_at.is_not(None)).label("dead"),
        ).where(notice.c.delivered_at.is_(None), within(reach, notice.c.branch_code))
    ).one()
    return Attention(
        overdue=clocks.overdue,
        due_soon=clocks.due_soon,
        waiting=given.waiting,
        stuck=given.stuck,
        to_confirm=asked.others,
        own_requests=asked.own,
        undelivered=told.undelivered,
        dead=told.dead,
        **_rows_to_review(connection, reach),
    )


def open_collections(
    connection: Connection, reach: Reach, now: datetime, *, overdue: bool, limit: int, offset: int
) -> Page[OpenCollection]:
    """Return the collections without a clearance: overdue ones, or those that will be soon."""
    condition = _is_overdue(now) if overdue else ~_is_overdue(now)
    wanted = (
        select(collection, branch.c.name.label("branch_name"))
        .join(branch, branch.c.code == collection.c.branch_code)
        .where(condition, *_open(reach, now))
    )
    rows = connection.execute(
        wanted.order_by(collection.c.due_at, collection.c.id).limit(limit).offset(offset)
    )
    return Page(
        rows=tuple(_collection(row, overdue=overdue) for row in rows),
        total=counted(connection, wanted),
    )


def waiting_requests(
    connection: Connection, reach: Reach, awaits: Awaited, *, limit: int, offset: int
) -> Page[WaitingRequest]:
    """Return the numbers that are given and not issued, the oldest first."""
    wanted = (
        select(intent, branch.c.name.label("branch_name"))
        .select_from(_GIVEN)
        .outerjoin(branch, branch.c.code == intent.c.branch_code)
        .where(
            _UNISSUED,
            _WORKER if awaits is Awaited.WORKER else ~_WORKER,
            within(reach, intent.c.branch_code),
        )
    )
    rows = connection.execute(
        wanted.order_by(intent.c.prepared_at, intent.c.number).limit(limit).offset(offset)
    )
    return Page(
        rows=tuple(_waiting(row, awaits) for row in rows), total=counted(connection, wanted)
    )


def undelivered(
    connection: Connection, reach: Reach, *, dead: bool, limit: int, offset: int
) -> Page[Notice]:
    """Return the notices that were given up, or those still tried, the oldest first."""
    wanted = select(notice).where(
        notice.c.delivered_at.is_(None),
        notice.c.gave_up_at.is_not(None) == dead,
        within(reach, notice.c.branch_code),
    )
    rows = connection.execute(
        wanted.order_by(notice.c.opened_at, notice.c.id).limit(limit).offset(offset)
    )
    return Page(rows=tuple(map(notice_of, rows)), total=counted(connection, wanted))


def counted(connection: Connection, wanted: Select[Any]) -> int:
    """Return how many rows a query has, at most ``MOST_COUNTED``."""
    some = wanted.with_only_columns(1, maintain_column_froms=True).limit(MOST_COUNTED)
    return connection.execute(select(func.count()).select_from(some.subquery())).scalar_one()


_GIVEN = intent.outerjoin(clearance, clearance.c.number == intent.c.number)
# The first condition is that of an index; the second is the truth.
_UNISSUED = and_(
    or_(
        intent.c.attempt_id.is_not(None),
        intent.c.resume_at.is_not(None),
        intent.c.last_error.is_not(None),
    ),
    clearance.c.number.is_(None),
)
_WORKER = or_(intent.c.attempt_id.is_not(None), intent.c.resume_at.is_not(None))
_REQUESTS = revocation_request.join(
    intent, intent.c.number == revocation_request.c.number
).outerjoin(revocation_decision, revocation_decision.c.request_id == revocation_request.c.id)


def _open(reach: Reach, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        collection.c.number.is_(None),
        collection.c.warn_at <= now,
        within(reach, collection.c.branch_code),
    )


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    # The due second itself is still in time.
    return collection.c.due_at <= now - timedelta(seconds=1)


def _rows_to_review(connection: Connection, reach: Reach) -> dict[str, int]:
    """Count active rows by finding, through one pass over the reviews."""
    key = ("branch_code", "contract_row", "contract_sequence")
    newest = (
        select(contract_row_review)
        .ext(distinct_on(*(contract_row_review.c[name] for name in key)))
        .where(within(reach, contract_row_review.c.branch_code))
        .order_by(*(contract_row_review.c[name] for name in key), contract_row_review.c.id.desc())
        .subquery()
    )
    counts = (newest.c.row_version == contract_row.c.version) & newest.c.outcome.is_not(None)
    standing = case((counts, newest.c.outcome), else_=Finding.UNREVIEWED.value)
    found = connection.execute(
        select(standing.label("standing"), func.count().label("rows"))
        .select_from(
            contract_row.outerjoin(
                newest, and_(*(newest.c[name] == contract_row.c[name] for name in key))
            )
        )
        .where(
            contract_row.c.state == RowState.ACTIVE.value,
            within(reach, contract_row.c.branch_code),
        )
        .group_by(standing)
    )
    tally = {row.standing: row.rows for row in found if row.standing != ReviewOutcome.MATCHING}
    return {each.value: tally.get(each.value, 0) for each in Finding}


def _collection(row: Row[Any], *, overdue: bool) -> OpenCollection:
    return OpenCollection(
        id=row.id,
        key=ContractRowKey(
            branch_code=BranchCode(row.branch_code),
            row=ContractRow(row.contract_row),
            sequence=ContractSequence(row.contract_sequence),
        ),
        branch_name=row.branch_name,
        amount=Rials(row.amount),
        collected_at=row.collected_at,
        due_at=row.due_at,
        overdue=overdue,
    )


def _waiting(row: Row[Any], awaits: Awaited) -> WaitingRequest:
    return WaitingRequest(
        number=ClearanceNumber(row.number),
        branch_name=row.branch_name or row.branch_code,
        prepared_at=row.prepared_at,
        attempts=row.attempts,
        awaits=awaits,
        last_error=row.last_error,
        resume_at=row.resume_at,
    )
