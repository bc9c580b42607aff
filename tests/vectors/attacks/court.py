"""The real verifier for attacks: register, confined workers, and seals of ours long given up."""

import math
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from attacks.catalogue import ATTACKS, Attack
from attacks.workshop import Workshop, open_workshop

from clearance.certificate import ClearanceRequest
from clearance.clock import system_clock
from clearance.verdict import Verdict
from register.records import IssuedClearance
from service.settings import Settings
from service.wiring.archiving import open_archived
from service.wiring.issuing import Issuing, open_issuing
from service.wiring.memory import Memory
from service.wiring.trust import Trust
from signer.layout import Layout
from verifier.examination import Examiners
from verifier.pipeline import Verifier
from verifier.sandbox import Sandbox
from verifier.scanned_copy import ScannedCopyVerifier
from verifier.token_standing import TokenVerifier
from verifier.trust import TrustPolicy

WORKERS = 2
SECONDS = 20
"""For one file, on a busy machine; the service allows less."""

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Court:
    """A clearance, the attacks on it, and who judges them."""

    genuine: bytes
    verifier: ScannedCopyVerifier
    workshop: Workshop

    def judge(self) -> Iterator[tuple[Attack, Verdict]]:
        """Make and judge every attack, several at once; in the order of the catalogue."""
        # Made one by one, so that the first are judged while the next are made.
        files = ((each, each.make(self.workshop.material)) for each in ATTACKS)
        with ThreadPoolExecutor(WORKERS) as pool:
            yield from pool.map(lambda pair: (pair[0], self.verifier.verify(pair[1])), files)


@contextmanager
def open_court(
    settings: Settings, memory: Memory, new_request: Callable[[], ClearanceRequest]
) -> Iterator[Court]:
    """Have three clearances issued, and open what judges files made of them.

    ``new_request`` returns requests that the directory bears out.
    """
    trust = Trust(settings)
    conventional = settings.model_copy(
        update={"seal": settings.seal.model_copy(update={"layout": Layout.B_LTA})}
    )
    with open_issuing(settings, memory, trust) as issuing:
        issued, genuine = _issue(issuing, new_request())
        _, other = _issue(issuing, new_request())
    with open_issuing(conventional, memory, trust) as issuing:
        _, in_another_layout = _issue(issuing, new_request())
        with (
            open_workshop(
                settings,
                issuing,
                documents=(genuine, other),
                conventional=in_another_layout,
                token=issued.token_text,
            ) as workshop,
            _open_verifier(settings, memory, _with_former(trust, workshop)) as verifier,
        ):
            yield Court(genuine=genuine, verifier=verifier, workshop=workshop)


def _issue(issuing: Issuing, request: ClearanceRequest) -> tuple[IssuedClearance, bytes]:
    issued = issuing.issue(
        request,
        idempotency_key=secrets.token_hex(16),
        request_hash=secrets.token_bytes(32),
        client_id="attacks",
    ).clearance
    return issued, issuing.documents.get(issued.document.sha256)


def _with_former(trust: Trust, workshop: Workshop) -> Callable[[datetime], TrustPolicy]:
    def policy(at: datetime) -> TrustPolicy:
        now = trust.policy(at)
        return replace(now, seals_der=now.seals_der + workshop.former_seals)

    return policy


@contextmanager
def _open_verifier(
    settings: Settings, memory: Memory, policy: Callable[[datetime], TrustPolicy]
) -> Iterator[ScannedCopyVerifier]:
    sandbox = Sandbox(
        workers=WORKERS,
        memory_bytes=settings.verifier.memory_mib * MIB,
        seconds=SECONDS,
        patience_seconds=math.inf,
    )
    files = Verifier(
        register=memory.register,
        documents=memory.sealed,
        examiners=Examiners(registered=sandbox.registered, strangers=sandbox.single),
        trust=policy,
        clock=system_clock,
        archive=open_archived(memory),
    )
    tokens = TokenVerifier(
        register=memory.register, keys=Trust(settings).token_keys, clock=system_clock
    )
    try:
        yield ScannedCopyVerifier(
            verify_file=files.verify,
            verify_token=tokens.verify,
            register=memory.register,
            reader=sandbox.single,
            public_url=settings.web.public_url,
            clock=system_clock,
            answer_seconds=math.inf,
        )
    finally:
        sandbox.close()
