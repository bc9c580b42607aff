"""Revoking a sealed document: a fact added beside it, never a change of it.

Functions over one connection; the caller owns the transaction.
"""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as upsert

from clearance.errors import Conflict
from clearance.identifiers import ClearanceNumber
from clearance.notices import NoticeEvent
from register import events, queue
from register.events import EventName
from register.notices import open_notice
from register.records import RevocationReason
from register.status_lists import PUBLISH, PUBLISH_PRIORITY
from register.tables.core import intent, revocation
from register.tables.revocations import replacement


def record(
    connection: Connection,
    number: str,
    *,
    request_id: int,
    reason: RevocationReason,
    at: datetime,
    actor: str,
) -> None:
    """Record the revocation that a confirmed request asked for.

    Of a clearance the status list follows at once, and who was notified of it is notified of this
    too. ``at`` is when it takes effect (aware) and ``actor`` who confirmed it. The caller holds the
    lock on the document. Raises ``Conflict("clearance.already_withdrawn")``.
    """
    added = connection.execute(
        upsert(revocation)
        .values(
            number=number,
            reason=reason.value,
            at=at,
            actor=actor,
            recorded_at=at,
            request_id=request_id,
        )
        .on_conflict_do_nothing()
        .returning(revocation.c.number)
    )
    if added.one_or_none() is None:
        raise Conflict("clearance.already_withdrawn")
    issued = connection.execute(select(intent.c.number).where(intent.c.number == number)).first()
    events.record(
        connection,
        EventName.WITHDRAWN if issued else EventName.DOCUMENT_WITHDRAWN,
        at=at,
        actor=actor,
        subject=number,
        details={"reason": reason.value, "request": request_id},
    )
    if issued:
        open_notice(
            connection,
            ClearanceNumber(number),
            NoticeEvent.REVOKED,
            occurred_at=at,
            now=at,
            actor=actor,
            reason=reason.value,
        )
        queue.defer(connection, PUBLISH, {}, lock="all", priority=PUBLISH_PRIORITY)


def record_replacement(
    connection: Connection,
    number: ClearanceNumber,
    *,
    by: ClearanceNumber,
    at: datetime,
    actor: str,
) -> None:
    """Record that the revoked ``number`` is replaced ``by`` a clearance just issued; notify that.

    Raises ``Conflict("clearance.already_replaced")`` if another one came first.
    """
    added = connection.execute(
        upsert(replacement)
        .values(number=number, replacement=by, recorded_at=at)
        .on_conflict_do_nothing()
        .returning(replacement.c.number)
    )
    if added.one_or_none() is None:
        raise Conflict("clearance.already_replaced", parameters={"number": number})
    events.record(
        connection,
        EventName.REPLACED,
        at=at,
        actor=actor,
        subject=number,
        details={"replacement": by},
    )
    open_notice(
        connection,
        number,
        NoticeEvent.REPLACED,
        occurred_at=at,
        now=at,
        actor=actor,
        replacement=by,
    )
