"""The audit trail: who did what, when; rows are added and never touched again.

An event is written in the transaction of the fact that it tells, so one never stands without the
other. The database itself refuses to change, delete or truncate events.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert

from register.tables.core import audit_event


class EventName(StrEnum):
    """What happened."""

    ISSUING = "clearance.issuing"
    """An attempt to issue began: number given or taken up again."""
    SEALING = "clearance.sealing"
    """What is about to be sealed was recorded."""
    ISSUED = "clearance.issued"
    ATTEMPT_FAILED = "clearance.attempt_failed"
    """An attempt gave up; its number waits for the next attempt."""
    WITHDRAWN = "clearance.withdrawn"
    CLIENT_ADDED = "client.added"
    CLIENT_REVOKED = "client.revoked"
    STAFF_ADDED = "staff.added"


def record(
    connection: Connection,
    name: EventName,
    *,
    at: datetime,
    actor: str,
    subject: str,
    details: Mapping[str, str | int | None],
) -> None:
    """Add an event within the caller's transaction.

    ``subject`` is the clearance number or client id that it is about. ``details`` hold codes,
    hashes and counts: no secret and no personal data, because nothing is ever deleted here.
    """
    connection.execute(
        insert(audit_event).values(
            at=at, name=name.value, actor=actor, subject=subject, details=dict(details)
        )
    )
