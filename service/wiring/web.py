"""Opens everything that the web application of a role needs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from threading import BoundedSemaphore

from api.toolkit.dependencies import (
    ClearancePort,
    ReceiptPort,
    Services,
    TrustPort,
    VerificationPort,
)
from clearance.clock import system_clock
from keys.catalogue import Purpose
from register.allowances import Allowances
from register.archive import ArchiveReader
from register.status_lists import StatusLists
from service.settings import Settings
from service.wiring.issuing import Issuing, open_issuing
from service.wiring.jobs import make_worker
from service.wiring.memory import Memory
from service.wiring.office import open_office
from service.wiring.paper_forms import open_lookup
from service.wiring.probes import open_probes
from service.wiring.trust import Trust
from service.wiring.verification_receipts import open_receipts
from service.wiring.verifying import open_verifiers
from verifier.token_standing import TokenVerifier


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What is open in one process."""

    services: Services
    issuing: Issuing | None
    """Empty in a role without keys."""


@contextmanager
def open_service(settings: Settings, memory: Memory) -> Iterator[Services]:
    """Open everything that the web application of this role needs, with a worker if it issues."""
    with ExitStack() as stack:
        parts = stack.enter_context(open_parts(settings, memory))
        if parts.issuing is not None:
            stack.enter_context(make_worker(settings, memory, parts.issuing))
        yield parts.services


@contextmanager
def open_parts(settings: Settings, memory: Memory) -> Iterator[Parts]:
    """Open everything that the web application of this role needs; nobody does the jobs yet."""
    with ExitStack() as stack:
        trust = Trust(settings)
        verifiers = stack.enter_context(open_verifiers(settings, memory, trust))
        token_verifier = TokenVerifier(
            register=memory.register, keys=trust.token_keys, clock=system_clock
        )
        issue = issuing = None
        if settings.issues:
            issuing = stack.enter_context(open_issuing(settings, memory, trust))
            places = BoundedSemaphore(settings.web.issuing_at_once)
            issue = replace(issuing.issue, places=places)
        services = Services(
            issue=issue,
            office=open_office(settings, memory),
            clearances=ClearancePort(
                find=memory.register.find,
                find_pending=memory.register.pending,
                find_archival=ArchiveReader(memory.engine).newest,
                read_document=memory.documents.get,
            ),
            verification=VerificationPort(
                verify_file=verifiers.single.verify,
                verify_in_bulk=verifiers.bulk.verify,
                verify_token=token_verifier.verify,
                find_by_digest=memory.register.find_by_digest,
                charge=Allowances(memory.engine, clock=system_clock).charge,
            ),
            receipts=ReceiptPort(
                seal=issuing.receipts.seal if issuing else None,
                find=open_receipts(memory).find,
            ),
            trust=TrustPort(
                anchors=lambda: trust.anchors,
                retired_anchors=lambda: trust.retired_anchors,
                seal_certificates=lambda: trust.certificates(Purpose.DOCUMENT_SEAL),
                token_certificates=trust.token_certificates,
            ),
            find_status_list=StatusLists(memory.engine).newest,
            find_paper_form=open_lookup(settings, memory).form,
            authenticate=memory.clients.authenticate,
            probes=open_probes(settings, memory, issuing),
            public_url=settings.web.public_url,
            demo=trust.is_development,
            clock=system_clock,
        )
        yield Parts(services=services, issuing=issuing)
