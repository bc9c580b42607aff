"""Minutes: drawn up, closed, and their sealed PDFs.

Functions over one connection; the caller owns the transaction and, to write, holds the ledger's
lock. Who sees which minutes follows from ``Reach``: a branch its own, a province all of its own.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, true

from clearance.errors import Conflict, NotFound
from clearance.identifiers import BranchCode
from clearance.minutes import (
    BranchPart,
    Minutes,
    MinutesKind,
    MinutesNumber,
    minutes_bytes,
    minutes_from_object,
)
from clearance.paper_form_request import MinutesDraft
from clearance.paper_forms import EMPTY, Balance, SerialRange, joined
from clearance.roles import Reach
from register.paper_forms import reading
from register.paper_forms.records import MinutesRecord
from register.paper_forms.serials import serials_of, span
from register.reach import within
from register.tables.directory import branch
from register.tables.paper_forms import (
    paper_handover,
    paper_minutes,
    paper_minutes_closing,
    paper_minutes_part,
    paper_range,
)
from register.tables.sealed import sealed_document


def visible(reach: Reach) -> ColumnElement[bool]:
    """Return the condition that minutes lie within ``reach``."""
    if reach.branch is not None:
        return paper_minutes.c.branch_code == reach.branch
    if reach.province is not None:
        return paper_minutes.c.province == reach.province
    return true()


def draw_up(
    connection: Connection,
    draft: MinutesDraft,
    reach: Reach,
    *,
    year: int,
    actor: str,
    now: datetime,
) -> MinutesNumber:
    """Draw up minutes and give them their number.

    Raises ``NotFound`` for a branch, province or minutes outside ``reach``, and ``Conflict`` with
    ``paper.already_drawn_up`` or ``paper.consolidated_not_closed``.
    """
    province = _province(connection, draft, reach)
    same = (
        (paper_minutes.c.kind == draft.kind.value)
        & (paper_minutes.c.province == province)
        & paper_minutes.c.branch_code.is_not_distinct_from(draft.branch_code)
        & paper_minutes.c.consolidated.is_not_distinct_from(draft.consolidated)
    )
    # Branch and province may have further minutes, one after the other.
    if draft.consolidated is None:
        same &= paper_minutes_closing.c.number.is_(None)
    earlier = connection.execute(
        select(paper_minutes.c.number)
        .outerjoin(paper_minutes_closing, paper_minutes_closing.c.number == paper_minutes.c.number)
        .where(same)
    ).scalar_one_or_none()
    if earlier is not None:
        raise Conflict("paper.already_drawn_up", parameters={"number": earlier})
    serial = connection.execute(
        select(func.coalesce(func.max(paper_minutes.c.serial), 0) + 1).where(
            paper_minutes.c.jalali_year == year
        )
    ).scalar_one()
    number = MinutesNumber.make(year, serial)
    connection.execute(
        insert(paper_minutes).values(
            number=number,
            jalali_year=year,
            serial=serial,
            kind=draft.kind.value,
            province=province,
            branch_code=draft.branch_code,
            consolidated=draft.consolidated,
            drawn_up_at=now,
            drawn_up_by=actor,
        )
    )
    return number


def _province(connection: Connection, draft: MinutesDraft, reach: Reach) -> str:
    """Return the province that new minutes belong to."""
    if draft.consolidated is not None:
        about = find(connection, draft.consolidated, reach)
        if about is None or about.kind is not MinutesKind.CONSOLIDATED:
            raise NotFound("paper.minutes_not_found", field="/consolidated")
        if about.content is None:
            raise Conflict("paper.consolidated_not_closed", field="/consolidated")
        return about.province
    chosen = (
        branch.c.province == draft.province
        if draft.branch_code is None
        else branch.c.code == draft.branch_code
    )
    found = connection.execute(
        select(branch.c.province).where(chosen, within(reach, branch.c.code)).limit(1)
    ).scalar_one_or_none()
    # A branch's officer does not speak for the province.
    if found is None or (draft.branch_code is None and reach.branch is not None):
        raise NotFound("paper.branch_unknown")
    return found


def close(connection: Connection, content: Minutes, *, actor: str, now: datetime) -> None:
    """Freeze what minutes say, and what they hand over or bring together."""
    written = minutes_bytes(content)
    connection.execute(
        insert(paper_minutes_closing).values(
            number=content.number,
            content=written.decode(),
            content_hash=func.sha256(written),
            closed_at=now,
            closed_by=actor,
        )
    )
    if content.kind is MinutesKind.BRANCH and content.unused:
        connection.execute(
            insert(paper_handover),
            [{"minutes": content.number, "serials": span(each)} for each in content.unused],
        )
    if content.kind is MinutesKind.CONSOLIDATED:
        connection.execute(
            insert(paper_minutes_part),
            [{"part": each.number, "consolidated": content.number} for each in content.parts],
        )


def uncollected(connection: Connection, province: str) -> tuple[BranchPart, ...]:
    """Return the closed branch minutes of a province that no consolidated ones bring together."""
    rows = connection.execute(
        _RECORDS.outerjoin(
            paper_minutes_part, paper_minutes_part.c.part == paper_minutes.c.number
        ).where(
            paper_minutes.c.province == province,
            paper_minutes.c.kind == MinutesKind.BRANCH.value,
            paper_minutes_closing.c.number.is_not(None),
            paper_minutes_part.c.part.is_(None),
        )
    )
    contents = sorted((_content(row) for row in rows), key=lambda each: each.number)
    return tuple(_part(each) for each in contents)


def _part(content: Minutes) -> BranchPart:
    if content.branch_code is None or content.branch_name is None:
        raise ValueError("branch minutes without a branch")
    return BranchPart(
        number=content.number,
        branch_code=content.branch_code,
        branch_name=content.branch_name,
        closed_at=content.closed_at,
        unused=sum(each.count for each in content.unused),
    )


def branches_with_closed(connection: Connection) -> frozenset[str]:
    """Return the codes of the branches that have closed minutes."""
    codes = connection.execute(
        select(paper_minutes.c.branch_code)
        .join(paper_minutes_closing, paper_minutes_closing.c.number == paper_minutes.c.number)
        .where(paper_minutes.c.branch_code.is_not(None))
        .distinct()
    ).scalars()
    return frozenset(code for code in codes if code is not None)


def handed_over(connection: Connection, parts: Iterable[BranchPart]) -> tuple[SerialRange, ...]:
    """Return the serials that branch minutes hand over together."""
    found = connection.execute(
        select(paper_handover.c.serials).where(
            paper_handover.c.minutes.in_([each.number for each in parts])
        )
    ).scalars()
    return joined(map(serials_of, found))


_RECORDS = (
    select(
        paper_minutes,
        paper_minutes_closing.c.content,
        paper_minutes_closing.c.closed_by,
        sealed_document.c.sha256,
    )
    .outerjoin(paper_minutes_closing, paper_minutes_closing.c.number == paper_minutes.c.number)
    .outerjoin(
        sealed_document,
        (sealed_document.c.number == paper_minutes.c.number) & (sealed_document.c.revision == 0),
    )
)


def find(connection: Connection, number: MinutesNumber, reach: Reach) -> MinutesRecord | None:
    """Return minutes within ``reach``."""
    found = records(connection, visible(reach) & (paper_minutes.c.number == number))
    return found[0] if found else None


def records(connection: Connection, condition: ColumnElement[bool]) -> tuple[MinutesRecord, ...]:
    """Return the minutes that satisfy a condition, by number."""
    rows = connection.execute(_RECORDS.where(condition).order_by(paper_minutes.c.number)).all()
    return tuple(_record(connection, row) for row in rows)


def _record(connection: Connection, row: Row[*tuple[Any, ...]]) -> MinutesRecord:
    content = None if row.content is None else _content(row)
    return MinutesRecord(
        number=MinutesNumber(row.number),
        kind=MinutesKind(row.kind),
        province=row.province,
        branch_code=None if row.branch_code is None else BranchCode(row.branch_code),
        consolidated=None if row.consolidated is None else MinutesNumber(row.consolidated),
        drawn_up_at=row.drawn_up_at,
        drawn_up_by=row.drawn_up_by,
        balance=_balance_now(connection, row) if content is None else content.balance,
        content=content,
        closed_by=row.closed_by,
        document_sha256=row.sha256,
    )


def _balance_now(connection: Connection, row: Row[*tuple[Any, ...]]) -> Balance:
    condition = (
        branch.c.province == row.province
        if row.branch_code is None
        else paper_range.c.branch_code == row.branch_code
    )
    return sum((each.balance for each in reading.balances(connection, condition)), EMPTY)


def _content(row: Row[*tuple[Any, ...]]) -> Minutes:
    return minutes_from_object(json.loads(row.content))


def unsealed(connection: Connection) -> tuple[MinutesNumber, ...]:
    """Return the closed minutes that have no sealed PDF yet."""
    found = connection.execute(
        select(paper_minutes_closing.c.number)
        .outerjoin(sealed_document, sealed_document.c.number == paper_minutes_closing.c.number)
        .where(sealed_document.c.number.is_(None))
        .order_by(paper_minutes_closing.c.closed_at)
        .limit(1000)
    ).scalars()
    return tuple(map(MinutesNumber, found))
