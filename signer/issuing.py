"""Issues for a caller: prepares, issues, and says what became of the request."""

import threading
from dataclasses import dataclass
from typing import Final, Protocol

from clearance.certificate import ClearanceRequest
from clearance.errors import Conflict, InternalFault
from clearance.identifiers import ClearanceNumber
from register.records import IssuedClearance, PendingClearance, Ticket
from register.repository import Register
from signer.issuance import MENDED_ELSEWHERE, Issuance

QUEUED: Final = "issuing.queued"
"""Why a request waits that found all places taken."""


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What an accepted request led to, unless it waits."""

    clearance: IssuedClearance
    replayed: bool
    """Whether the same key and body had made it before."""


class Issue(Protocol):
    """Issues a clearance; the same key and body answer the same clearance."""

    def __call__(
        self,
        request: ClearanceRequest,
        *,
        idempotency_key: str,
        request_hash: bytes,
        client_id: str,
    ) -> Issued | PendingClearance:
        """Return the clearance, or the accepted request that waits: a worker goes on with it.

        Raises ``Conflict`` if the key belongs to another body or is being worked on, and
        ``RulesNotMet`` if the circular forbids to issue.
        """


@dataclass(frozen=True, kw_only=True)
class IssueForCaller:
    """The ``Issue`` over an issuance and its register; safe to use from several threads."""

    issuance: Issuance
    register: Register
    places: threading.Semaphore | None = None
    """Callers that may wait for their document at the same time; a further request is accepted and
    waits for a worker, so that slow issuing takes no more of a server's threads. None: no limit."""

    def __call__(
        self,
        request: ClearanceRequest,
        *,
        idempotency_key: str,
        request_hash: bytes,
        client_id: str,
    ) -> Issued | PendingClearance:
        """Prepare and issue, or return what the same key and body made before.

        Returns the waiting request if it was accepted and a part is away, a key may not sign, all
        places are taken, or another attempt took over: a worker goes on with it. Raises
        ``Unavailable`` if the register itself is away.
        """
        prepared = self.issuance.prepare(
            request,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
            client_id=client_id,
        )
        if isinstance(prepared, IssuedClearance):
            return Issued(clearance=prepared, replayed=True)
        if self.places is None:
            return self._issued(prepared)
        if not self.places.acquire(blocking=False):
            self.register.release(prepared, QUEUED, passes=True)
            if (waiting := self._became_of(prepared.number)) is None:
                raise InternalFault("register.unreadable", parameters={"number": prepared.number})
            return waiting
        try:
            return self._issued(prepared)
        finally:
            self.places.release()

    def _issued(self, ticket: Ticket) -> Issued | PendingClearance:
        try:
            return Issued(clearance=self.issuance.issue(ticket), replayed=False)
        except (*MENDED_ELSEWHERE, Conflict):
            waiting = self._became_of(ticket.number)
            if waiting is None:
                raise
            return waiting

    def _became_of(self, number: ClearanceNumber) -> Issued | PendingClearance | None:
        """Return how a number stands that this attempt did not finish; None if nothing goes on."""
        waiting = self.register.pending(number)
        if waiting is not None:
            return waiting if waiting.resume_at or waiting.leased_until else None
        issued = self.register.find(number)
        return None if issued is None else Issued(clearance=issued, replayed=True)
