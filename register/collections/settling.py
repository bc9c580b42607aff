"""Which collection a request rests on, and the issue that stops its clock.

Functions over one connection; the caller owns the transaction.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, false, func, select, text, update

from clearance.certificate import ClearanceRequest
from clearance.deadline import Collection, DeadlineEventKind, in_time
from clearance.errors import Conflict
from clearance.identifiers import ClearanceNumber
from clearance.rules import key_of
from register import events
from register.collections.deadlines import raise_event
from register.collections.reading import record_where, same_row
from register.events import EventName
from register.tables.collections import collection, collection_receipt

_LINEAGE = text(
    """
    WITH RECURSIVE lineage (number) AS (
        SELECT :number
        UNION
        SELECT replacement.number FROM replacement
        JOIN lineage ON replacement.replacement = lineage.number
    )
    SELECT number FROM lineage
    """
)
"""A clearance, the one that it replaced, and so on to the first."""


def collection_for(connection: Connection, request: ClearanceRequest) -> Collection | None:
    """Return the collection that a request rests on; its ``number`` is what rests on it by now.

    That is the one of the request's contract row with the request's receipts (with most of them, if
    they are spread). A request without receipts rests on the row's oldest assessment of nothing due
    that serves no clearance yet, or if it replaces one, on what that one rested on.
    """
    lineage = _lineage(connection, request)
    found = _identify(connection, request, lineage)
    record = None if found is None else record_where(connection, collection.c.id == found)
    if record is None:
        return None
    if record.collection.number in lineage:
        return replace(record.collection, number=request.replaces)
    return record.collection


def settle(
    connection: Connection,
    number: ClearanceNumber,
    request: ClearanceRequest,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Stop the clock of a request's collection by the issue of ``number``.

    ``now`` is when the register enters the clearance: from then on it is issued. A deadline that
    has passed by then is a breach, also if no watch came by in between. A replacement leaves the
    clock as the first clearance stopped it. Raises ``Conflict("collection.used")`` if another
    clearance was issued for the collection meanwhile. Without a collection it does nothing: that
    there is one is for the rules to demand.
    """
    lineage = _lineage(connection, request)
    found = _identify(connection, request, lineage)
    if found is None:
        return
    # Either a watch looked before, or it finds the clock stopped.
    row = connection.execute(
        select(collection).where(collection.c.id == found).with_for_update()
    ).one()
    if row.number is not None:
        if row.number not in lineage:
            raise Conflict("collection.used", parameters={"number": row.number})
        return
    connection.execute(
        update(collection).where(collection.c.id == found).values(number=number, settled_at=now)
    )
    if not in_time(now, row.due_at):
        raise_event(connection, row, DeadlineEventKind.BREACHED, now=now)
        events.record(
            connection,
            EventName.BREACH_ENDED,
            at=now,
            actor=actor,
            subject=row.id,
            details={"number": number},
        )


def _lineage(connection: Connection, request: ClearanceRequest) -> frozenset[str]:
    """Return the numbers that the requested clearance stands in line with; most have none."""
    if request.replaces is None:
        return frozenset()
    return frozenset(connection.scalars(_LINEAGE, {"number": request.replaces}))


def _identify(
    connection: Connection, request: ClearanceRequest, lineage: frozenset[str]
) -> str | None:
    key = key_of(request)
    receipts = [receipt.id for receipt in request.premium.receipts]
    if receipts:
        return connection.scalar(
            select(collection.c.id)
            .join(collection_receipt, collection_receipt.c.collection_id == collection.c.id)
            .where(same_row(collection, key), collection_receipt.c.id.in_(receipts))
            .group_by(collection.c.id)
            .order_by(func.count().desc(), collection.c.id)
            .limit(1)
        )
    return connection.scalar(
        select(collection.c.id)
        .where(same_row(collection, key), collection.c.assessed_at.is_not(None))
        .order_by(
            func.coalesce(collection.c.number.in_(lineage), false()).desc(),
            collection.c.number.is_(None).desc(),
            collection.c.collected_at,
            collection.c.id,
        )
        .limit(1)
    )
