"""Opens the verifier: no token, no keys."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from clearance.clock import system_clock
from service.settings import Settings
from service.wiring.archiving import open_archived
from service.wiring.memory import Memory, open_memory
from service.wiring.trust import Trust
from verifier.cached_examiner import CachedExaminer
from verifier.examination import Examiners
from verifier.pipeline import Verifier
from verifier.sandbox import Lane, Sandbox
from verifier.scanned_copy import ANSWER_SECONDS, ScannedCopyVerifier
from verifier.token_standing import TokenVerifier

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Verifiers:
    """Two verifiers over one sandbox, with one memory of what registered files showed."""

    single: ScannedCopyVerifier
    """For a file whose sender waits for its answer alone."""
    bulk: ScannedCopyVerifier
    """For files that come many at once: they leave the workers to the single ones."""


COMMAND_SECONDS = 120.0
"""How long the command line waits for a file: its first worker has to load before."""


@contextmanager
def open_verifiers(
    settings: Settings, memory: Memory, trust: Trust, *, answer_seconds: float = ANSWER_SECONDS
) -> Iterator[Verifiers]:
    """Start the sandbox and answer the verifiers of uploads over it, each in ``answer_seconds``."""
    sandbox = Sandbox(
        workers=settings.verifier.workers,
        memory_bytes=settings.verifier.memory_mib * MIB,
        seconds=settings.verifier.seconds,
        patience_seconds=answer_seconds,
    )
    registered = CachedExaminer(sandbox.registered)

    def over(lane: Lane, answer_seconds: float) -> ScannedCopyVerifier:
        examiners = Examiners(registered=registered, strangers=lane)
        return _verifier(settings, memory, trust, examiners, lane, answer_seconds)

    try:
        yield Verifiers(
            single=over(sandbox.single, answer_seconds),
            # Among many nobody waits for one of them; what counts is its full answer.
            bulk=over(sandbox.bulk, math.inf),
        )
    finally:
        sandbox.close()


def _verifier(
    settings: Settings,
    memory: Memory,
    trust: Trust,
    examiners: Examiners,
    reader: Lane,
    answer_seconds: float,
) -> ScannedCopyVerifier:
    files = Verifier(
        register=memory.register,
        documents=memory.sealed,
        examiners=examiners,
        trust=trust.policy,
        clock=system_clock,
        archive=open_archived(memory),
        kinds=memory.kinds,
    )
    tokens = TokenVerifier(register=memory.register, keys=trust.token_keys, clock=system_clock)
    return ScannedCopyVerifier(
        verify_file=files.verify,
        verify_token=tokens.verify,
        register=memory.register,
        reader=reader,
        public_url=settings.web.public_url,
        clock=system_clock,
        kinds=memory.kinds,
        answer_seconds=answer_seconds,
    )


@contextmanager
def open_verifier(
    settings: Settings, memory: Memory, trust: Trust, *, answer_seconds: float = ANSWER_SECONDS
) -> Iterator[ScannedCopyVerifier]:
    """Start the sandbox and answer the verifier of single uploads over it."""
    with open_verifiers(settings, memory, trust, answer_seconds=answer_seconds) as verifiers:
        yield verifiers.single


@contextmanager
def open_verifying_command(settings: Settings) -> Iterator[ScannedCopyVerifier]:
    """Open what verifies files from the command line."""
    with (
        open_memory(settings) as memory,
        open_verifier(
            settings, memory, Trust(settings), answer_seconds=COMMAND_SECONDS
        ) as verifier,
    ):
        yield verifier
