"""The end of API keys that are a person's own."""

from datetime import datetime

from sqlalchemy import Connection, update

from register import events
from register.events import EventName
from register.tables.core import api_client


def revoke_personal_keys(
    connection: Connection, staff_id: str, *, actor: str, now: datetime
) -> None:
    """Revoke the keys of a person's own within the caller's transaction."""
    revoked = connection.execute(
        update(api_client)
        .where(api_client.c.staff_id == staff_id, api_client.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(api_client.c.id)
    ).scalars()
    for client_id in revoked.all():
        events.record(
            connection,
            EventName.CLIENT_REVOKED,
            at=now,
            actor=actor,
            subject=client_id,
            details={"staff": staff_id},
        )
