"""What minutes say at the moment of closing, and what forbids to close them.

Functions over one connection, under the ledger's lock.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from clearance.errors import Conflict, InvalidValue
from clearance.minutes import Minutes, MinutesKind, MinutesNumber
from clearance.paper_form_request import Closing, printable
from clearance.paper_forms import EMPTY, Balance, SerialState
from clearance.roles import Reach
from register.paper_forms import minutes, reading
from register.paper_forms.records import BranchBalance, MinutesRecord
from register.tables.directory import branch
from register.tables.paper_forms import paper_minutes, paper_range

_LONGEST = 10_000


def content_of(
    connection: Connection, record: MinutesRecord, closing: Closing, *, now: datetime
) -> Minutes:
    """Return what ``record`` says when it is closed now.

    Raises ``Conflict`` with ``paper.unbalanced`` (the difference is named),
    ``paper.nothing_allotted``, ``paper.branches_owe_minutes``, ``paper.nothing_to_collect`` or
    ``paper.despatch_not_closed``, and ``InvalidValue`` for a despatch without its details or
    details without a despatch.
    """
    is_despatch = record.kind is MinutesKind.DESPATCH
    if is_despatch != (closing.despatch is not None):
        code = "field.missing" if is_despatch else "field.unknown"
        raise InvalidValue(code, field="/despatch")
    match record.kind:
        case MinutesKind.BRANCH:
            return _branch(connection, record, closing, now)
        case MinutesKind.CONSOLIDATED:
            return _consolidated(connection, record, closing, now)
        case MinutesKind.DESPATCH | MinutesKind.REPORT:
            return _following(connection, record, closing, now)


def _branch(
    connection: Connection, record: MinutesRecord, closing: Closing, now: datetime
) -> Minutes:
    code = record.branch_code
    if code is None:
        raise ValueError("branch minutes without a branch")
    balance = _balanced(reading.balances(connection, paper_range.c.branch_code == code))
    name = connection.execute(select(branch.c.name).where(branch.c.code == code)).scalar_one()
    return Minutes(
        number=record.number,
        kind=record.kind,
        province=printable(record.province, limit=_LONGEST),
        branch_code=code,
        branch_name=printable(name, limit=_LONGEST),
        closed_at=now,
        attendees=closing.attendees,
        balance=balance,
        unused=reading.in_state(connection, code, SerialState.UNUSED_RETURNED),
        cancelled=reading.cancelled(connection, code),
        missing=reading.in_state(connection, code, SerialState.MISSING),
        used=reading.in_state(connection, code, SerialState.USED),
    )


def _consolidated(
    connection: Connection, record: MinutesRecord, closing: Closing, now: datetime
) -> Minutes:
    lines = reading.balances(connection, branch.c.province == record.province)
    balance = _balanced(lines)
    parts = minutes.uncollected(connection, record.province)
    _check_no_branch_owes(connection, lines)
    if not parts:
        raise Conflict("paper.nothing_to_collect")
    return Minutes(
        number=record.number,
        kind=record.kind,
        province=printable(record.province, limit=_LONGEST),
        branch_code=None,
        branch_name=None,
        closed_at=now,
        attendees=closing.attendees,
        balance=balance,
        unused=minutes.handed_over(connection, parts),
        parts=parts,
    )


def _following(
    connection: Connection, record: MinutesRecord, closing: Closing, now: datetime
) -> Minutes:
    """Say again, for a despatch or report, what its consolidated minutes brought together."""
    about = record.consolidated and minutes.find(connection, record.consolidated, Reach())
    if not about or about.content is None:
        raise ValueError("nothing that these minutes are about")
    despatch = None
    despatched_by: MinutesNumber | None = None
    if record.kind is MinutesKind.REPORT:
        despatch = _despatch_of(connection, about.number)
        if despatch is None:
            raise Conflict("paper.despatch_not_closed", parameters={"number": about.number})
        despatched_by = despatch.number
    return Minutes(
        number=record.number,
        kind=record.kind,
        province=about.content.province,
        branch_code=None,
        branch_name=None,
        closed_at=now,
        attendees=closing.attendees,
        balance=about.content.balance,
        unused=about.content.unused,
        parts=about.content.parts,
        despatch=despatch.despatch if despatch else closing.despatch,
        consolidated=about.number,
        despatched_by=despatched_by,
    )


def _despatch_of(connection: Connection, consolidated: MinutesNumber) -> Minutes | None:
    """Return the closed despatch of what consolidated minutes brought together."""
    found = minutes.records(
        connection,
        (paper_minutes.c.consolidated == consolidated)
        & (paper_minutes.c.kind == MinutesKind.DESPATCH.value),
    )
    return found[0].content if found else None


def _balanced(lines: tuple[BranchBalance, ...]) -> Balance:
    """Return the lines' sum; every allotted serial must be accounted for."""
    total = sum((each.balance for each in lines), EMPTY)
    if total.allotted == 0:
        raise Conflict("paper.nothing_allotted")
    if total.difference:
        raise Conflict(
            "paper.unbalanced",
            parameters={
                "difference": str(total.difference),
                "allotted": str(total.allotted),
                "accounted": str(total.accounted),
                "branches": _codes(each for each in lines if each.balance.difference),
            },
        )
    return total


def _check_no_branch_owes(connection: Connection, lines: tuple[BranchBalance, ...]) -> None:
    """Every branch that was given forms has handed over what it did not use (R12)."""
    done = minutes.branches_with_closed(connection)
    owing = [each for each in lines if each.outstanding or each.branch_code not in done]
    if owing:
        raise Conflict("paper.branches_owe_minutes", parameters={"branches": _codes(owing)})


def _codes(lines: Iterable[BranchBalance]) -> str:
    return ", ".join(each.branch_code for each in lines)
