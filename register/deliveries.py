"""Delivering notices: who tries when, and what came of it; nothing is lost and nothing undone.

A delivery may be tried twice at once (by a worker that was believed dead, say): the receiver knows
a repetition by the notice's id, and the first confirmation is the one that is kept.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, insert, select, text, update

from clearance.clock import Clock
from clearance.notices import INBOX, DeliveryWay, Notice, Patience
from register.database import transaction
from register.events import EventName
from register.notices import mark_delivered, notice_of, recipient, record, set_job
from register.tables.notices import notice, notice_attempt

_log = logging.getLogger(__name__)

ACTOR = "courier"
"""Actor of what the register's own deliveries do, in the audit trail."""
NO_ACCOUNT = "notice.no_account"
"""Error of an attempt that found nobody to deliver to."""

_OVERDUE = text(
    """
    SELECT id FROM notice
    WHERE due_at <= :now AND NOT EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE queueing_lock = 'notice:' || notice.id AND status = 'todo'
    )
    ORDER BY due_at LIMIT 1000
    FOR UPDATE OF notice SKIP LOCKED
    """
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an attempt."""

    error: str | None = None
    """Code; empty if the receiver confirmed."""
    status: int | None = None
    """The receiver's status (HTTP or its like), if one came back."""
    final: bool = False
    """Whether the receiver asked never to be told of this again."""
    asked: timedelta | None = None
    """Pause that the receiver asked for."""


class Send(Protocol):
    """Sends one notice once."""

    def __call__(self, notice: Notice, at: datetime) -> Outcome:
        """Return what came of it; never raises for what the receiver does."""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A way to tell an account of its notices; it travels with the attempt that goes by it."""

    name: DeliveryWay
    """What ``delivered_by`` and the audit trail call it, for good; its text stands under this name
    in ``templates/messages/channels.toml``."""
    send: Send
    hold: timedelta
    """How long an attempt may take before it counts as lost with its process."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The right to try one delivery."""

    notice: Notice
    number: int
    """Which attempt for this notice it is, from 1 on."""
    channel: Channel
    began_at: datetime


class Deliveries:
    """The deliveries over one database.

    Every method is one short transaction, and none is open while a receiver answers; raises
    ``Unavailable("register.unavailable")`` if the database does not answer. ``fraction`` returns a
    random number from 0 up to 1.
    """

    def __init__(
        self, engine: Engine, *, clock: Clock, fraction: Callable[[], float], patience: Patience
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._fraction = fraction
        self._patience = patience

    def begin(self, identifier: UUID, channels: Sequence[Channel]) -> Attempt | None:
        """Begin an attempt, which has its channel's ``hold`` before another may follow.

        Several channels take turns, attempt by attempt, until one of them confirms. Returns nothing
        if nothing is to be done: delivered, given up, or not due yet. A notice that finds no
        account is put off, as after an attempt that failed.
        """
        now = self._now()
        with transaction(self._engine) as connection:
            row = self._taken(connection, identifier, now)
            if row is None:
                return None
            channel = channels[(row.attempts - 1) % len(channels)]
            row = connection.execute(
                update(notice)
                .where(notice.c.id == identifier)
                .values(due_at=now + channel.hold)
                .returning(notice)
            ).one()
            return Attempt(
                notice=notice_of(row), number=row.attempts, channel=channel, began_at=now
            )

    def place(self, identifier: UUID) -> None:
        """Deliver a notice into the inbox alone, where no channel is set."""
        now = self._now()
        with transaction(self._engine) as connection:
            row = self._taken(connection, identifier, now)
            if row is not None:
                mark_delivered(connection, row, INBOX, now=now, actor=ACTOR)

    def finish(self, attempt: Attempt, outcome: Outcome) -> None:
        """Record what came of an attempt, and settle when the next one is, if there is any."""
        now = self._now()
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(notice).where(notice.c.id == attempt.notice.id).with_for_update()
            ).one()
            connection.execute(
                insert(notice_attempt).values(
                    notice_id=row.id,
                    attempt=attempt.number,
                    channel=attempt.channel.name,
                    began_at=attempt.began_at,
                    ended_at=now,
                    status=outcome.status,
                    error=outcome.error,
                )
            )
            if row.delivered_at is not None:
                return
            if outcome.error is None:
                mark_delivered(connection, row, attempt.channel.name, now=now, actor=ACTOR)
            elif row.attempts == attempt.number:
                self._put_off(connection, row, outcome, now)

    def set_lost_jobs(self) -> None:
        """Set a job for each notice that is due and has none, as after a worker that was killed."""
        with transaction(self._engine) as connection:
            for identifier in connection.execute(_OVERDUE, {"now": self._now()}).scalars().all():
                set_job(connection, identifier)

    def _taken(
        self, connection: Connection, identifier: UUID, now: datetime
    ) -> Row[*tuple[Any, ...]] | None:
        """Lock a notice that is due, find its account and count the attempt; None if not so."""
        row = connection.execute(
            select(notice).where(notice.c.id == identifier).with_for_update()
        ).one_or_none()
        if row is None or row.due_at is None or row.due_at > now:
            return None
        address: dict[str, Any] | None = {}
        if row.account_id is None:
            known = notice_of(row)
            address = recipient(connection, known.number, known.key)
        row = connection.execute(
            update(notice)
            .where(notice.c.id == identifier)
            .values(attempts=notice.c.attempts + 1, **(address or {}))
            .returning(notice)
        ).one()
        if address is not None:
            return row
        connection.execute(
            insert(notice_attempt).values(
                notice_id=identifier,
                attempt=row.attempts,
                began_at=now,
                ended_at=now,
                error=NO_ACCOUNT,
            )
        )
        self._put_off(connection, row, Outcome(error=NO_ACCOUNT), now)
        return None

    def _put_off(
        self,
        connection: Connection,
        row: Row[*tuple[Any, ...]],
        outcome: Outcome,
        now: datetime,
    ) -> None:
        following = self._patience.next_attempt(
            failures=row.failures + 1,
            since=row.tried_since,
            now=now,
            fraction=self._fraction(),
            asked=outcome.asked,
        )
        if outcome.final or following is None:
            self._give_up(connection, row, outcome, now)
            return
        connection.execute(
            update(notice)
            .where(notice.c.id == row.id)
            .values(due_at=following, failures=row.failures + 1, last_error=outcome.error)
        )
        set_job(connection, row.id, at=following)

    def _give_up(
        self,
        connection: Connection,
        row: Row[*tuple[Any, ...]],
        outcome: Outcome,
        now: datetime,
    ) -> None:
        connection.execute(
            update(notice)
            .where(notice.c.id == row.id)
            .values(
                due_at=None, gave_up_at=now, failures=row.failures + 1, last_error=outcome.error
            )
        )
        record(
            connection,
            EventName.NOTICE_DEAD,
            row,
            at=now,
            actor=ACTOR,
            attempts=row.attempts,
            error=outcome.error,
        )
        _log.error("notice %s is a dead letter: %s", row.id, outcome.error)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)
