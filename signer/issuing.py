"""Issues for a caller: prepares, issues, and says what became of the request."""

from dataclasses import dataclass
from typing import Protocol

from clearance.certificate import ClearanceRequest
from clearance.errors import Unavailable
from register.records import IssuedClearance, PendingClearance
from register.repository import Register
from signer.issuance import Issuance


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
        """Return the clearance, or the accepted request that waits because a part is away.

        Raises ``Conflict`` if the key belongs to another body or is being worked on, and
        ``RulesNotMet`` if the circular forbids to issue.
        """


@dataclass(frozen=True, kw_only=True)
class IssueForCaller:
    """The ``Issue`` over an issuance and its register; safe to use from several threads."""

    issuance: Issuance
    register: Register

    def __call__(
        self,
        request: ClearanceRequest,
        *,
        idempotency_key: str,
        request_hash: bytes,
        client_id: str,
    ) -> Issued | PendingClearance:
        """Prepare and issue; answer what the same key and body made before, if they did.

        Returns the waiting request if it was accepted and a part is away: a worker goes on with it.
        Raises ``Unavailable`` if the register itself is away.
        """
        prepared = self.issuance.prepare(
            request,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
            client_id=client_id,
        )
        if isinstance(prepared, IssuedClearance):
            return Issued(clearance=prepared, replayed=True)
        try:
            return Issued(clearance=self.issuance.issue(prepared), replayed=False)
        except Unavailable:
            waiting = self.register.pending(prepared.number)
            if waiting is None:
                raise
            return waiting
