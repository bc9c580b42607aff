"""Giving serials to branches, and recording what became of them.

Functions over one connection; the caller owns the transaction and holds the ledger's lock.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, text
from sqlalchemy.dialects.postgresql import Range

from clearance.errors import Conflict, InvalidValue, NotFound
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.paper_forms import (
    FormEntry,
    FormSerial,
    Segment,
    SerialRange,
    SerialState,
    enter,
)
from register.tables.core import clearance, revocation
from register.tables.paper_forms import paper_entry, paper_handover, paper_range, paper_segment

_LOCK = 0x46223232
"""Key of the advisory lock of whoever writes the ledger: its transactions are short and few."""


def lock(connection: Connection) -> None:
    """Let one transaction at a time write the ledger, and count what others have written."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def span(serials: SerialRange) -> Range[int]:
    """Return serials as the database keeps them, the end excluded."""
    return Range(int(serials.first), serials.last + 1)


def serials_of(kept: Range[int]) -> SerialRange:
    """Return what the database keeps as serials."""
    if kept.lower is None or kept.upper is None:
        raise ValueError("a range without end")
    return SerialRange(first=FormSerial(kept.lower), last=FormSerial(kept.upper - 1))


def allot(
    connection: Connection, serials: SerialRange, code: BranchCode, *, actor: str, now: datetime
) -> None:
    """Give serials to a branch; raise ``Conflict("paper.overlap")`` if one was given before."""
    taken = connection.execute(
        select(paper_range.c.branch_code, paper_range.c.serials)
        .where(paper_range.c.serials.overlaps(span(serials)))
        .order_by(paper_range.c.serials)
        .limit(1)
    ).one_or_none()
    if taken is not None:
        held = serials_of(taken.serials)
        raise Conflict("paper.overlap", parameters=_ends(held))
    range_id = connection.execute(
        insert(paper_range)
        .values(branch_code=code, serials=span(serials), allotted_at=now, allotted_by=actor)
        .returning(paper_range.c.id)
    ).scalar_one()
    connection.execute(
        insert(paper_segment).values(
            range_id=range_id, serials=span(serials), state=SerialState.ALLOTTED.value
        )
    )


def record(
    connection: Connection,
    entry: FormEntry,
    visible: ColumnElement[bool],
    *,
    actor: str,
    now: datetime,
) -> BranchCode:
    """Record the state of serials of one branch, and answer which branch.

    Raises ``NotFound("paper.not_allotted")`` unless all of them were allotted to one branch that
    is ``visible``, ``Conflict`` with ``paper.handed_over`` or ``paper.transition``, and
    ``InvalidValue`` with ``paper.clearance_unknown`` or ``paper.clearance_not_in_force``.
    """
    touched = connection.execute(
        select(paper_segment, paper_range.c.branch_code)
        .join(paper_range, paper_range.c.id == paper_segment.c.range_id)
        .where(paper_segment.c.serials.overlaps(span(entry.serials)), visible)
    ).all()
    codes = {row.branch_code for row in touched}
    held = sum(_common(serials_of(row.serials), entry.serials) for row in touched)
    if len(codes) != 1 or held != entry.serials.count:
        raise NotFound("paper.not_allotted", parameters=_ends(entry.serials))
    code = BranchCode(codes.pop())
    _check_not_handed_over(connection, entry.serials)
    if entry.clearance is not None:
        _check_clearance(connection, entry.clearance, code)
    entry_id = connection.execute(
        insert(paper_entry)
        .values(
            serials=span(entry.serials),
            state=entry.state.value,
            hologram_first=None if entry.hologram is None else int(entry.hologram),
            clearance=entry.clearance,
            explanation=entry.explanation,
            recorded_at=now,
            recorded_by=actor,
        )
        .returning(paper_entry.c.id)
    ).scalar_one()
    for row in touched:
        _rewrite(connection, row, entry, entry_id)
    return code


def _rewrite(
    connection: Connection, row: Row[*tuple[Any, ...]], entry: FormEntry, entry_id: int
) -> None:
    """Put the pieces of a segment in its place."""
    segment = Segment(serials=serials_of(row.serials), state=SerialState(row.state))
    pieces = enter(segment, entry.serials, entry.state)
    connection.execute(delete(paper_segment).where(paper_segment.c.id == row.id))
    connection.execute(
        insert(paper_segment),
        [
            {
                "range_id": row.range_id,
                "serials": span(piece.serials),
                "state": piece.state.value,
                "entry_id": entry_id if _common(piece.serials, entry.serials) else row.entry_id,
            }
            for piece in pieces
        ],
    )


def _common(one: SerialRange, other: SerialRange) -> int:
    return max(0, min(one.last, other.last) - max(one.first, other.first) + 1)


def _check_not_handed_over(connection: Connection, serials: SerialRange) -> None:
    minutes = connection.execute(
        select(paper_handover.c.minutes)
        .where(paper_handover.c.serials.overlaps(span(serials)))
        .limit(1)
    ).scalar_one_or_none()
    if minutes is not None:
        raise Conflict("paper.handed_over", parameters={"minutes": minutes})


def _check_clearance(connection: Connection, number: ClearanceNumber, code: BranchCode) -> None:
    """R14: the form's place is taken by an electronic clearance of the same branch, in force."""
    found = connection.execute(
        select(revocation.c.number.label("revoked"))
        .select_from(clearance)
        .outerjoin(revocation, revocation.c.number == clearance.c.number)
        .where(clearance.c.number == number)
    ).one_or_none()
    if found is None or number.branch_code != code:
        raise InvalidValue("paper.clearance_unknown", field="/clearance")
    if found.revoked is not None:
        raise InvalidValue("paper.clearance_not_in_force", field="/clearance")


def _ends(serials: SerialRange) -> dict[str, str]:
    return {"first": str(serials.first), "last": str(serials.last)}
