"""Revoking a sealed document takes two officers: one asks, another confirms or rejects.

A request and its decision are rows that never change. A confirmed request revokes the document in
the same transaction, and whoever asks from then on is told so. Officers see and decide only on what
lies within their reach; anything else is to them as if it did not exist. A clearance lies in the
reach of its branch; a document of another kind, which has none, in that of the whole country alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, func, insert, select

from clearance.clock import Clock
from clearance.errors import Conflict, NotFound
from clearance.roles import Officer, Permission
from register import database, events, revocation_recording
from register.events import EventName
from register.reach import within
from register.records import RevocationReason, RevocationState
from register.tables.archive import archive
from register.tables.core import intent, revocation
from register.tables.revocations import revocation_decision, revocation_request

MOST_LISTED = 200
LONGEST_REMARK = 1000


class Decision(StrEnum):
    """What an officer decides on another's request."""

    CONFIRM = "confirm"
    REJECT = "reject"


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """One request to revoke a document, and what became of it."""

    id: int
    number: str
    """Of the document's record: a clearance's, in all that the office's lists show."""
    reason: RevocationReason
    remark: str | None
    """Personal: for officers within reach only."""
    requested_by: str
    """Officer id."""
    requested_at: datetime
    state: RevocationState
    decided_by: str | None
    """Officer id; empty while the request is open."""
    decided_at: datetime | None


