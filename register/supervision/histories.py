"""A clearance's whole history. Functions over one connection; the caller owns the transaction."""

from sqlalchemy import Connection, select

from clearance.errors import NotFound
from clearance.identifiers import ClearanceNumber
from clearance.notices import Notice
from clearance.roles import Reach
from register import lookups
from register.collections.reading import record_where
from register.notices import notice_of
from register.reach import within
from register.revocations import Revocation, revocations_of
from register.supervision.records import History
from register.supervision.trail import events_of, names_of
from register.tables.collections import collection
from register.tables.core import intent
from register.tables.notices import notice
from register.tables.revocations import replacement


def history(connection: Connection, number: ClearanceNumber, reach: Reach) -> History:
    """Return all that is known of a number.

    Raises ``NotFound("supervision.clearance_not_found")`` if it was never given, or lies outside
    ``reach``.
    """
    given = select(intent.c.number).where(
        intent.c.number == number, within(reach, intent.c.branch_code)
    )
    if connection.execute(given).one_or_none() is None:
        raise NotFound("supervision.clearance_not_found")
    asked = revocations_of(connection, number)
    clock = record_where(connection, collection.c.number == number)
    events = events_of(connection, [number, *([clock.collection.id] if clock else [])])
    return History(
        number=number,
        issued=lookups.issued_by_number(connection, number),
        pending=lookups.pending_by_number(connection, number),
        collection=clock,
        notices=_notices(connection, number),
        revocations=asked,
        replaces=_replaced_by(connection, number),
        events=events,
        names=_names(connection, asked),
    )


def _notices(connection: Connection, number: ClearanceNumber) -> tuple[Notice, ...]:
    rows = connection.execute(
        select(notice).where(notice.c.number == number).order_by(notice.c.opened_at, notice.c.id)
    )
    return tuple(map(notice_of, rows))


def _replaced_by(connection: Connection, number: ClearanceNumber) -> ClearanceNumber | None:
    """Return the clearance in whose place this one stands."""
    found = connection.execute(
        select(replacement.c.number).where(replacement.c.replacement == number)
    ).scalar_one_or_none()
    return None if found is None else ClearanceNumber(found)


def _names(connection: Connection, asked: tuple[Revocation, ...]) -> dict[str, str]:
    people = {each.requested_by for each in asked}
    people |= {each.decided_by for each in asked if each.decided_by is not None}
    return names_of(connection, people)
