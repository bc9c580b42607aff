"""Mohr's own steps, as the service takes them."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from bench.ground import EXAMPLE
from bench.issued import fresh_request, issue
from clearance.canonical import certificate_object
from clearance.certificate import ClearanceCertificate, ClearanceRequest
from clearance.clock import system_clock
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.request import parse_request
from clearance.verdict import Outcome
from keys.catalogue import Catalogue, Purpose
from keys.certified import CertifiedKey, open_key
from keys.development import DevelopmentAuthority
from service.settings import Settings
from service.wiring.issuing import Issuing, open_issuing
from service.wiring.memory import Memory, open_memory
from service.wiring.timestamping import authority_folder
from service.wiring.trust import Trust, keys_folder
from service.wiring.verifying import open_verifier
from signer.clearance_letter import clearance_draft
from signer.pades import seal
from signer.rendering import RenderedDocument, render
from signer.revocation_info import RevocationInfo
from signer.timestamps import TimestampAuthority
from verifier.pipeline import Verifier

TOKEN = "A" * 400
"""As long as a real one in text."""
VERIFY_URL = f"HTTPS://VERIFY.EXAMPLE/Q/{TOKEN}"


class Ours:
    """One process with token, TSA client, evidence cache, register and sandbox."""

    def __init__(
        self,
        *,
        settings: Settings,
        memory: Memory,
        key: CertifiedKey,
        timestamps: TimestampAuthority,
        evidence: RevocationInfo,
        issuing: Issuing,
        verifier: Verifier,
    ) -> None:
        self._settings = settings
        self._memory = memory
        self._key = key
        self._timestamps = timestamps
        self._evidence = evidence
        self._issuing = issuing
        self._verifier = verifier
        now = datetime.now(UTC).replace(microsecond=0)
        self._request = parse_request(json.loads(EXAMPLE.read_bytes()), now=now)
        self._certificate = ClearanceCertificate(
            number=ClearanceNumber.make(1405, self._request.branch.code, 1),
            verification_code=VerificationCode.from_bytes(bytes(10)),
            issued_at=now,
            request=self._request,
        )
        self.content = certificate_object(self._certificate)

    def render(self) -> RenderedDocument:
        draft = clearance_draft(self._certificate, token_text=TOKEN, verify_url=VERIFY_URL)
        return render(draft, demo=True)

    def seal(self, document: RenderedDocument) -> bytes:
        return seal(
            document.pdf,
            self._key,
            field=document.seal_field,
            evidence=self._evidence,
            timestamps=self._timestamps,
            layout=self._settings.seal.layout,
            clock=system_clock,
            reason=document.reason,
        )

    def new_request(self) -> ClearanceRequest:
        """Make a request for a row of its own, and bear it out in the directory."""
        return fresh_request(self._settings, self._memory)

    def issue(self, request: ClearanceRequest) -> bytes:
        return issue(self._issuing, request)

    def verify(self, pdf: bytes) -> None:
        verdict = self._verifier.verify(pdf)
        assert verdict.outcome is Outcome.AUTHENTIC, verdict


@contextmanager
def open_ours(settings: Settings) -> Iterator[tuple[Ours, DevelopmentAuthority]]:
    """Open everything, with the development authority served in this process."""
    with ExitStack() as stack:
        trust = Trust(settings)
        memory = stack.enter_context(open_memory(settings, migrating=True))
        verifier = stack.enter_context(open_verifier(settings, memory, trust))
        issuing = stack.enter_context(open_issuing(settings, memory, trust))
        authority = DevelopmentAuthority.open(authority_folder(settings))
        timestamps = TimestampAuthority(authority.timestamp_url, clock=system_clock)
        stack.callback(timestamps.close)
        catalogue = Catalogue.load(keys_folder(settings))
        ours = Ours(
            settings=settings,
            memory=memory,
            key=open_key(catalogue, issuing.token, Purpose.DOCUMENT_SEAL, system_clock),
            timestamps=timestamps,
            evidence=RevocationInfo(lambda: trust.anchors, clock=system_clock),
            issuing=issuing,
            verifier=verifier,
        )
        yield ours, authority
