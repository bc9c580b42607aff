"""Notices in the register: opened with the fact that they tell, read from inboxes, viewed (R4).

How they are delivered is ``register.deliveries``.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Row, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from clearance.clock import Clock
from clearance.directory import ContractRowKey
from clearance.errors import Conflict, NotFound
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    WorkshopNumber,
)
from clearance.notices import DeliveredBy, Notice, NoticeEvent, notice_id
from register import events, queue
from register.database import transaction
from register.events import EventName
from register.tables.core import clearance
from register.tables.directory import contract_row, workshop
from register.tables.notices import notice, notice_position, notice_view

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


class Notices:
    """The notices over one database, for those who read inboxes and those who mend deliveries.

    Every method is one short transaction; raises ``Unavailable("register.unavailable")`` if the
    database does not answer, and bears repeating.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def inbox(
        self,
        workshop_number: WorkshopNumber,
        *,
        viewed: bool | None = None,
        after: int = 0,
        limit: int,
    ) -> tuple[Notice, ...]:
        """Answer a workshop's notices beyond a position, the oldest first, at most ``limit``.

        ``viewed`` leaves only the viewed or only the unviewed ones. Raises
        ``NotFound("directory.workshop_not_found")`` if the directory has no such workshop.
        """
        with transaction(self._engine) as connection:
            known = select(workshop.c.number).where(workshop.c.number == workshop_number)
            if connection.execute(known).first() is None:
                raise NotFound(
                    "directory.workshop_not_found", parameters={"workshop": workshop_number}
                )
            conditions = [notice.c.workshop_number == workshop_number, notice.c.position > after]
            if viewed is not None:
                conditions.append(notice.c.first_viewed_at.is_not(None) == viewed)
            rows = connection.execute(
                select(notice).where(*conditions).order_by(notice.c.position).limit(limit)
            )
            return tuple(map(notice_of, rows))

    def find(self, identifier: UUID) -> Notice:
        """Answer one notice; raises ``NotFound("notice.not_found")``."""
        with transaction(self._engine) as connection:
            return notice_of(_existing(connection, identifier))

    def of_clearance(self, number: ClearanceNumber) -> tuple[Notice, ...]:
        """Answer all notices of a clearance, in the order in which they were opened.

        One that was issued before there were notices has none. Raises
        ``NotFound("clearance.not_found")``.
        """
        with transaction(self._engine) as connection:
            known = select(clearance.c.number).where(clearance.c.number == number)
            if connection.execute(known).first() is None:
                raise NotFound("clearance.not_found")
            rows = connection.execute(
                select(notice).where(notice.c.number == number).order_by(notice.c.opened_at)
            )
            return tuple(map(notice_of, rows))

    def view(self, identifier: UUID, *, viewer: str, client_id: str) -> Notice:
        """Record that a user of the account, ``viewer`` (an opaque id), viewed a notice now.

        The first view of all is the evidence, and what each viewer did first is kept; to repeat it
        changes nothing. An undelivered notice is delivered by being viewed. Raises
        ``NotFound("notice.not_found")``, also of a notice that has found no account yet.
        """
        now = self._now()
        with transaction(self._engine) as connection:
            row = _existing(connection, identifier, locked=True)
            if row.account_id is None:
                raise NotFound("notice.not_found")
            connection.execute(
                upsert(notice_view)
                .values(notice_id=identifier, viewer=viewer, viewed_at=now, client_id=client_id)
                .on_conflict_do_nothing()
            )
            if row.first_viewed_at is not None:
                return notice_of(row)
            if row.delivered_at is None:
                mark_delivered(connection, row, DeliveredBy.VIEW, now=now, actor=client_id)
            row = connection.execute(
                update(notice)
                .where(notice.c.id == identifier)
                .values(first_viewed_at=now)
                .returning(notice)
            ).one()
            _record(connection, EventName.NOTICE_VIEWED, row, at=now, actor=client_id)
            return notice_of(row)

    def undelivered(
        self, *, dead: bool, after: UUID | None = None, limit: int
    ) -> tuple[Notice, ...]:
        """Answer the notices that were given up, or those that wait, the oldest first.

        Beyond the notice ``after``, at most ``limit``.
        """
        conditions: list[ColumnElement[bool]] = [
            notice.c.delivered_at.is_(None),
            notice.c.gave_up_at.is_not(None) == dead,
        ]
        if after is not None:
            opened_at = select(notice.c.opened_at).where(notice.c.id == after).scalar_subquery()
            conditions.append(tuple_(notice.c.opened_at, notice.c.id) > tuple_(opened_at, after))
        with transaction(self._engine) as connection:
            rows = connection.execute(
                select(notice)
                .where(*conditions)
                .order_by(notice.c.opened_at, notice.c.id)
                .limit(limit)
            )
            return tuple(map(notice_of, rows))

    def resend(self, identifier: UUID, *, actor: str) -> Notice:
        """Have an undelivered notice tried again from now on, for the whole span.

        Raises ``NotFound("notice.not_found")`` or ``Conflict("notice.delivered")``.
        """
        now = self._now()
        with transaction(self._engine) as connection:
            row = _existing(connection, identifier, locked=True)
            if row.delivered_at is not None:
                raise Conflict("notice.delivered")
            row = connection.execute(
                update(notice)
                .where(notice.c.id == identifier)
                .values(tried_since=now, failures=0, due_at=now, gave_up_at=None)
                .returning(notice)
            ).one()
            _record(connection, EventName.NOTICE_RESENT, row, at=now, actor=actor)
            set_job(connection, identifier)
            return notice_of(row)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def mark_delivered(
    connection: Connection,
    row: Row[*tuple[Any, ...]],
    by: DeliveredBy,
    *,
    now: datetime,
    actor: str,
) -> None:
    """Write down that a locked, undelivered notice has reached its account."""
    connection.execute(
        update(notice)
        .where(notice.c.id == row.id)
        .values(delivered_at=now, delivered_by=by.value, due_at=None, gave_up_at=None)
    )
    _record(connection, EventName.NOTICE_DELIVERED, row, at=now, actor=actor, by=by.value)


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
        delivered_by=DeliveredBy(row.delivered_by) if row.delivered_by else None,
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


def _existing(
    connection: Connection, identifier: UUID, *, locked: bool = False
) -> Row[*tuple[Any, ...]]:
    query = select(notice).where(notice.c.id == identifier)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise NotFound("notice.not_found")
    return row


def _record(
    connection: Connection,
    name: EventName,
    row: Row[*tuple[Any, ...]],
    *,
    at: datetime,
    actor: str,
    **details: str | int,
) -> None:
    events.record(
        connection,
        name,
        at=at,
        actor=actor,
        subject=row.number,
        details={"notice": str(row.id), "event": row.event, **details},
    )
