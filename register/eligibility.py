"""Whether a request may be issued: gathers its facts, and keeps a trace of each refusal.

Functions over one connection; the caller owns the transaction. From ``facts_of`` on until it ends,
no other request for the same contract row is judged, and none that rests on an undertaking of the
same contractor: what was judged still holds when the number is given.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from clearance.certificate import ClearanceKind, ClearanceRequest
from clearance.directory import ContractRowKey
from clearance.facts import EarlierClearance, Facts, ReplacedClearance
from clearance.identifiers import BranchCode, ClearanceNumber, ContractRow, ContractSequence
from clearance.rulebook import Failure
from clearance.rules import key_of
from register import events
from register.directory.facts import facts_for
from register.events import EventName
from register.tables.core import clearance, intent, revocation
from register.tables.revocations import replacement


def facts_of(connection: Connection, request: ClearanceRequest, *, number: str | None) -> Facts:
    """Return what the register knows about a request; ``number`` is its own, if it has one."""
    # First, since it locks: what is read after it can no longer change.
    facts = facts_for(connection, request)
    return replace(
        facts,
        earlier=_earlier(connection, key_of(request), other_than=number),
        replaced=_replaced(connection, request.replaces),
    )


def record_refusal(
    connection: Connection,
    request: ClearanceRequest,
    failures: Sequence[Failure],
    *,
    client_id: str,
    number: str | None,
    at: datetime,
) -> None:
    """Write into the audit trail that a request was refused, and by which rules."""
    key = str(key_of(request))
    events.record(
        connection,
        EventName.REFUSED,
        at=at,
        actor=client_id,
        subject=number or key,
        details={"row": key, "codes": ", ".join(failure.code for failure in failures)},
    )


def _earlier(
    connection: Connection, key: ContractRowKey, *, other_than: str | None
) -> tuple[EarlierClearance, ...]:
    """Return the row's clearances that are in force, or given and under way or waiting.

    One that was given and then given up counts no more: its caller's next attempt is judged anew.
    """
    in_force = and_(clearance.c.number.is_not(None), revocation.c.number.is_(None))
    under_way = and_(
        clearance.c.number.is_(None),
        or_(intent.c.attempt_id.is_not(None), intent.c.resume_at.is_not(None)),
    )
    told = intent.c.request.cast(JSONB)
    found = connection.execute(
        select(
            intent.c.number,
            intent.c.kind,
            told["replaces"].astext.label("replaces"),
            told["premium"]["receipts"].label("receipts"),
        )
        .outerjoin(clearance, clearance.c.number == intent.c.number)
        .outerjoin(revocation, revocation.c.number == intent.c.number)
        .where(
            intent.c.branch_code == key.branch_code,
            intent.c.contract_row == key.row,
            intent.c.contract_sequence == key.sequence,
            intent.c.number.is_distinct_from(other_than),
            or_(in_force, under_way),
        )
        .order_by(intent.c.prepared_at, intent.c.number)
    )
    return tuple(
        EarlierClearance(
            number=ClearanceNumber(row.number),
            kind=ClearanceKind(row.kind),
            replaces=None if row.replaces is None else ClearanceNumber(row.replaces),
            receipts=frozenset(receipt["id"] for receipt in row.receipts or ()),
        )
        for row in found
    )


def _replaced(connection: Connection, number: ClearanceNumber | None) -> ReplacedClearance | None:
    """Return what was issued under the number that a request names in ``replaces``."""
    if number is None:
        return None
    row = connection.execute(
        select(
            intent.c.branch_code,
            intent.c.contract_row,
            intent.c.contract_sequence,
            revocation.c.number.is_not(None).label("revoked"),
            replacement.c.replacement,
        )
        .join(clearance, clearance.c.number == intent.c.number)
        .outerjoin(revocation, revocation.c.number == intent.c.number)
        .outerjoin(replacement, replacement.c.number == intent.c.number)
        .where(intent.c.number == number)
    ).one_or_none()
    if row is None:
        return None
    return ReplacedClearance(
        number=number,
        key=ContractRowKey(
            branch_code=BranchCode(row.branch_code),
            row=ContractRow(row.contract_row),
            sequence=ContractSequence(row.contract_sequence),
        ),
        revoked=row.revoked,
        replacement=None if row.replacement is None else ClearanceNumber(row.replacement),
    )
