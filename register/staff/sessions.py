"""Sessions: what a browser's cookie stands for.

The cookie holds 256 random bits and the database only their hash, so nobody who reads the
database can take a session over. Each session ends when it is idle, when it has lasted long
enough, or when something ends it; an ended one never comes back, and stays on record for a while.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, insert, select, update

from clearance.clock import Clock
from register.database import transaction
from register.records import RandomBytes
from register.staff.passwords import fingerprint
from register.staff.records import Method, StaffMember, Stage, member_of
from register.tables.staff import staff, staff_session

_SEEN_IS_NOTED_EVERY: Final = timedelta(minutes=1)
_LOGGING_IN: Final = timedelta(minutes=15)
"""How long the steps between password and start page may take."""
_LONGEST_AGENT: Final = 200
KEPT: Final = timedelta(days=90)
"""How long a session stays on record beyond the moment at which it would have ended by itself."""
_MOST_REMOVED: Final = 1000
"""At once, so that the statement stays short whatever has piled up."""


class Step(StrEnum):
    """What stands between a person and the panel."""

    CODE = "code"
    """Type a code of the second factor."""
    PASSWORD = "password"  # noqa: S105 - a step
    """Replace the one-time password."""
    ENROLMENT = "enrolment"
    """Set up a second factor."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Where a session comes from, told to its owner."""

    address: str
    network: str
    """The address, or the network that one subscriber sends from."""
    agent: str
    """The browser's own words."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """An open session; times in UTC."""

    id_hash: bytes
    member: StaffMember
    stage: Stage
    method: Method
    address: str
    agent: str
    opened_at: datetime
    seen_at: datetime
    """To within a minute."""

    @property
    def step(self) -> Step | None:
        """What has to be done before the panel opens; ``None`` if nothing has."""
        if self.stage is Stage.PASSWORD and self.member.has_second_factor:
            return Step.CODE
        if self.method is Method.PASSWORD and self.member.one_time_until is not None:
            return Step.PASSWORD
        return None if self.stage is Stage.FULL else Step.ENROLMENT


@dataclass(frozen=True, kw_only=True)
class SessionRules:
    """How long sessions last."""

    idle: timedelta = timedelta(minutes=30)
    life: timedelta = timedelta(hours=10)


class Sessions:
    """The sessions; safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, *, clock: Clock, random_bytes: RandomBytes, rules: SessionRules
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._random_bytes = random_bytes
        self._rules = rules

    def open(
        self,
        connection: Connection,
        staff_id: str,
        *,
        stage: Stage,
        method: Method,
        visitor: Visitor,
    ) -> str:
        """Open a session within the caller's transaction; answer what the cookie is to hold."""
        now = self._now()
        secret = base64.urlsafe_b64encode(self._random_bytes(32)).decode().rstrip("=")
        connection.execute(
            insert(staff_session).values(
                id_hash=fingerprint(secret),
                staff_id=staff_id,
                stage=stage.value,
                method=method.value,
                address=visitor.address,
                network=visitor.network,
                agent=visitor.agent[:_LONGEST_AGENT],
                opened_at=now,
                seen_at=now,
                ends_at=now + (self._rules.life if stage is Stage.FULL else _LOGGING_IN),
            )
        )
        return secret

    def find(self, secret: str) -> Session | None:
        """Return the open session of a cookie, and note that it was seen."""
        now = self._now()
        with transaction(self._engine) as connection:
            row = connection.execute(
                self._open_ones(now).where(staff_session.c.id_hash == fingerprint(secret))
            ).one_or_none()
            if row is None:
                return None
            if now - row.seen_at > _SEEN_IS_NOTED_EVERY:
                connection.execute(
                    update(staff_session)
                    .where(staff_session.c.id_hash == row.id_hash)
                    .values(seen_at=now)
                )
        return _session(row)

    def of(self, staff_id: str) -> tuple[Session, ...]:
        """Return a person's open sessions, the newest first."""
        with transaction(self._engine) as connection:
            rows = connection.execute(
                self._open_ones(self._now())
                .where(staff_session.c.staff_id == staff_id, staff_session.c.stage == Stage.FULL)
                .order_by(staff_session.c.opened_at.desc())
            ).all()
        return tuple(map(_session, rows))

    def _open_ones(self, now: datetime) -> Any:
        return (
            select(staff_session, staff)
            .join(staff, staff.c.id == staff_session.c.staff_id)
            .where(staff_session.c.ended_at.is_(None), staff_session.c.ends_at > now)
            .where(staff_session.c.seen_at > now - self._rules.idle)
            .where(staff.c.locked_at.is_(None))
        )

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def end_sessions(
    connection: Connection,
    staff_id: str,
    *conditions: ColumnElement[bool],
    at: datetime,
    because: str,
) -> int:
    """End a person's sessions, or those that meet the conditions; answer how many."""
    return connection.execute(
        update(staff_session)
        .where(staff_session.c.staff_id == staff_id, staff_session.c.ended_at.is_(None))
        .where(*conditions)
        .values(ended_at=at, ended_because=because)
    ).rowcount


def remove_old_sessions(engine: Engine, *, clock: Clock) -> int:
    """Remove up to a thousand sessions that ended long ago; answer how many.

    Who logged in and out when stays in the audit trail, which has events of its own for that. Bears
    being called by several processes at once.
    """
    old = (
        select(staff_session.c.id_hash)
        .where(staff_session.c.ends_at < clock().astimezone(UTC) - KEPT)
        .limit(_MOST_REMOVED)
    )
    with transaction(engine) as connection:
        return connection.execute(
            delete(staff_session).where(staff_session.c.id_hash.in_(old))
        ).rowcount


def _session(row: Row[*tuple[Any, ...]]) -> Session:
    return Session(
        id_hash=row.id_hash,
        member=member_of(row),
        stage=Stage(row.stage),
        method=Method(row.method),
        address=row.address,
        agent=row.agent,
        opened_at=row.opened_at,
        seen_at=row.seen_at,
    )