class Revocations:
    """Requests to revoke over one database.

    Each method is one short transaction, may be called from several threads, processes and
    machines at once, and raises ``Unavailable("register.unavailable")`` if the database does not
    answer. All raise ``NotPermitted`` for an officer whose role does not allow
    it.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def open(
        self,
        number: str,
        *,
        reason: RevocationReason,
        remark: str | None,
        officer: Officer,
    ) -> Revocation:
        """Ask that a document in force be revoked.

        ``remark`` (1-1000 characters) is kept for officers within reach. Raises
        ``NotFound("clearance.not_found")`` if nothing is sealed under the number within the
        officer's reach, ``Conflict`` with ``clearance.already_withdrawn`` or
        ``revocation_request.already_open``.
        """
        officer.demand(Permission.REQUEST_REVOCATION)
        now = self._now()
        with database.transaction(self._engine) as connection:
            _lock(connection, number, officer)
            if _is_revoked(connection, number):
                raise Conflict("clearance.already_withdrawn")
            earlier = _found(connection, revocation_request.c.number == number)
            if any(each.state is RevocationState.OPEN for each in earlier):
                raise Conflict("revocation_request.already_open")
            made = connection.execute(
                insert(revocation_request)
                .values(
                    number=number,
                    ordinal=len(earlier) + 1,
                    reason=reason.value,
                    remark=remark,
                    requested_by=officer.id,
                    requested_at=now,
                )
                .returning(revocation_request.c.id)
            ).scalar_one()
            asked = _by_id(connection, number, made)
            _record(connection, EventName.REVOCATION_REQUESTED, asked, officer, now)
            return asked

    def decide(self, number: str, id_: int, decision: Decision, *, officer: Officer) -> Revocation:
        """Confirm or reject what another officer asked for; a confirmation revokes at once.

        Raises ``NotFound`` with ``clearance.not_found`` or ``revocation_request.not_found``,
        ``Conflict`` with ``revocation_request.already_decided`` or
        ``revocation_request.same_officer``.
        """
        officer.demand(Permission.CONFIRM_REVOCATION)
        now = self._now()
        with database.transaction(self._engine) as connection:
            _lock(connection, number, officer)
            asked = _by_id(connection, number, id_)
            if asked.state is not RevocationState.OPEN:
                raise Conflict("revocation_request.already_decided")
            if asked.requested_by == officer.id:
                raise Conflict("revocation_request.same_officer")
            confirmed = decision is Decision.CONFIRM
            outcome = RevocationState.CONFIRMED if confirmed else RevocationState.REJECTED
            connection.execute(
                insert(revocation_decision).values(
                    request_id=id_,
                    requested_by=asked.requested_by,
                    outcome=outcome.value,
                    decided_by=officer.id,
                    decided_at=now,
                )
            )
            event = EventName.REVOCATION_CONFIRMED if confirmed else EventName.REVOCATION_REJECTED
            _record(connection, event, asked, officer, now)
            if confirmed:
                revocation_recording.record(
                    connection,
                    number,
                    request_id=id_,
                    reason=asked.reason,
                    at=now,
                    actor=officer.id,
                )
            return _by_id(connection, number, id_)

    def of(self, number: str, *, officer: Officer) -> tuple[Revocation, ...]:
        """Return all requests for one document, the oldest first.

        Raises ``NotFound("clearance.not_found")`` as ``open`` does.
        """
        officer.demand(Permission.SUPERVISE)
        with database.transaction(self._engine) as connection:
            if connection.execute(_sealed(number, officer)).one_or_none() is None:
                raise NotFound("clearance.not_found")
            return revocations_of(connection, number)

    def within_reach(
        self,
        *,
        officer: Officer,
        state: RevocationState | None = None,
        before: int | None = None,
        limit: int = MOST_LISTED,
    ) -> tuple[Revocation, ...]:
        """Return the requests for clearances within the officer's reach, the newest first.

        They are at most ``limit``; ``before`` (an id) goes on where a list ended. ``state``
        leaves the others out.
        """
        officer.demand(Permission.SUPERVISE)
        conditions = [intent.c.number.is_not(None), within(officer.reach, intent.c.branch_code)]
        if state is not None:
            conditions.append(_state_column == state.value)
        if before is not None:
            conditions.append(revocation_request.c.id < before)
        with database.transaction(self._engine) as connection:
            rows = connection.execute(
                _REVOCATIONS.where(*conditions)
                .order_by(revocation_request.c.id.desc())
                .limit(limit)
            )
            return tuple(map(_revocation, rows))

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def revocations_of(connection: Connection, number: str) -> tuple[Revocation, ...]:
    """Return all requests for one document, the oldest first; the caller has judged reach."""
    return tuple(_found(connection, revocation_request.c.number == number))


_state_column = func.coalesce(revocation_decision.c.outcome, RevocationState.OPEN.value)
_REVOCATIONS = (
    select(
        revocation_request,
        _state_column.label("state"),
        revocation_decision.c.decided_by,
        revocation_decision.c.decided_at,
    )
    .outerjoin(intent, intent.c.number == revocation_request.c.number)
    .outerjoin(revocation_decision, revocation_decision.c.request_id == revocation_request.c.id)
)


def _lock(connection: Connection, number: str, officer: Officer) -> None:
    """Have officers take turns on one document; the second then sees what the first did.

    What the archive owes stands for its document, which nobody needs the right to update.
    """
    sealed = _sealed(number, officer).with_for_update(key_share=True, of=archive)
    if connection.execute(sealed).one_or_none() is None:
        raise NotFound("clearance.not_found")


def _sealed(number: str, officer: Officer) -> Select[Any]:
    return (
        select(archive.c.number)
        .outerjoin(intent, intent.c.number == archive.c.number)
        .where(archive.c.number == number, within(officer.reach, intent.c.branch_code))
    )


def _is_revoked(connection: Connection, number: str) -> bool:
    found = connection.execute(select(revocation.c.number).where(revocation.c.number == number))
    return found.one_or_none() is not None


def _found(connection: Connection, condition: ColumnElement[bool]) -> list[Revocation]:
    rows = connection.execute(_REVOCATIONS.where(condition).order_by(revocation_request.c.id))
    return list(map(_revocation, rows))


def _by_id(connection: Connection, number: str, id_: int) -> Revocation:
    found = _found(
        connection, (revocation_request.c.id == id_) & (revocation_request.c.number == number)
    )
    if not found:
        raise NotFound("revocation_request.not_found")
    return found[0]


def _revocation(row: Row[Any]) -> Revocation:
    return Revocation(
        id=row.id,
        number=row.number,
        reason=RevocationReason(row.reason),
        remark=row.remark,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=RevocationState(row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


def _record(
    connection: Connection, name: EventName, asked: Revocation, officer: Officer, at: datetime
) -> None:
    """Add the event; the remark is personal and stays out of the audit trail."""
    events.record(
        connection,
        name,
        at=at,
        actor=officer.id,
        subject=asked.number,
        details={"request": asked.id, "reason": asked.reason.value},
    )
