"""Opens the verifier: no token, no keys."""

from collections.abc import Iterator
from contextlib import contextmanager

from clearance.clock import system_clock
from service.settings import Settings
from service.wiring.archiving import open_archived
from service.wiring.memory import Memory, open_memory
from service.wiring.paper import open_lookup
from service.wiring.receipts import open_receipts
from service.wiring.trust import Trust
from verifier.paper import PaperVerifier
from verifier.pipeline import Verifier
from verifier.remembered import RememberingExaminer
from verifier.sandbox import Sandbox
from verifier.token_standing import TokenVerifier

MIB = 1024 * 1024


@contextmanager
def open_verifier(settings: Settings, memory: Memory, trust: Trust) -> Iterator[PaperVerifier]:
    """Start the sandbox and answer the verifier of uploads over it."""
    sandbox = Sandbox(
        workers=settings.verifier.workers,
        memory_bytes=settings.verifier.memory_mib * MIB,
        seconds=settings.verifier.seconds,
    )
    try:
        files = Verifier(
            register=memory.register,
            find_minutes=open_lookup(settings, memory).sealed_minutes,
            sandbox=RememberingExaminer(sandbox),
            trust=trust.policy,
            clock=system_clock,
            archive=open_archived(memory),
            find_receipt=open_receipts(memory).find_by_digest,
        )
        tokens = TokenVerifier(register=memory.register, keys=trust.token_keys, clock=system_clock)
        yield PaperVerifier(
            verify_file=files.verify,
            verify_token=tokens.verify,
            register=memory.register,
            reader=sandbox,
            public_url=settings.web.public_url,
            clock=system_clock,
        )
    finally:
        sandbox.close()


@contextmanager
def open_verifying_command(settings: Settings) -> Iterator[PaperVerifier]:
    """Open what verifies files from the command line."""
    with (
        open_memory(settings) as memory,
        open_verifier(settings, memory, Trust(settings)) as verifier,
    ):
        yield verifier
