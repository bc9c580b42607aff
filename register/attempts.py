"""One attempt to issue: whether it may begin, what it holds, what stands of it in the audit trail.

Every function works within its caller's transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from clearance import rules
from clearance.certificate import ClearanceRequest
from clearance.errors import InProgress, RulesNotMet
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.rulebook import Failure
from register import eligibility, events, intents, lookups
from register.events import EventName
from register.records import IssuedClearance, RandomBytes, Ticket


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """How attempts begin over one register."""

    random_bytes: RandomBytes
    length: timedelta
    """How long an attempt holds its number before another may take over."""
    evaluate: rules.Evaluate
    """The rules at issue."""

    def judge(
        self,
        connection: Connection,
        request: ClearanceRequest,
        intent: Row[*tuple[Any, ...]] | None,
        now: datetime,
        *,
        client_id: str,
    ) -> tuple[Failure, ...]:
        """Return the rules that a request breaks; of these stays a trace, and nothing goes on."""
        number = None if intent is None else intent.number
        facts = eligibility.facts_of(connection, request, number=number)
        failures = self.evaluate(request, facts, now)
        if failures:
            eligibility.record_refusal(
                connection, request, failures, client_id=client_id, number=number, at=now
            )
        if failures and intent is not None:
            error = RulesNotMet(failures).code
            intents.close(connection, intent.number, intent.attempt_id, error=error, resume_at=None)
        return failures

    def lease(
        self,
        connection: Connection,
        intent: Row[*tuple[Any, ...]],
        request: ClearanceRequest,
        now: datetime,
    ) -> Ticket:
        """Give the number of an intent to a new attempt, and return its ticket."""
        attempt_id = UUID(bytes=self.random_bytes(16), version=4)
        ticket = Ticket(
            attempt_id=attempt_id,
            attempt=intents.lease(
                connection, intent.number, attempt_id, request=request, until=now + self.length
            ),
            number=ClearanceNumber(intent.number),
            verification_code=VerificationCode(intent.verification_code),
            status_list_index=intent.status_list_index,
            issued_at=now.replace(microsecond=0),
            client_id=intent.client_id,
            request=request,
        )
        record(connection, EventName.ISSUING, ticket, now, attempt=ticket.attempt)
        return ticket

    def settled(
        self, connection: Connection, intent: Row[*tuple[Any, ...]], now: datetime
    ) -> IssuedClearance | None:
        """Return what was issued already; raise ``InProgress`` if another attempt is under way."""
        issued = lookups.issued_by_number(connection, intent.number)
        if issued is None and intent.leased_until is not None and intent.leased_until > now:
            # At most: a lease written by a clock that was ahead lasts no longer than any other.
            rest = min(intent.leased_until - now, self.length)
            seconds = rest // timedelta(seconds=1) + 1
            raise InProgress(seconds=seconds)
        return issued


def record(
    connection: Connection, name: EventName, ticket: Ticket, at: datetime, **details: str | int
) -> None:
    """Enter what an attempt did into the audit trail."""
    events.record(
        connection,
        name,
        at=at,
        actor=ticket.client_id,
        subject=ticket.number,
        details={"attempt_id": str(ticket.attempt_id), **details},
    )
