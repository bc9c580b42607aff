"""API clients and their keys.

Of a key only its HMAC-SHA256 under a pepper is stored, so neither the database nor the pepper
alone lets anyone make or guess one.
"""

import hashlib
import hmac
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Boolean, Engine, Row, insert, literal_column, select, update

from clearance.clock import Clock
from clearance.errors import InvalidValue, NotFound, Refused
from clearance.roles import Officer
from clearance.text import clean
from register import events
from register.client_keys import client_id_of, make_key
from register.client_rows import held, limit_columns, owner
from register.database import transaction
from register.events import EventName
from register.records import FileLimits, RandomBytes, Scope
from register.tables.core import api_client
from register.tables.staff import staff

_log = logging.getLogger(__name__)

_LONGEST_NAME: Final = 200
_SHORTEST_PEPPER: Final = 32
_USE_IS_NOTED_EVERY = timedelta(hours=1)
_MAY_NOTE_USE = literal_column(
    "has_column_privilege('api_client', 'last_used_at', 'UPDATE')"
    " AND current_setting('transaction_read_only') = 'off'",
    Boolean,
).label("may_note")
"""False for the read-only database user of a public machine and on a standby."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """Someone who holds an API key; times in UTC."""

    id: str
    """Public: it stands in the key and in the audit trail."""
    name: str
    scopes: frozenset[Scope]
    added_at: datetime
    expires_at: datetime | None
    """From when on the key is refused; ``None``: never."""
    revoked_at: datetime | None
    last_used_at: datetime | None
    """To within an hour."""
    limits: FileLimits | None
    """Exactly of a key with the scope ``verify``."""
    officer: Officer | None = None
    """Whose own key it is, told by ``authenticate``. Such a key has no scopes: it allows what the
    person may do."""


class Clients:
    """The register of API clients; safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, *, clock: Clock, random_bytes: RandomBytes, pepper: bytes
    ) -> None:
        if len(pepper) < _SHORTEST_PEPPER:
            raise Refused("client.pepper_too_short")
        self._engine = engine
        self._clock = clock
        self._random_bytes = random_bytes
        self._pepper = pepper

    def add(
        self,
        name: str,
        scopes: frozenset[Scope],
        *,
        limits: FileLimits | None = None,
        life: timedelta | None = None,
        actor: str = "operator",
    ) -> tuple[Client, str]:
        """Add a client and answer it with its key, which nobody can show again.

        ``limits`` are those of a key that verifies; without them it gets the usual ones. The key is
        refused once its ``life`` is over, if it has one.
        Raises ``InvalidValue`` for an unfit name (``clearance.text.clean``), for no scope
        (``client.scope_missing``) or for limits of a key that does not verify
        (``client.limits_without_verify``).
        """
        if not scopes:
            raise InvalidValue("client.scope_missing")
        if Scope.VERIFY in scopes:
            limits = limits or FileLimits()
        elif limits is not None:
            raise InvalidValue("client.limits_without_verify")
        return self._add(clean(name, limit=_LONGEST_NAME), scopes, limits, None, life, actor)

    def add_personal(
        self, username: str, *, life: timedelta | None = None, actor: str = "operator"
    ) -> tuple[Client, str]:
        """Add a key of a person's own, which acts as they may, and for as long as they may.

        It ends with a reset of the person's password or second factor, or with its ``life``.
        Raises ``NotFound("staff.not_found")``.
        """
        with transaction(self._engine) as connection:
            owner_id = connection.execute(
                select(staff.c.id).where(staff.c.username == username)
            ).scalar_one_or_none()
        if owner_id is None:
            raise NotFound("staff.not_found", parameters={"username": username})
        return self._add(username, frozenset(), None, owner_id, life, actor)

    def _add(
        self,
        name: str,
        scopes: frozenset[Scope],
        limits: FileLimits | None,
        staff_id: str | None,
        life: timedelta | None,
        actor: str,
    ) -> tuple[Client, str]:
        client_id, key = make_key(self._random_bytes)
        now = self._now()
        with transaction(self._engine) as connection:
            row = connection.execute(
                insert(api_client)
                .values(
                    id=client_id,
                    name=name,
                    scopes=sorted(scope.value for scope in scopes),
                    staff_id=staff_id,
                    key_hash=self._hash(key),
                    added_at=now,
                    expires_at=None if life is None else now + life,
                    **limit_columns(limits),
                )
                .returning(api_client)
            ).one()
            events.record(
                connection,
                EventName.CLIENT_ADDED,
                at=now,
                actor=actor,
                subject=client_id,
                details={"staff": staff_id}
                if staff_id
                else {"scopes": " ".join(row.scopes), **(vars(limits) if limits else {})},
            )
        return _client(row), key

    def list(self) -> tuple[Client, ...]:
        """Return all clients, revoked ones too, in the order they were added."""
        with transaction(self._engine) as connection:
            rows = connection.execute(
                select(api_client).order_by(api_client.c.added_at, api_client.c.id)
            ).all()
        return tuple(map(_client, rows))

    def limit(
        self,
        client_id: str,
        *,
        per_minute: int | None = None,
        per_day: int | None = None,
        actor: str = "operator",
    ) -> Client:
        """Change limits of a key, from its next call on; what is left out stays as it is.

        What the key has used already counts against the new limits. Raises
        ``NotFound("client.not_found")``, ``InvalidValue`` with ``client.limit_out_of_range`` or
        ``client.limits_without_verify``, ``Refused("client.revoked")``.
        """
        changed = {
            name: limit
            for name, limit in (("per_minute", per_minute), ("per_day", per_day))
            if limit is not None
        }
        now = self._now()
        with transaction(self._engine) as connection:
            client = _client(held(connection, client_id))
            if client.limits is None:
                raise InvalidValue("client.limits_without_verify")
            if client.revoked_at is not None:
                raise Refused("client.revoked", parameters={"id": client_id})
            limits = replace(client.limits, **changed)
            connection.execute(
                update(api_client)
                .where(api_client.c.id == client_id)
                .values(**limit_columns(limits))
            )
            events.record(
                connection,
                EventName.CLIENT_LIMITED,
                at=now,
                actor=actor,
                subject=client_id,
                details=vars(limits),
            )
        return replace(client, limits=limits)

    def revoke(self, client_id: str, *, actor: str = "operator") -> Client:
        """Revoke a client's key, at once and for good; a second time changes nothing.

        Raises ``NotFound("client.not_found")``.
        """
        now = self._now()
        with transaction(self._engine) as connection:
            found = held(connection, client_id)
            if found.revoked_at is not None:
                return _client(found)
            revoked = connection.execute(
                update(api_client)
                .where(api_client.c.id == client_id)
                .values(revoked_at=now)
                .returning(api_client)
            ).one()
            events.record(
                connection,
                EventName.CLIENT_REVOKED,
                at=now,
                actor=actor,
                subject=client_id,
                details={},
            )
        return _client(revoked)

    def authenticate(self, key: str) -> Client:
        """Return who holds a key; what it allows is the caller's to check.

        Raises ``Refused("client.not_recognised")``, the same for a malformed, an unknown, a revoked
        and an expired key and for one whose owner is locked out: only the log tells them apart.
        Takes effect at once after ``revoke``, and so does a new role of its owner.
        """
        client_id = client_id_of(key)
        if client_id is None:
            _log.info("API key refused: malformed")
            raise Refused("client.not_recognised")
        now = self._now()
        with transaction(self._engine) as connection:
            found = connection.execute(
                select(api_client, _MAY_NOTE_USE).where(api_client.c.id == client_id)
            ).one_or_none()
            # Compared also where there is nothing to compare with, so that both take as long.
            expected = bytes(32) if found is None else found.key_hash
            holds = hmac.compare_digest(self._hash(key), expected)
            if found is None or not holds:
                _log.warning("API key refused: unknown", extra={"client_id": client_id})
                raise Refused("client.not_recognised")
            if found.revoked_at is not None:
                _log.warning("API key refused: revoked", extra={"client_id": found.id})
                raise Refused("client.not_recognised")
            if found.expires_at is not None and found.expires_at <= now:
                _log.warning("API key refused: expired", extra={"client_id": found.id})
                raise Refused("client.not_recognised")
            officer = owner(connection, found)
            last = found.last_used_at
            if found.may_note and (last is None or now - last > _USE_IS_NOTED_EVERY):
                connection.execute(
                    update(api_client).where(api_client.c.id == found.id).values(last_used_at=now)
                )
        return _client(found, officer)

    def _hash(self, key: str) -> bytes:
        return hmac.digest(self._pepper, key.encode(), hashlib.sha256)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def _client(row: Row[*tuple[Any, ...]], officer: Officer | None = None) -> Client:
    return Client(
        id=row.id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        added_at=row.added_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        limits=None
        if row.files_per_minute is None
        else FileLimits(per_minute=row.files_per_minute, per_day=row.files_per_day),
        officer=officer,
    )
