"""Notices for those who read inboxes, and for those who mend deliveries (R4)."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Row, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from clearance.clock import Clock
from clearance.errors import Conflict, NotFound
from clearance.identifiers import ClearanceNumber, WorkshopNumber
from clearance.notices import VIEW, Notice
from clearance.roles import Reach
from register.database import transaction
from register.events import EventName
from register.notices import mark_delivered, notice_of, record, set_job
from register.reach import within
from register.tables.core import clearance
from register.tables.directory import workshop
from register.tables.notices import notice, notice_view

_COUNTRY: Final = Reach()


class Notices:
    """The notices over one database, for those who read inboxes and those who mend deliveries.

    Every method is one short transaction; raises ``Unavailable("register.unavailable")`` if the
    database does not answer, and bears repeating.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def inbox(
        self,
        workshop_number: WorkshopNumber,
        *,
        viewed: bool | None = None,
        after: int = 0,
        limit: int,
    ) -> tuple[Notice, ...]:
        """Return a workshop's notices beyond a position, the oldest first, at most ``limit``.

        ``viewed`` leaves only the viewed or only the unviewed ones. Raises
        ``NotFound("directory.workshop_not_found")`` if the directory has no such workshop.
        """
        with transaction(self._engine) as connection:
            known = select(workshop.c.number).where(workshop.c.number == workshop_number)
            if connection.execute(known).first() is None:
                raise NotFound(
                    "directory.workshop_not_found", parameters={"workshop": workshop_number}
                )
            conditions = [notice.c.workshop_number == workshop_number, notice.c.position > after]
            if viewed is not None:
                conditions.append(notice.c.first_viewed_at.is_not(None) == viewed)
            rows = connection.execute(
                select(notice).where(*conditions).order_by(notice.c.position).limit(limit)
            )
            return tuple(map(notice_of, rows))

    def find(self, identifier: UUID, *, reach: Reach = _COUNTRY) -> Notice:
        """Return one notice; raises ``NotFound("notice.not_found")``, also outside ``reach``."""
        with transaction(self._engine) as connection:
            return notice_of(_existing(connection, identifier, reach=reach))

    def of_clearance(self, number: ClearanceNumber) -> tuple[Notice, ...]:
        """Return all notices of a clearance, in the order in which they were opened.

        One that was issued before there were notices has none. Raises
        ``NotFound("clearance.not_found")``.
        """
        with transaction(self._engine) as connection:
            known = select(clearance.c.number).where(clearance.c.number == number)
            if connection.execute(known).first() is None:
                raise NotFound("clearance.not_found")
            rows = connection.execute(
                select(notice).where(notice.c.number == number).order_by(notice.c.opened_at)
            )
            return tuple(map(notice_of, rows))

    def view(self, identifier: UUID, *, viewer: str, client_id: str) -> Notice:
        """Record that a user of the account, ``viewer`` (an opaque id), viewed a notice now.

        The first view of all is the evidence, and what each viewer did first is kept; to repeat it
        changes nothing. An undelivered notice is delivered by being viewed. Raises
        ``NotFound("notice.not_found")``, also of a notice that has found no account yet.
        """
        now = self._now()
        with transaction(self._engine) as connection:
            row = _existing(connection, identifier, locked=True)
            if row.account_id is None:
                raise NotFound("notice.not_found")
            connection.execute(
                upsert(notice_view)
                .values(notice_id=identifier, viewer=viewer, viewed_at=now, client_id=client_id)
                .on_conflict_do_nothing()
            )
            if row.first_viewed_at is not None:
                return notice_of(row)
            if row.delivered_at is None:
                mark_delivered(connection, row, VIEW, now=now, actor=client_id)
            row = connection.execute(
                update(notice)
                .where(notice.c.id == identifier)
                .values(first_viewed_at=now)
                .returning(notice)
            ).one()
            record(connection, EventName.NOTICE_VIEWED, row, at=now, actor=client_id)
            return notice_of(row)

    def undelivered(
        self, *, dead: bool, after: UUID | None = None, limit: int
    ) -> tuple[Notice, ...]:
        """Return the notices that were given up, or those that wait, the oldest first.

        Beyond the notice ``after``, at most ``limit``.
        """
        conditions: list[ColumnElement[bool]] = [
            notice.c.delivered_at.is_(None),
            notice.c.gave_up_at.is_not(None) == dead,
        ]
        if after is not None:
            opened_at = select(notice.c.opened_at).where(notice.c.id == after).scalar_subquery()
            conditions.append(tuple_(notice.c.opened_at, notice.c.id) > tuple_(opened_at, after))
        with transaction(self._engine) as connection:
            rows = connection.execute(
                select(notice)
                .where(*conditions)
                .order_by(notice.c.opened_at, notice.c.id)
                .limit(limit)
            )
            return tuple(map(notice_of, rows))

    def resend(self, identifier: UUID, *, actor: str, reach: Reach = _COUNTRY) -> Notice:
        """Have an undelivered notice tried again from now on, for the whole span.

        Raises ``NotFound("notice.not_found")``, also outside ``reach``, or
        ``Conflict("notice.delivered")``.
        """
        now = self._now()
        with transaction(self._engine) as connection:
            row = _existing(connection, identifier, locked=True, reach=reach)
            if row.delivered_at is not None:
                raise Conflict("notice.delivered")
            row = connection.execute(
                update(notice)
                .where(notice.c.id == identifier)
                .values(tried_since=now, failures=0, due_at=now, gave_up_at=None)
                .returning(notice)
            ).one()
            record(connection, EventName.NOTICE_RESENT, row, at=now, actor=actor)
            set_job(connection, identifier)
            return notice_of(row)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def _existing(
    connection: Connection, identifier: UUID, *, locked: bool = False, reach: Reach = _COUNTRY
) -> Row[*tuple[Any, ...]]:
    query = select(notice).where(notice.c.id == identifier, within(reach, notice.c.branch_code))
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise NotFound("notice.not_found")
    return row
