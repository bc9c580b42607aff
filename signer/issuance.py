"""Issues one clearance.

1. *Prepare* (a short transaction): idempotency key, number, verification code, audit
   "issuing". It returns a ticket, or the clearance that the same key made before.
2. Freeze the certificate with this attempt's issue time; hash its canonical content.
3. Sign the QR token.
4. Record what will be sealed, before it is sealed.
5. Render, seal, check and store the document (``signer.sealing``).
6. *Complete* (a second short transaction): digest, facts, audit "issued".

No transaction is open in steps 2 to 5. Whatever fails there gives the attempt back: the number
stays with its request, and the next call with the same idempotency key continues with it. If a
part was away, a worker continues too, without the caller. A crash leads to the same once the
attempt's lease has run out.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from clearance.canonical import content_hash
from clearance.certificate import ClearanceCertificate, ClearanceRequest
from clearance.errors import MohrError, NotFound, Refused, Unavailable
from clearance.status_list import list_uri, place_of
from clearance.token import (
    TokenClaims,
    assemble,
    encode_claims,
    key_identifier,
    to_be_signed,
    to_text,
)
from register.kinds import CLEARANCE
from register.records import IssuedClearance, SealedDocument, Ticket
from register.repository import Register
from signer.clearance_letter import clearance_draft
from signer.fonts import require_printable
from signer.lease import LeaseKeeper
from signer.ports import SigningKey
from signer.sealing import Sealing
from templates.documents import Template


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Who issues, and where the result can be checked."""

    name: str
    """The token's ``iss`` claim."""
    public_url: str
    """Scheme and host that the QR code leads to."""


MENDED_ELSEWHERE = (Unavailable, Refused, NotFound)
"""What fails for a cause outside the request (a part that is away, a wrong PIN, no key that may
sign): once it is mended, a worker goes on without the caller."""


class Issuance:
    """Turns requests into issued clearances; safe to use from several threads."""

    def __init__(
        self,
        *,
        issuer: Issuer,
        register: Register,
        token_key: Callable[[], SigningKey],
        sealing: Sealing,
        template: Template = CLEARANCE.template,
    ) -> None:
        self._issuer = issuer
        self._register = register
        self._token_key = token_key
        self._sealing = sealing
        self._template = template

    def prepare(
        self,
        request: ClearanceRequest,
        *,
        idempotency_key: str,
        request_hash: bytes,
        client_id: str,
    ) -> Ticket | IssuedClearance:
        """Allot number and code, or answer what the same key and body made before (step 1).

        Raises ``InvalidRequest`` if the request holds a letter that cannot be printed,
        ``Conflict`` if the key was used with another body or is being worked on, ``RulesNotMet`` if
        the circular forbids to issue, and ``Unavailable`` if the register does not answer.
        """
        require_printable(request, self._template.shared)
        return self._register.prepare(
            request,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
            client_id=client_id,
        )

    def issue(self, ticket: Ticket) -> IssuedClearance:
        """Carry out steps 2 to 6 for a ticket, which is good for one call.

        Raises ``Unavailable`` if token, TSA, revocation service, store or register does not
        answer, ``Refused`` or ``NotFound`` if a key may not sign or is not there: nothing has been
        issued, and the number waits for a worker. Raises ``InternalFault`` if the sealed file fails
        our own check: nothing has been issued, and the number waits for its caller.
        """
        try:
            with LeaseKeeper(self._register, ticket):
                return self._carry_out(ticket)
        except BaseException as error:
            code = error.code if isinstance(error, MohrError) else "internal.fault"
            # If the register is away too, the lease ends by itself.
            with suppress(Unavailable):
                self._register.release(ticket, code, passes=isinstance(error, MENDED_ELSEWHERE))
            raise

    def _carry_out(self, ticket: Ticket) -> IssuedClearance:
        # 2. Freeze
        certificate = ticket.certificate()
        content = content_hash(certificate)
        # 3. QR token
        token = self._sign_token(certificate, content, ticket.status_list_index)
        token_text = to_text(token)
        # 4. Intent
        self._register.record_intent(
            ticket, content_hash=content, token_sha256=hashlib.sha256(token).digest()
        )
        # 5. Seal
        draft = clearance_draft(
            certificate,
            token_text=token_text,
            verify_url=self.verify_url(token_text),
            template=self._template,
        )

        def complete(document: SealedDocument) -> IssuedClearance:
            return self._register.complete(
                ticket,
                certificate=certificate,
                content_hash=content,
                token_text=token_text,
                document=document,
            )

        # 6. Complete
        return self._sealing.seal(draft, complete)

    def verify_url(self, token_text: str) -> str:
        """Address in the QR code, all of it in the QR's alphanumeric set.

        Scheme and host are case-insensitive (RFC 3986, 3.2.2), so capitals lead to the same place.
        """
        return f"{self._issuer.public_url.upper()}/Q/{token_text}"

    def _sign_token(
        self, certificate: ClearanceCertificate, content: bytes, status_list_index: int
    ) -> bytes:
        """COSE_Sign1 CWT (RFC 9052, 8392) by the token key."""
        request = certificate.request
        list_number, index = place_of(status_list_index)
        claims = TokenClaims(
            issuer=self._issuer.name,
            issued_at=certificate.issued_at,
            number=certificate.number,
            kind=request.kind,
            branch_code=request.branch.code,
            contract_row=request.contract.row,
            contract_sequence=request.contract.sequence,
            work_assigner_identifier=request.work_assigner.identifier,
            contractor_identifier=request.contractor.identifier,
            amount_collected=request.premium.amount_collected,
            verification_code=certificate.verification_code,
            content_hash=content,
            status_list_uri=list_uri(self._issuer.public_url, list_number),
            status_list_index=index,
        )
        key = self._token_key()
        kid = key_identifier(key.certificate.public_bytes(Encoding.DER))
        payload = encode_claims(claims)
        signature = key.sign(to_be_signed(kid, payload))
        return assemble(kid, payload, signature)
