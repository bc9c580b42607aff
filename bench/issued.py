"""Clearances for the benches to measure with: issued for real, each for a contract of its own."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.ground import request_object
from clearance.certificate import ClearanceRequest
from clearance.clock import system_clock
from clearance.request import parse_request
from demonstration.filling import seed_directory
from service.settings import Settings
from service.wiring.issuing import Issuing, open_issuing
from service.wiring.memory import Memory, open_memory
from service.wiring.trust import Trust


def fresh_request(settings: Settings, memory: Memory) -> ClearanceRequest:
    """Return a request for a contract row of its own, which the directory bears out."""
    request = request_object()
    seed_directory([json.dumps(request).encode()], settings, memory)
    return parse_request(request, now=system_clock())


def issue(issuing: Issuing, request: ClearanceRequest) -> bytes:
    """Issue a request and answer the sealed file."""
    issued = issuing.issue(
        request,
        idempotency_key=secrets.token_hex(16),
        request_hash=secrets.token_bytes(32),
        client_id="bench",
    )
    return issuing.documents.get(issued.clearance.document.sha256)


@contextmanager
def issuing_clearances(settings: Settings) -> Iterator[Callable[[], bytes]]:
    """Open what issues, and answer what issues one clearance after another.

    The database runs as long as the context.
    """
    with (
        open_memory(settings, migrating=True) as memory,
        open_issuing(settings, memory, Trust(settings)) as issuing,
    ):
        yield lambda: issue(issuing, fresh_request(settings, memory))
