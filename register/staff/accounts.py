"""Accounts of staff: who there is, what role and reach they have, who is locked out."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from clearance.certificate import Branch
from clearance.clock import Clock
from clearance.errors import Conflict, NotFound, NotPermitted
from clearance.identifiers import BranchCode
from clearance.roles import Reach, Role
from clearance.text import clean
from register import events
from register.database import transaction
from register.events import EventName
from register.personal_keys import revoke_personal_keys
from register.records import RandomBytes
from register.staff.passwords import draw, hash_password
from register.staff.records import StaffMember, check_reach, member_of, parse_username
from register.staff.sessions import end_sessions
from register.staff.throttle import forgive
from register.tables.directory import branch
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
        password = draw(self._random_bytes)
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
        """Return all accounts by user name, locked ones too."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(staff).order_by(staff.c.username)).all()
        return tuple(map(member_of, rows))

    def find(self, username: str) -> StaffMember:
        """Return the account of a user name; raises ``NotFound("staff.not_found")``."""
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(staff).where(staff.c.username == username.lower())
            ).one_or_none()
        if row is None:
            raise NotFound("staff.not_found", parameters={"username": username})
        return member_of(row)

    def branches(self) -> tuple[Branch, ...]:
        """Return the branches of the directory by province and code: what a reach may name."""
        with transaction(self._engine) as connection:
            rows = connection.execute(
                select(branch).order_by(branch.c.province, branch.c.code)
            ).all()
        return tuple(
            Branch(code=BranchCode.parse(row.code), name=row.name, province=row.province)
            for row in rows
        )

    def change_role(self, username: str, *, role: Role, reach: Reach, actor: str) -> StaffMember:
        """Give an account another role and reach, and end its sessions.

        Raises ``InvalidValue`` for a reach that the role does not have, ``NotFound``,
        ``NotPermitted("staff.own_account")``: nobody changes their own role.
        """
        check_reach(role, reach)
        values = {"role": role.value, "province": reach.province, "branch_code": reach.branch}
        details = {"role": role.value, **_reach_details(reach)}
        return self._change(username, actor, EventName.STAFF_ROLE_CHANGED, values, details)

    def lock(self, username: str, *, actor: str) -> StaffMember:
        """Lock an account out and end its sessions; its API keys stop too.

        Raises ``NotFound``, ``NotPermitted("staff.own_account")``.
        """
        now = self._now()
        return self._change(username, actor, EventName.STAFF_LOCKED, {"locked_at": now})

    def unlock(self, username: str, *, actor: str) -> StaffMember:
        """Let an account in again and forget its failed attempts; raises ``NotFound``."""
        return self._change(
            username, actor, EventName.STAFF_UNLOCKED, {"locked_at": None}, forgiving=True
        )

    def reset_password(self, username: str, *, actor: str) -> tuple[StaffMember, str]:
        """Replace the password by a one-time password, answer it, and end sessions and API keys.

        The second factor stays. Raises ``NotFound``, ``NotPermitted("staff.own_account")``.
        """
        password = draw(self._random_bytes)
        now = self._now()
        values = {
            "password_hash": hash_password(password),
            "password_changed_at": now,
            "one_time_until": now + ONE_TIME_LIFE,
        }
        member = self._change(
            username,
            actor,
            EventName.STAFF_PASSWORD_RESET,
            values,
            forgiving=True,
            ending_keys=True,
        )
        return member, password

    def reset_second_factor(self, username: str, *, actor: str) -> StaffMember:
        """Take the second factor and its recovery codes away, and end sessions and API keys.

        The next login sets up a new one. Raises ``NotFound``,
        ``NotPermitted("staff.own_account")``.
        """
        values: dict[str, Any] = {
            "totp_secret": None,
            "totp_confirmed_at": None,
            "totp_last_step": None,
            "recovery_codes": [],
        }
        return self._change(
            username, actor, EventName.STAFF_SECOND_FACTOR_RESET, values, ending_keys=True
        )

    def _change(
        self,
        username: str,
        actor: str,
        event: EventName,
        values: Mapping[str, Any],
        details: Mapping[str, str] | None = None,
        *,
        forgiving: bool = False,
        ending_keys: bool = False,
    ) -> StaffMember:
        member = self.find(username)
        if member.id == actor:
            raise NotPermitted("staff.own_account")
        now = self._now()
        with transaction(self._engine) as connection:
            row = connection.execute(
                update(staff).where(staff.c.id == member.id).values(**values).returning(staff)
            ).one()
            if forgiving:
                forgive(connection, member.username)
            end_sessions(connection, member.id, at=now, because=event.value)
            if ending_keys:
                revoke_personal_keys(connection, member.id, actor=actor, now=now)
            events.record(
                connection, event, at=now, actor=actor, subject=member.id, details=details or {}
            )
        return member_of(row)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def locked_row(connection: Connection, staff_id: str) -> Row[*tuple[Any, ...]]:
    """Return an account's row, held until the transaction ends.

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
