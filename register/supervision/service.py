"""Supervision as the rest of the program uses it; it reads and never writes.

Each method is one short transaction, shows nothing outside the reach it is given, and raises
``Unavailable("register.unavailable")`` if the database does not answer. All may be called from
several threads, processes and machines at once, on a standby too.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from sqlalchemy import Engine

from clearance.clock import Clock
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.jalali import tehran_day
from clearance.notices import Notice
from clearance.roles import Officer, Reach
from register.batches.records import Batch
from register.database import transaction
from register.supervision import attention, batches, histories, searching, timeliness, trail
from register.supervision.records import (
    Attention,
    Awaited,
    BranchName,
    Event,
    FiledUndertaking,
    Found,
    History,
    OpenCollection,
    Page,
    Timeliness,
    WaitingRequest,
)
from register.supervision.trail import TrailFilter


class Supervision:
    """What supervisors read, over one database."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def today(self) -> date:
        """Return the present day in Tehran."""
        return tehran_day(self._now())

    def attention(self, officer: Officer) -> Attention:
        """Count what is to be done within an officer's reach."""
        with transaction(self._engine) as connection:
            return attention.attention(connection, officer, self._now())

    def open_collections(
        self, reach: Reach, *, overdue: bool, limit: int, offset: int
    ) -> Page[OpenCollection]:
        """Return collections without a clearance, the longest due first.

        They are past their deadline, or warned of and not past it.
        """
        with transaction(self._engine) as connection:
            return attention.open_collections(
                connection, reach, self._now(), overdue=overdue, limit=limit, offset=offset
            )

    def waiting_requests(
        self, reach: Reach, awaits: Awaited, *, limit: int, offset: int
    ) -> Page[WaitingRequest]:
        """Return numbers that are given and not issued, the oldest first."""
        with transaction(self._engine) as connection:
            return attention.waiting_requests(connection, reach, awaits, limit=limit, offset=offset)

    def undelivered(self, reach: Reach, *, dead: bool, limit: int, offset: int) -> Page[Notice]:
        """Return notices that were given up, or those still tried, the oldest first."""
        with transaction(self._engine) as connection:
            return attention.undelivered(connection, reach, dead=dead, limit=limit, offset=offset)

    def batches(self, *, limit: int, offset: int) -> Page[Batch]:
        """Return the batches of all clients, the newest first; for who sees the whole country."""
        with transaction(self._engine) as connection:
            return batches.batches(connection, self._now(), limit=limit, offset=offset)

    def timeliness(
        self, reach: Reach, *, branch: BranchCode | None = None, first_day: date, last_day: date
    ) -> Timeliness:
        """Return issuing against the one-day rule by branch and day, both days included."""
        with transaction(self._engine) as connection:
            return timeliness.timeliness(
                connection,
                reach,
                branch_code=branch,
                first_day=first_day,
                last_day=last_day,
                now=self._now(),
            )

    def branches(self, reach: Reach) -> tuple[BranchName, ...]:
        """Return the branches within reach by province and code."""
        with transaction(self._engine) as connection:
            return searching.branches(connection, reach)

    def search(
        self,
        reach: Reach,
        typed: str,
        *,
        branch: BranchCode | None = None,
        limit: int,
        offset: int,
    ) -> Page[Found]:
        """Return the clearances that hold all words typed, the newest first.

        A word finds numbers, contract rows and numbers, workshops, identifiers, names of parties,
        subjects and receipts by their beginning. Nothing typed finds all.
        """
        with transaction(self._engine) as connection:
            return searching.clearances(
                connection, reach, typed, branch_code=branch, limit=limit, offset=offset
            )

    def undertakings(
        self, reach: Reach, typed: str, *, limit: int, offset: int
    ) -> Page[FiledUndertaking]:
        """Return undertakings on file, the newest first; by id or contractor if typed."""
        with transaction(self._engine) as connection:
            return searching.undertakings(connection, reach, typed, limit=limit, offset=offset)

    def history(self, number: ClearanceNumber, reach: Reach) -> History:
        """Return all that is known of a number.

        Raises ``NotFound("supervision.clearance_not_found")``.
        """
        with transaction(self._engine) as connection:
            return histories.history(connection, number, reach)

    def trail(
        self, reach: Reach, asked: TrailFilter, *, before: int | None = None, limit: int
    ) -> tuple[Event, ...]:
        """Return events of the audit trail, the newest first, older than the event ``before``."""
        with transaction(self._engine) as connection:
            return trail.trail(connection, reach, asked, before=before, limit=limit)

    def names_of(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the names of officers and programs by their ids."""
        with transaction(self._engine) as connection:
            return trail.names_of(connection, ids)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)
