"""API clients and their keys.

A key reads ``mohr_<id>_<secret><checksum>``: a prefix that scanners for leaked secrets can look
for, the client's public id, 256 random bits, and a CRC-32 that tells a mistyped key without
asking the database. Only its HMAC-SHA256 under a pepper is stored, so neither the database nor
the pepper alone lets anyone make or guess a key.
"""

import base64
import hashlib
import hmac
import logging
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Boolean, Connection, Engine, Row, insert, literal_column, select, update

from clearance.clock import Clock
from clearance.errors import InvalidValue, NotFound, Refused
from clearance.roles import Officer
from clearance.text import clean
from register import events
from register.database import transaction
from register.events import EventName
from register.records import RandomBytes, Scope
from register.staff.records import member_of
from register.tables.core import api_client
from register.tables.staff import staff

_log = logging.getLogger(__name__)

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_BYTES: Final = 5
_SECRET_BYTES: Final = 32
_SECRET_LENGTH: Final = 43
_CHECKSUM_LENGTH: Final = 6
_KEY = re.compile(
    rf"(?P<body>mohr_(?P<id>[a-z2-7]{{8}})_[{_BASE62}]{{{_SECRET_LENGTH}}})"
    rf"(?P<checksum>[{_BASE62}]{{{_CHECKSUM_LENGTH}}})",
    re.ASCII,
)
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
    revoked_at: datetime | None
    last_used_at: datetime | None
    """To within an hour."""
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
        self, name: str, scopes: frozenset[Scope], *, actor: str = "operator"
    ) -> tuple[Client, str]:
        """Add a client and answer it with its key, which nobody can show again.

        Raises ``InvalidValue`` for an unfit name (``clearance.text.clean``) or for no scope
        (``client.scope_missing``).
        """
        if not scopes:
            raise InvalidValue("client.scope_missing")
        return self._add(clean(name, limit=_LONGEST_NAME), scopes, None, actor)

    def add_personal(self, username: str, *, actor: str = "operator") -> tuple[Client, str]:
        """Add a key of a person's own, which acts as they may, and for as long as they may.

        Raises ``NotFound("staff.not_found")``.
        """
        with transaction(self._engine) as connection:
            owner = connection.execute(
                select(staff.c.id).where(staff.c.username == username)
            ).scalar_one_or_none()
        if owner is None:
            raise NotFound("staff.not_found", parameters={"username": username})
        return self._add(username, frozenset(), owner, actor)

    def _add(
        self, name: str, scopes: frozenset[Scope], staff_id: str | None, actor: str
    ) -> tuple[Client, str]:
        client_id = base64.b32encode(self._random_bytes(_ID_BYTES)).decode().lower()
        secret = _base62(int.from_bytes(self._random_bytes(_SECRET_BYTES)), _SECRET_LENGTH)
        body = f"mohr_{client_id}_{secret}"
        key = body + _checksum(body)
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
                )
                .returning(api_client)
            ).one()
            events.record(
                connection,
                EventName.CLIENT_ADDED,
                at=now,
                actor=actor,
                subject=client_id,
                details={"staff": staff_id} if staff_id else {"scopes": " ".join(row.scopes)},
            )
        return _client(row), key

    def list(self) -> tuple[Client, ...]:
        """Answer all clients, revoked ones too, in the order they were added."""
        with transaction(self._engine) as connection:
            rows = connection.execute(
                select(api_client).order_by(api_client.c.added_at, api_client.c.id)
            ).all()
        return tuple(map(_client, rows))

    def revoke(self, client_id: str, *, actor: str = "operator") -> Client:
        """Revoke a client's key, at once and for good; a second time changes nothing.

        Raises ``NotFound("client.not_found")``.
        """
        now = self._now()
        with transaction(self._engine) as connection:
            found = connection.execute(
                select(api_client).where(api_client.c.id == client_id).with_for_update()
            ).one_or_none()
            if found is None:
                raise NotFound("client.not_found", parameters={"id": client_id})
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
        """Answer who holds a key; what it allows is the caller's to check.

        Raises ``Refused("client.not_recognised")``, the same for a malformed, an unknown and a
        revoked key and for one whose owner is locked out: only the log tells them apart. Takes
        effect at once after ``revoke``, and so does a new role of its owner.
        """
        match = _KEY.fullmatch(key)
        if match is None or _checksum(match["body"]) != match["checksum"]:
            _log.info("API key refused: malformed")
            raise Refused("client.not_recognised")
        now = self._now()
        with transaction(self._engine) as connection:
            found = connection.execute(
                select(api_client, _MAY_NOTE_USE).where(api_client.c.id == match["id"])
            ).one_or_none()
            # Compared also where there is nothing to compare with, so that both take as long.
            expected = bytes(32) if found is None else found.key_hash
            holds = hmac.compare_digest(self._hash(key), expected)
            if found is None or not holds:
                _log.warning("API key refused: unknown", extra={"client_id": match["id"]})
                raise Refused("client.not_recognised")
            if found.revoked_at is not None:
                _log.warning("API key refused: revoked", extra={"client_id": found.id})
                raise Refused("client.not_recognised")
            officer = _owner(connection, found)
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


def _owner(connection: Connection, key: Row[*tuple[Any, ...]]) -> Officer | None:
    if key.staff_id is None:
        return None
    member = member_of(connection.execute(select(staff).where(staff.c.id == key.staff_id)).one())
    if member.locked_at is not None:
        _log.warning("API key refused: its owner is locked out", extra={"client_id": key.id})
        raise Refused("client.not_recognised")
    return member.officer()


def _client(row: Row[*tuple[Any, ...]], officer: Officer | None = None) -> Client:
    return Client(
        id=row.id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        added_at=row.added_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        officer=officer,
    )


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
