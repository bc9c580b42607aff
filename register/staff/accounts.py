"""Accounts of staff: who there is, what role and reach they have, who is locked out."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, insert, select
from sqlalchemy.exc import IntegrityError

from clearance.clock import Clock
from clearance.errors import Conflict, NotFound
from clearance.roles import Reach, Role
from clearance.text import clean
from register import events
from register.database import transaction
from register.events import EventName
from register.records import RandomBytes
from register.staff.passwords import hash_password, one_time_password
from register.staff.records import StaffMember, check_reach, member_of, parse_username
from register.tables.staff import staff

LONGEST_NAME: Final = 100
ONE_TIME_LIFE: Final = timedelta(days=7)
"""How long a password that was handed out serves."""


class Accounts:
    """The accounts; safe to use from several threads and processes."""

    def __init__(self, engine: Engine, *, clock: Clock, random_bytes: RandomBytes) -> None:
        self._engine = engine
        self._clock = clock
        self._random_bytes = random_bytes

    def add(
        self, username: str, full_name: str, *, role: Role, reach: Reach, actor: str
    ) -> tuple[StaffMember, str]:
        """Add an account and answer it with its one-time password, which nobody can show again.

        Raises ``InvalidValue`` for unfit names or a reach that the role does not have,
        ``Conflict("staff.username_taken")``.
        """
        username = parse_username(username)
        full_name = clean(full_name, limit=LONGEST_NAME)
        check_reach(role, reach)
        password = one_time_password(self._random_bytes)
        now = self._now()
        staff_id = "staff-" + base64.b32encode(self._random_bytes(5)).decode().lower()
        with transaction(self._engine) as connection:
            try:
                row = connection.execute(
                    insert(staff)
                    .values(
                        id=staff_id,
                        username=username,
                        full_name=full_name,
                        role=role.value,
                        province=reach.province,
                        branch_code=reach.branch,
                        password_hash=hash_password(password),
                        password_changed_at=now,
                        one_time_until=now + ONE_TIME_LIFE,
                        added_at=now,
                    )
                    .returning(staff)
                ).one()
            except IntegrityError as error:
                raise Conflict("staff.username_taken", field="/username") from error
            events.record(
                connection,
                EventName.STAFF_ADDED,
                at=now,
                actor=actor,
                subject=staff_id,
                details={"role": role.value, **_reach_details(reach)},
            )
        return member_of(row), password

    def list(self) -> tuple[StaffMember, ...]:
        """Answer all accounts by user name, locked ones too."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(staff).order_by(staff.c.username)).all()
        return tuple(map(member_of, rows))

    def find(self, username: str) -> StaffMember:
        """Answer the account of a user name; raises ``NotFound("staff.not_found")``."""
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(staff).where(staff.c.username == username.lower())
            ).one_or_none()
        if row is None:
            raise NotFound("staff.not_found", parameters={"username": username})
        return member_of(row)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def locked_row(connection: Connection, staff_id: str) -> Row[*tuple[Any, ...]]:
    """Answer an account's row, held until the transaction ends.

    Raises ``NotFound("staff.not_found")``.
    """
    row = connection.execute(
        select(staff).where(staff.c.id == staff_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("staff.not_found", parameters={"username": staff_id})
    return row


def _reach_details(reach: Reach) -> dict[str, str]:
    if reach.branch is not None:
        return {"branch": reach.branch}
    return {"province": reach.province} if reach.province is not None else {}
