"""Reading the ledger: what became of a serial, and how many serials are in which state.

Functions over one connection; the caller owns the transaction.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.minutes import CancelledForm, MinutesNumber
from clearance.paper_forms import EMPTY, Balance, FormSerial, SerialRange, SerialState, joined
from clearance.roles import Reach
from register.paper_forms.records import AllottedRange, BranchBalance, PaperForm, RecordedEntry
from register.paper_forms.serials import serials_of, span
from register.reach import within
from register.tables.directory import branch
from register.tables.paper_forms import paper_entry, paper_handover, paper_range, paper_segment

_COUNT = func.upper(paper_segment.c.serials) - func.lower(paper_segment.c.serials)


def knows_branch(connection: Connection, code: BranchCode, reach: Reach) -> bool:
    """Whether the directory has a branch with this code within ``reach``."""
    known = select(branch.c.code).where(branch.c.code == code, within(reach, branch.c.code))
    return connection.execute(known).one_or_none() is not None


def ranges(connection: Connection, condition: ColumnElement[bool]) -> tuple[AllottedRange, ...]:
    """Return the ranges of the branches that satisfy a condition, by first serial."""
    rows = connection.execute(
        select(paper_range, branch.c.name, branch.c.province)
        .join(branch, branch.c.code == paper_range.c.branch_code)
        .where(condition)
        .order_by(paper_range.c.serials)
    )
    return tuple(
        AllottedRange(
            branch_code=BranchCode(row.branch_code),
            branch_name=row.name,
            province=row.province,
            serials=serials_of(row.serials),
            allotted_at=row.allotted_at,
            allotted_by=row.allotted_by,
        )
        for row in rows
    )


def state_of(connection: Connection, serial: FormSerial) -> SerialState | None:
    """Return the state of a serial; ``None`` if no branch was given it."""
    state = connection.execute(
        select(paper_segment.c.state).where(
            paper_segment.c.serials.overlaps(span(SerialRange.single(serial)))
        )
    ).scalar_one_or_none()
    return None if state is None else SerialState(state)


def form(
    connection: Connection, serial: FormSerial, visible: ColumnElement[bool]
) -> PaperForm | None:
    """Return what the ledger knows of a serial of a ``visible`` branch."""
    single = span(SerialRange.single(serial))
    row = connection.execute(
        select(
            paper_segment.c.state,
            paper_range.c.branch_code,
            branch.c.name,
            branch.c.province,
            paper_handover.c.minutes,
        )
        .join(paper_range, paper_range.c.id == paper_segment.c.range_id)
        .join(branch, branch.c.code == paper_range.c.branch_code)
        .outerjoin(paper_handover, paper_handover.c.serials.overlaps(single))
        .where(paper_segment.c.serials.overlaps(single), visible)
    ).one_or_none()
    if row is None:
        return None
    entries = connection.execute(
        select(paper_entry).where(paper_entry.c.serials.overlaps(single)).order_by(paper_entry.c.id)
    )
    return PaperForm(
        serial=serial,
        branch_code=BranchCode(row.branch_code),
        branch_name=row.name,
        province=row.province,
        state=SerialState(row.state),
        handed_over_by=None if row.minutes is None else MinutesNumber(row.minutes),
        entries=tuple(map(_entry, entries)),
    )


def _entry(row: Row[*tuple[Any, ...]]) -> RecordedEntry:
    return RecordedEntry(
        serials=serials_of(row.serials),
        state=SerialState(row.state),
        hologram=None if row.hologram_first is None else FormSerial(row.hologram_first),
        clearance=None if row.clearance is None else ClearanceNumber(row.clearance),
        explanation=row.explanation,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


def balances(connection: Connection, condition: ColumnElement[bool]) -> tuple[BranchBalance, ...]:
    """Return the lines of the branches that satisfy a condition and were given serials."""
    counted: dict[str, Balance] = defaultdict(lambda: EMPTY)
    names: dict[str, tuple[str, str]] = {}
    for row in connection.execute(_totals(condition)):
        counted[row.branch_code] += Balance(
            allotted=int(row.serials), states={SerialState(row.state): int(row.serials)}
        )
        names[row.branch_code] = (row.name, row.province)
    handed_over: dict[str, int] = dict(connection.execute(_handed_over()).all())
    return tuple(
        BranchBalance(
            branch_code=BranchCode(code),
            branch_name=name,
            province=province,
            balance=counted[code],
            handed_over=int(handed_over.get(code, 0)),
        )
        for code, (name, province) in sorted(names.items(), key=lambda item: (item[1][1], item[0]))
    )


def _totals(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            paper_range.c.branch_code,
            branch.c.name,
            branch.c.province,
            paper_segment.c.state,
            func.sum(_COUNT).label("serials"),
        )
        .join(paper_range, paper_range.c.id == paper_segment.c.range_id)
        .join(branch, branch.c.code == paper_range.c.branch_code)
        .where(condition)
        .group_by(
            paper_range.c.branch_code, branch.c.name, branch.c.province, paper_segment.c.state
        )
    )


def _handed_over() -> Select[*tuple[Any, ...]]:
    # Handed over as one, serials may have been allotted in several ranges.
    common = paper_handover.c.serials.intersection(paper_range.c.serials)
    return (
        select(paper_range.c.branch_code, func.sum(func.upper(common) - func.lower(common)))
        .join(paper_handover, paper_handover.c.serials.overlaps(paper_range.c.serials))
        .group_by(paper_range.c.branch_code)
    )


def in_state(
    connection: Connection, code: BranchCode, state: SerialState
) -> tuple[SerialRange, ...]:
    """Return a branch's serials in one state, in as few ranges as can be.

    What has been handed over is left out.
    """
    # A handover takes whole segments, and they never change again.
    handed_over = (
        select(paper_handover.c.minutes)
        .where(paper_handover.c.serials.overlaps(paper_segment.c.serials))
        .exists()
    )
    found = connection.execute(
        select(paper_segment.c.serials)
        .join(paper_range, paper_range.c.id == paper_segment.c.range_id)
        .where(
            paper_range.c.branch_code == code,
            paper_segment.c.state == state.value,
            ~handed_over,
        )
    ).scalars()
    return joined(map(serials_of, found))


def cancelled(connection: Connection, code: BranchCode) -> tuple[CancelledForm, ...]:
    """Return a branch's cancelled forms with their clearances, ascending."""
    rows = connection.execute(
        select(paper_segment.c.serials, paper_entry.c.clearance)
        .join(paper_range, paper_range.c.id == paper_segment.c.range_id)
        .join(paper_entry, paper_entry.c.id == paper_segment.c.entry_id)
        .where(
            paper_range.c.branch_code == code,
            paper_segment.c.state == SerialState.CANCELLED.value,
        )
        .order_by(paper_segment.c.serials)
    )
    return tuple(
        CancelledForm(
            serial=serials_of(row.serials).first, clearance=ClearanceNumber(row.clearance)
        )
        for row in rows
    )
