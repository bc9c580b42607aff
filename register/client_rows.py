"""Rows of API clients: held for a change, written, and whose they are."""

import logging
from typing import Any

from sqlalchemy import Connection, Row, select

from clearance.errors import NotFound, Refused
from clearance.roles import Officer
from register.records import FileLimits
from register.staff.records import member_of
from register.tables.core import api_client
from register.tables.staff import staff

_log = logging.getLogger("register.clients")


def held(connection: Connection, client_id: str) -> Row[*tuple[Any, ...]]:
    """Return a client's row, locked; raise ``NotFound("client.not_found")`` if there is none."""
    found = connection.execute(
        select(api_client).where(api_client.c.id == client_id).with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound("client.not_found", parameters={"id": client_id})
    return found


def limit_columns(limits: FileLimits | None) -> dict[str, int | None]:
    """Return limits as they stand in a row."""
    return {
        "files_per_minute": limits.per_minute if limits else None,
        "files_per_day": limits.per_day if limits else None,
    }


def owner(connection: Connection, key: Row[*tuple[Any, ...]]) -> Officer | None:
    """Return whose own key it is, if a person's.

    Raises ``Refused("client.not_recognised")`` if that person is locked out.
    """
    if key.staff_id is None:
        return None
    member = member_of(connection.execute(select(staff).where(staff.c.id == key.staff_id)).one())
    if member.locked_at is not None:
        _log.warning("API key refused: its owner is locked out", extra={"client_id": key.id})
        raise Refused("client.not_recognised")
    return member.officer()
