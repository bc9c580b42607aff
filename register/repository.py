"""The register of clearances: gives numbers, records what is issued, finds what is known.

Each method is one short transaction, and none is open while a key signs or a TSA answers. What a
method answered is on the disk of the database. Every method raises
``Unavailable("register.unavailable")`` if the database does not answer; the outcome of a write is
then unknown, and the caller goes on with ``prepare`` of the same key, which finds out.
All methods may be called from several threads, processes and machines at once.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from clearance import rules
from clearance.certificate import ClearanceCertificate, ClearanceRequest
from clearance.clock import Clock
from clearance.errors import Conflict, InternalFault, MohrError, NotFound, RulesNotMet
from clearance.identifiers import ClearanceNumber
from clearance.jalali import jalali_year
from register import database, intents, lookups, queue
from register.attempts import Attempts, record
from register.events import EventName
from register.issued import enter
from register.records import (
    IssuedClearance,
    PendingClearance,
    RandomBytes,
    SealedDocument,
    Ticket,
)
from register.tables.core import clearance


class Register:
    """The register over one database.

    An attempt to issue holds its number for ``lease``; after that another attempt for the same
    idempotency key may take over, and only the one that holds it can complete. The lease is
    measured by the injected clock, so machines that share a register must agree on the time to
    within a few seconds; a disagreement can waste an attempt, never issue twice.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        random_bytes: RandomBytes,
        lease: timedelta = intents.LEASE,
        evaluate: rules.Evaluate = rules.evaluate,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._random_bytes = random_bytes
        self._attempts = Attempts(random_bytes=random_bytes, length=lease, evaluate=evaluate)

    def prepare(
        self,
        request: ClearanceRequest,
        *,
        idempotency_key: str,
        request_hash: bytes,
        client_id: str,
    ) -> Ticket | IssuedClearance:
        """Begin to issue, go on after a failed attempt, or answer what was issued already.

        ``idempotency_key`` (1-255 printable ASCII characters) belongs to ``client_id``;
        ``request_hash`` is the SHA-256 of the request's canonical JSON. A key keeps its number,
        verification code and place in the status list through all attempts; the number's year is
        the Jalali year of the first one. The issue time, and with it the content, is new in each.
        Serials of a branch and year follow each other without a gap.

        Raises ``Conflict`` with ``idempotency.conflict`` if the key came with another request, or
        ``idempotency.in_progress`` (parameter ``seconds``: the rest of the lease) if another
        attempt is under way; ``RulesNotMet`` if the circular forbids to issue. Then no number was
        taken, and one that the key had from before waits for its caller.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            # One intent for a key, whoever comes first.
            intent = intents.lock_by_key(connection, client_id, idempotency_key)
            if intent is not None:
                if intent.request_hash != request_hash:
                    raise Conflict("idempotency.conflict")
                if issued := self._attempts.settled(connection, intent, now):
                    return issued
            failures = self._attempts.judge(connection, request, intent, now, client_id=client_id)
            if not failures:
                if intent is None:
                    number = intents.take_number(connection, jalali_year(now), request.branch.code)
                    intent = intents.begin(
                        connection,
                        number,
                        client_id=client_id,
                        idempotency_key=idempotency_key,
                        request_hash=request_hash,
                        request=request,
                        random_bytes=self._random_bytes,
                        now=now,
                    )
                return self._attempts.lease(connection, intent, request, now)
        # Raised outside: the trace of the refusal is to stay.
        raise RulesNotMet(failures)

    def resume(self, number: ClearanceNumber) -> Ticket | IssuedClearance:
        """Go on with a request that waits, as ``prepare`` does, but without its caller.

        Raises ``NotFound("clearance.not_found")`` if the number was never given, ``Conflict`` with
        ``idempotency.in_progress`` if an attempt is under way; ``RulesNotMet`` if the circular
        forbids to issue by now, and ``InternalFault("register.unreadable")`` if this program cannot
        read the request: it then waits for its caller.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            intent = intents.lock_by_number(connection, number)
            if intent is None:
                raise NotFound("clearance.not_found")
            if issued := self._attempts.settled(connection, intent, now):
                return issued
            stopped: MohrError
            try:
                request = intents.request_of(intent)
            except InternalFault as fault:
                intents.close(
                    connection, number, intent.attempt_id, error=fault.code, resume_at=None
                )
                stopped = fault
            else:
                failures = self._attempts.judge(
                    connection, request, intent, now, client_id=intent.client_id
                )
                if not failures:
                    return self._attempts.lease(connection, intent, request, now)
                stopped = RulesNotMet(failures)
        raise stopped

    @property
    def lease(self) -> timedelta:
        """How long an attempt holds its number at a time."""
        return self._attempts.length

    def extend(self, ticket: Ticket) -> bool:
        """Hold the number for another lease from now on; False if the ticket holds it no more."""
        with database.transaction(self._engine) as connection:
            return intents.extend(
                connection, ticket.number, ticket.attempt_id, until=self._now() + self.lease
            )

    def set_lost_jobs(self) -> None:
        """Have workers go on with what a killed process left behind, once its lease is over."""
        with database.transaction(self._engine) as connection:
            queue.set_lost_jobs(connection, now=self._now())

    def record_intent(self, ticket: Ticket, *, content_hash: bytes, token_sha256: bytes) -> None:
        """Write down what is about to be sealed, before it is.

        ``content_hash`` is the SHA-256 of the certificate's canonical JSON, ``token_sha256`` that
        of the QR token. Raises ``Conflict("ticket.spent")`` if the ticket holds the number no
        more or has recorded already.
        """
        with database.transaction(self._engine) as connection:
            if not intents.record_content(
                connection,
                ticket.number,
                ticket.attempt_id,
                content_hash=content_hash,
                token_sha256=token_sha256,
            ):
                raise Conflict("ticket.spent")
            record(
                connection,
                EventName.SEALING,
                ticket,
                self._now(),
                content_hash=content_hash.hex(),
                token_sha256=token_sha256.hex(),
            )

    def complete(
        self,
        ticket: Ticket,
        *,
        certificate: ClearanceCertificate,
        content_hash: bytes,
        token_text: str,
        document: SealedDocument,
    ) -> IssuedClearance:
        """Enter the clearance and its document; from here on it is issued.

        The document must lie in the document store already. The assigner's account is notified by
        a job that is set with it (R4). Raises ``Conflict("ticket.spent")``
        if the ticket holds the number no more: another attempt took over, or this one ended.
        Stops the clock of the collection that the request rests on (R11); raises
        ``Conflict("collection.used")`` if another clearance did so meanwhile.
        Raises ``Conflict("clearance.already_replaced")`` if the request replaces a clearance whose
        place another has taken meanwhile.
        Raises ``InternalFault("register.content_differs")``, and enters nothing, if the
        certificate is not the ticket's, the document another's, or its hash not the one that
        ``record_intent`` was told.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            return enter(
                connection,
                ticket,
                certificate=certificate,
                content_hash=content_hash,
                token_text=token_text,
                document=document,
                now=now,
            )

    def release(self, ticket: Ticket, error_code: str, *, passes: bool = False) -> None:
        """Give the number back to its key after a failed attempt; the next ``prepare`` goes on.

        If the cause ``passes`` by itself, a worker goes on too, the later the more attempts there
        have been. A ticket that was overtaken or has ended is left as it is: nothing changes.
        """
        now = self._now()
        resume_at = now + queue.delay(ticket.attempt) if passes else None
        with database.transaction(self._engine) as connection:
            closed = intents.close(
                connection, ticket.number, ticket.attempt_id, error=error_code, resume_at=resume_at
            )
            if closed is None:
                return
            record(connection, EventName.ATTEMPT_FAILED, ticket, now, error=error_code)
            if resume_at is not None:
                queue.set_job(connection, ticket.number, at=resume_at)

    def find(self, number: ClearanceNumber) -> IssuedClearance | None:
        """Return the issued clearance of a number; None also while it is only prepared."""
        with database.transaction(self._engine) as connection:
            return lookups.issued_by_number(connection, number)

    def find_by_digest(self, sha256: str) -> IssuedClearance | None:
        """Return the clearance of a registered document, by its SHA-256 in lowercase hex."""
        with database.transaction(self._engine) as connection:
            return lookups.issued_by_digest(connection, sha256)

    def find_by_content_hash(self, content_hash: bytes) -> IssuedClearance | None:
        """Return the clearance whose certificate has this content hash."""
        with database.transaction(self._engine) as connection:
            found = lookups.issued_where(connection, clearance.c.content_hash == content_hash)
        return next(iter(found.values()), None)

    def pending(self, number: ClearanceNumber) -> PendingClearance | None:
        """Return a number that is given and not issued; None if issued or never given."""
        with database.transaction(self._engine) as connection:
            return lookups.pending_by_number(connection, number)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)
