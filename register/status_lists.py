"""Status lists: which places are revoked, and what has been published of it.

Places count from 0 on through all clearances, and lists follow each other, so the first million
lies in list 0. A list of which nothing is revoked is published as well: its silence must be
signed, too.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, func, insert, select

from clearance.status_list import LIST_SIZE, place_of
from register import database
from register.tables.core import intent, revocation
from register.tables.revocations import status_list_publication

PUBLISH: Final = "status-list"
"""Task that publishes what is due; it takes no arguments."""
PUBLISH_PRIORITY: Final = 30


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One signed status list."""

    list_number: int
    revoked: int
    """How many of its places are set."""
    issued_at: datetime
    expires_at: datetime
    ttl: timedelta
    kid: bytes
    """Identifier of the key that signed it."""
    token: bytes
    """The list as it is served."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the list as it is served, lowercase hexadecimal."""
        return hashlib.sha256(self.token).hexdigest()


class StatusLists:
    """The status lists over one database; reading them needs no right to write.

    Each method is one short transaction, may be called from several threads, processes and
    machines at once, and raises ``Unavailable("register.unavailable")`` if the database does not
    answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def counts(self) -> tuple[int, ...]:
        """Return for each list how many of its places are revoked.

        There are as many lists as have a place given, and at least one.
        """
        number = intent.c.status_list_index // LIST_SIZE
        by_list = (
            select(number, func.count())
            .join(revocation, revocation.c.number == intent.c.number)
            .group_by(number)
        )
        with database.transaction(self._engine) as connection:
            last = connection.execute(select(func.max(intent.c.status_list_index))).scalar()
            found = dict(connection.execute(by_list).all())
        lists = 1 if last is None else place_of(last)[0] + 1
        return tuple(found.get(each, 0) for each in range(lists))

    def revoked(self, number: int) -> list[int]:
        """Return the places of a list (from 0 on, unordered) whose clearances are revoked."""
        first = number * LIST_SIZE
        places = (
            select(intent.c.status_list_index - first)
            .join(revocation, revocation.c.number == intent.c.number)
            .where(intent.c.status_list_index.between(first, first + LIST_SIZE - 1))
        )
        with database.transaction(self._engine) as connection:
            return list(connection.execute(places).scalars())

    def newest(self, number: int) -> Publication | None:
        """Return what is published of a list; None if nothing is, or there is no such list.

        Of two publications the one with more revocations is the newer, whichever was recorded
        first: one that is slow to sign never hides what another has published meanwhile. Of two
        with as many it is the one recorded last, and not the one dated last: a clock may have been
        ahead.
        """
        table = status_list_publication.c
        newest = (
            select(status_list_publication)
            .where(table.list_number == number)
            .order_by(table.revoked.desc(), table.id.desc())
            .limit(1)
        )
        with database.transaction(self._engine) as connection:
            row = connection.execute(newest).one_or_none()
        if row is None:
            return None
        return Publication(
            list_number=row.list_number,
            revoked=row.revoked,
            issued_at=row.issued_at,
            expires_at=row.expires_at,
            ttl=timedelta(seconds=row.ttl),
            kid=row.kid,
            token=row.token,
        )

    def record(self, publication: Publication) -> None:
        """Publish a signed list: it is served from now on."""
        with database.transaction(self._engine) as connection:
            connection.execute(
                insert(status_list_publication).values(
                    list_number=publication.list_number,
                    revoked=publication.revoked,
                    issued_at=publication.issued_at,
                    expires_at=publication.expires_at,
                    ttl=int(publication.ttl.total_seconds()),
                    kid=publication.kid,
                    token=publication.token,
                )
            )
