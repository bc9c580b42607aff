"""Notices in the register, opened with the fact that they tell (R4).

How they are delivered is ``register.deliveries``, how they are read ``register.inboxes``. Functions
over one connection; the caller owns the transaction.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, text, update

from clearance.directory import ContractRowKey
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    WorkshopNumber,
)
from clearance.notices import DeliveryWay, Notice, NoticeEvent, notice_id
from register import events, queue
from register.events import EventName
from register.tables.directory import contract_row, workshop
from register.tables.notices import notice, notice_position

TASK: Final = "notice"
"""Task that delivers one notice; its one argument is ``notice``, the notice's id."""
PRIORITY: Final = 20


def open_notice(
    connection: Connection,
    number: ClearanceNumber,
    event: NoticeEvent,
    *,
    occurred_at: datetime,
    now: datetime,
    actor: str,
    reason: str | None = None,
    replacement: ClearanceNumber | None = None,
) -> None:
    """Open the notice that tells ``event`` of an issued clearance, and have it delivered.

    Within the transaction of that event, so that neither stands without the other. The recipient is
    resolved here and never named by a caller: the account of the workshop that the clearance's
    contract row gives as the work assigner's. Of a clearance that was notified before, the same
    workshop is told. ``reason`` goes with ``revoked``, ``replacement`` with ``replaced``.
    """
    key = _key_of(connection, number)
    identifier = notice_id(number, event)
    connection.execute(
        insert(notice).values(
            id=identifier,
            number=number,
            event=event.value,
            branch_code=key.branch_code,
            contract_row=key.row,
            contract_sequence=key.sequence,
            occurred_at=occurred_at,
            reason=reason,
            replacement=replacement,
            opened_at=now,
            attempts=0,
            failures=0,
            tried_since=now,
            due_at=now,
            **(recipient(connection, number, key) or {}),
        )
    )
    events.record(
        connection,
        EventName.NOTICE_OPENED,
        at=now,
        actor=actor,
        subject=number,
        details={"notice": str(identifier), "event": event.value},
    )
    set_job(connection, identifier)


def set_job(connection: Connection, identifier: UUID, *, at: datetime | None = None) -> None:
    """Have a worker deliver a notice from ``at`` on (None: at once)."""
    queue.defer(
        connection,
        TASK,
        {"notice": str(identifier)},
        at=at,
        lock=str(identifier),
        priority=PRIORITY,
        queue=queue.NOTICES,
    )


def recipient(
    connection: Connection, number: ClearanceNumber, key: ContractRowKey
) -> dict[str, Any] | None:
    """Resolve whom a notice of ``number`` goes to, as the notice's columns; None if to nobody yet.

    The workshop's inbox stays locked to others until the transaction ends: whoever reads it up to
    some position finds nothing new before that position later.
    """
    told = connection.execute(
        select(notice.c.workshop_number, notice.c.account_id)
        .where(notice.c.number == number, notice.c.account_id.is_not(None))
        # The latest one, should the workshop's account have changed meanwhile.
        .order_by(notice.c.position.desc())
    ).first()
    number_of_workshop = (
        told.workshop_number
        if told is not None
        else connection.execute(
            select(contract_row.c.work_assigner_workshop).where(
                contract_row.c.branch_code == key.branch_code,
                contract_row.c.contract_row == key.row,
                contract_row.c.contract_sequence == key.sequence,
            )
        ).scalar_one_or_none()
    )
    account = connection.execute(
        select(workshop.c.account_id).where(workshop.c.number == number_of_workshop)
    ).scalar_one_or_none() or (told.account_id if told is not None else None)
    if account is None:
        return None
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"inbox\n{number_of_workshop}"},
    )
    return {
        "workshop_number": number_of_workshop,
        "account_id": account,
        "position": connection.execute(select(notice_position.next_value())).scalar_one(),
    }


def mark_delivered(
    connection: Connection,
    row: Row[*tuple[Any, ...]],
    by: DeliveryWay,
    *,
    now: datetime,
    actor: str,
) -> None:
    """Write down that a locked, undelivered notice has reached its account."""
    connection.execute(
        update(notice)
        .where(notice.c.id == row.id)
        .values(delivered_at=now, delivered_by=by, due_at=None, gave_up_at=None)
    )
    record(connection, EventName.NOTICE_DELIVERED, row, at=now, actor=actor, by=by)


def notice_of(row: Row[*tuple[Any, ...]]) -> Notice:
    """Read a row of the table as a notice."""
    return Notice(
        id=row.id,
        event=NoticeEvent(row.event),
        number=ClearanceNumber(row.number),
        key=ContractRowKey(
            branch_code=BranchCode(row.branch_code),
            row=ContractRow(row.contract_row),
            sequence=ContractSequence(row.contract_sequence),
        ),
        occurred_at=row.occurred_at,
        reason=row.reason,
        replacement=ClearanceNumber(row.replacement) if row.replacement else None,
        opened_at=row.opened_at,
        workshop_number=WorkshopNumber(row.workshop_number) if row.workshop_number else None,
        account_id=row.account_id,
        position=row.position,
        delivered_at=row.delivered_at,
        delivered_by=DeliveryWay(row.delivered_by) if row.delivered_by else None,
        first_viewed_at=row.first_viewed_at,
        attempts=row.attempts,
        last_error=row.last_error,
        due_at=row.due_at,
        gave_up_at=row.gave_up_at,
    )


def _key_of(connection: Connection, number: ClearanceNumber) -> ContractRowKey:
    row = connection.execute(
        text(
            """
            SELECT certificate::jsonb #>> '{branch,code}' AS branch,
                certificate::jsonb #>> '{contract,row}' AS contract_row,
                certificate::jsonb #>> '{contract,sequence}' AS sequence
            FROM clearance WHERE number = :number
            """
        ),
        {"number": number},
    ).one()
    return ContractRowKey(
        branch_code=BranchCode(row.branch),
        row=ContractRow(row.contract_row),
        sequence=ContractSequence(row.sequence),
    )


def record(
    connection: Connection,
    name: EventName,
    row: Row[*tuple[Any, ...]],
    *,
    at: datetime,
    actor: str,
    **details: str | int | None,
) -> None:
    """Record what became of a notice, in the audit trail of its clearance."""
    events.record(
        connection,
        name,
        at=at,
        actor=actor,
        subject=row.number,
        details={"notice": str(row.id), "event": row.event, **details},
    )
