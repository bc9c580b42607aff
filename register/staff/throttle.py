"""Growing delays for whoever keeps guessing, by account and network.

Three counts, each with a bar that grows: of one name from one network, of one network whatever the
names, and of one name from all networks. The last spares networks from which the account has
logged in before: guessing from elsewhere locks nobody out.

An attempt is counted before it is judged, in one transaction that locks the counts: guesses sent
at the same moment do not slip past each other, and neither does one whose process dies. A right
guess is given back. Counts live in the database, so a restart forgets nothing.

A name that no account has is counted like any other, so that being barred tells nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from clearance.clock import Clock
from clearance.errors import TooManyAttempts
from register.database import transaction
from register.staff.passwords import fingerprint
from register.tables.staff import staff, staff_attempts, staff_session

_FORGOTTEN_AFTER: Final = timedelta(days=1)
LONGEST_BAR: Final = timedelta(hours=1)
_FREE: Final = {"account": 5, "address": 30, "name": 50}
"""So many failures bring no delay yet: an office may share an address, and whoever has many
addresses guesses from each."""
_HALF: Final = 16
"""Bytes of a count's key that stand for the name, in that of a name from one network."""


@dataclass(frozen=True, kw_only=True)
class Guesser:
    """Who guesses: the name as typed, folded, and the network it comes from."""

    username: str
    network: str

    def counted(self, *, at_home: bool) -> tuple[tuple[str, bytes], ...]:
        """Return the keys of the counts, always in this order, so that no two wait crosswise.

        ``at_home`` is whether the account has logged in from this network before.
        """
        name, network = fingerprint(self.username), fingerprint(self.network)
        both = ("account", name[:_HALF] + network[:_HALF]), ("address", network)
        return both if at_home else (*both, ("name", name))


class Throttle:
    """The counts; safe to use from several threads and processes."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def take(self, guesser: Guesser) -> None:
        """Count an attempt that is about to be judged.

        Raises ``TooManyAttempts`` while either count is barred;
        the attempt is not judged then and does not count.
        """
        now = self._clock().astimezone(UTC)
        with transaction(self._engine) as connection:
            counted = guesser.counted(at_home=_is_at_home(connection, guesser))
            rows = [_held(connection, *key, now) for key in counted]
            barred = [
                # At most: one stored by a clock that was ahead bars nobody for longer.
                min(row.barred_until, now + LONGEST_BAR)
                for row in rows
                if row.barred_until and row.barred_until > now
            ]
            if not barred:
                for row in rows:
                    _count(connection, row, now)
        if barred:
            minutes = max(1, ceil((max(barred) - now) / timedelta(minutes=1)))
            raise TooManyAttempts(minutes=minutes)


def give_back(connection: Connection, guesser: Guesser) -> None:
    """Take back the count of an attempt that turned out right, and the bar that it brought."""
    for kind, key_hash in guesser.counted(at_home=_is_at_home(connection, guesser)):
        connection.execute(
            update(staff_attempts)
            .where(staff_attempts.c.kind == kind, staff_attempts.c.key_hash == key_hash)
            .where(staff_attempts.c.failures > 0)
            .values(failures=staff_attempts.c.failures - 1, barred_until=None)
        )


def forgive(connection: Connection, username: str) -> None:
    """Forget an account's failures: somebody is in, or an administrator vouches for them."""
    name = fingerprint(username)
    of_name = func.substring(staff_attempts.c.key_hash, 1, _HALF) == name[:_HALF]
    connection.execute(
        update(staff_attempts)
        .where(staff_attempts.c.kind.in_(("account", "name")), of_name)
        .values(failures=0, barred_until=None)
    )


def _is_at_home(connection: Connection, guesser: Guesser) -> bool:
    """Whether the account has logged in from this network, while that is on record."""
    logged_in = (
        select(staff_session.c.id_hash)
        .join(staff, staff.c.id == staff_session.c.staff_id)
        .where(staff.c.username == guesser.username)
        .where(staff_session.c.network == guesser.network, staff_session.c.stage == "full")
    )
    return bool(connection.execute(select(logged_in.exists())).scalar_one())


def _held(
    connection: Connection, kind: str, key_hash: bytes, now: datetime
) -> Row[*tuple[Any, ...]]:
    connection.execute(
        insert(staff_attempts)
        .values(kind=kind, key_hash=key_hash, failures=0, last_at=now)
        .on_conflict_do_nothing()
    )
    return connection.execute(
        select(staff_attempts)
        .where(staff_attempts.c.kind == kind, staff_attempts.c.key_hash == key_hash)
        .with_for_update()
    ).one()


def _count(connection: Connection, row: Row[*tuple[Any, ...]], now: datetime) -> None:
    failures = 1 if now - row.last_at > _FORGOTTEN_AFTER else row.failures + 1
    connection.execute(
        update(staff_attempts)
        .where(staff_attempts.c.kind == row.kind, staff_attempts.c.key_hash == row.key_hash)
        .values(failures=failures, last_at=now, barred_until=_bar(row.kind, failures, now))
    )


def _bar(kind: str, failures: int, now: datetime) -> datetime | None:
    beyond = failures - _FREE[kind]
    if beyond < 0:
        return None
    return now + min(timedelta(minutes=2 ** min(beyond, 10)), LONGEST_BAR)
