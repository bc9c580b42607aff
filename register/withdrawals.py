"""Withdrawing an issued clearance: a fact added beside it, never a change of it."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from clearance.errors import Conflict, InvalidValue, NotFound
from clearance.identifiers import ClearanceNumber
from register import events, lookups
from register.events import EventName
from register.records import IssuedClearance, StandingState, WithdrawalReason
from register.tables.core import clearance, intent, withdrawal


def record(
    connection: Connection,
    number: ClearanceNumber,
    *,
    reason: WithdrawalReason,
    at: datetime,
    actor: str,
    replacement: ClearanceNumber | None,
    now: datetime,
) -> IssuedClearance:
    """Record a withdrawal within the caller's transaction; errors as ``Register.withdraw``."""
    involved = [number] if replacement is None else [number, replacement]
    issued = _locked(connection, involved)
    for each in involved:
        if each not in issued:
            raise NotFound("withdrawal.not_issued", parameters={"number": each})
    if issued[number].standing.state is not StandingState.IN_FORCE:
        raise Conflict("clearance.already_withdrawn")
    if replacement is not None and (
        replacement == number or issued[replacement].standing.state is not StandingState.IN_FORCE
    ):
        raise Conflict("clearance.replacement_not_in_force")
    if at < issued[number].issued_at:
        raise InvalidValue("withdrawal.before_issue", field="/at")
    connection.execute(
        insert(withdrawal).values(
            number=number,
            reason=reason.value,
            at=at,
            replacement=replacement,
            actor=actor,
            recorded_at=now,
        )
    )
    events.record(
        connection,
        EventName.WITHDRAWN,
        at=now,
        actor=actor,
        subject=number,
        details={"reason": reason.value, "replacement": replacement},
    )
    return lookups.issued_where(connection, clearance.c.number == number)[number]


def _locked(connection: Connection, numbers: list[ClearanceNumber]) -> dict[str, IssuedClearance]:
    # Locked first, in one order, so that of two officers at once the second sees what the first
    # did, and no ring of replacements can arise. The intents stand for their clearances, which
    # nobody needs the right to update.
    connection.execute(
        select(intent.c.number)
        .where(intent.c.number.in_(numbers))
        .order_by(intent.c.number)
        .with_for_update(key_share=True)
    )
    return lookups.issued_where(connection, clearance.c.number.in_(numbers))
