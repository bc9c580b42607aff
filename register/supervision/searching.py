"""Finding clearances by their words, and undertakings. Functions over one connection."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Text,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from clearance.certificate import ClearanceKind
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.money import Rials
from clearance.roles import Reach
from clearance.text import match_key
from register.directory import rows
from register.reach import within
from register.records import StandingState
from register.supervision.attention import counted
from register.supervision.records import BranchName, FiledUndertaking, Found, Page
from register.supervision.words import wanted as wanted_words
from register.tables.core import clearance, revocation
from register.tables.directory import branch, inspection_undertaking, workshop
from register.tables.revocations import replacement
from register.tables.supervision import clearance_search


def branches(connection: Connection, reach: Reach) -> tuple[BranchName, ...]:
    """Return the branches within reach by province and code."""
    found = connection.execute(
        select(branch)
        .where(within(reach, branch.c.code))
        .order_by(branch.c.province, branch.c.code)
    )
    return tuple(
        BranchName(code=BranchCode(row.code), name=row.name, province=row.province) for row in found
    )


def clearances(
    connection: Connection,
    reach: Reach,
    typed: str,
    *,
    branch_code: BranchCode | None = None,
    limit: int,
    offset: int,
) -> Page[Found]:
    """Return the clearances that hold all words typed, the newest first; all, if none is typed."""
    query = wanted_words(typed)
    wanted = select(clearance_search).where(within(reach, clearance_search.c.branch_code))
    if branch_code is not None:
        wanted = wanted.where(clearance_search.c.branch_code == branch_code)
    if query is not None:
        words = cast(literal(query, Text), TSQUERY)
        wanted = wanted.where(clearance_search.c.words.op("@@")(words))
    elif typed.strip():
        return Page(rows=(), total=0)
    page = (
        wanted.order_by(clearance_search.c.issued_at.desc(), clearance_search.c.number.desc())
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    found = connection.execute(
        select(
            page,
            revocation.c.number.label("revoked"),
            replacement.c.replacement,
        )
        .outerjoin(revocation, revocation.c.number == page.c.number)
        .outerjoin(replacement, replacement.c.number == page.c.number)
        .order_by(page.c.issued_at.desc(), page.c.number.desc())
    )
    return Page(rows=tuple(map(_found, found)), total=counted(connection, wanted))


def undertakings(
    connection: Connection, reach: Reach, typed: str, *, limit: int, offset: int
) -> Page[FiledUndertaking]:
    """Return the undertakings on file (R8), the newest first; by id or contractor if typed."""
    wanted = (
        select(
            inspection_undertaking,
            branch.c.name.label("branch_name"),
            select(func.min(workshop.c.name))
            .where(workshop.c.owner_identifier == inspection_undertaking.c.contractor_identifier)
            .scalar_subquery()
            .label("contractor"),
        )
        .join(branch, branch.c.code == inspection_undertaking.c.branch_code)
        .where(within(reach, inspection_undertaking.c.branch_code))
    )
    key = match_key(typed)
    if key:
        wanted = wanted.where(
            (inspection_undertaking.c.id == typed.strip())
            | (inspection_undertaking.c.contractor_identifier == key)
        )
    found = connection.execute(
        wanted.order_by(inspection_undertaking.c.received_at.desc(), inspection_undertaking.c.id)
        .limit(limit)
        .offset(offset)
    ).all()
    used = _issued_against(connection, [row.id for row in found])
    return Page(
        rows=tuple(
            FiledUndertaking(
                undertaking=rows.undertaking_record(row),
                branch_name=row.branch_name,
                contractor=row.contractor,
                clearances=used.get(row.id, 0),
            )
            for row in found
        ),
        total=counted(connection, wanted),
    )


_against: ColumnElement[str] = literal_column(
    "certificate::jsonb #>> '{basis,undertaking_id}'", Text
)


def _issued_against(connection: Connection, ids: list[str]) -> dict[str, int]:
    """Count the clearances by the undertaking that they rest on."""
    used: dict[str, int] = {}
    for each in ids:
        query = wanted_words(each)
        if query is None:
            continue
        used[each] = connection.execute(
            select(func.count())
            .select_from(clearance_search.join(clearance))
            .where(
                clearance_search.c.words.op("@@")(cast(literal(query, Text), TSQUERY)),
                _against == each,
            )
        ).scalar_one()
    return used


def _found(row: Row[Any]) -> Found:
    state = StandingState.IN_FORCE
    if row.revoked is not None:
        state = StandingState.REVOKED if row.replacement is None else StandingState.REPLACED
    return Found(
        number=ClearanceNumber(row.number),
        key=rows.key_of(row),
        kind=ClearanceKind(row.kind),
        issued_at=row.issued_at,
        work_assigner=row.work_assigner,
        contractor=row.contractor,
        amount_collected=Rials(row.amount_collected),
        state=state,
    )
