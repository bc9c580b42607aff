"""Opens what makes archival revisions: timestamp authority and evidence, no token."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from clearance.clock import Clock, system_clock
from clearance.long_life import Strength
from register.archive import Archive, ArchiveReader, RenewalRule
from register.archive_records import Due
from service.settings import Settings
from service.wiring.memory import Memory, open_memory
from service.wiring.timestamping import open_evidence, open_timestamps
from service.wiring.trust import Trust
from signer.archiving import Archiving, Inspect
from signer.ports import EvidenceSource
from signer.timestamps import TimestampAuthority
from verifier import long_life
from verifier.own_work import inspect_archival
from verifier.trust import TrustPolicy, evidence_of_layout


def open_archive(settings: Settings, memory: Memory, trust: Trust) -> Archive:
    """Open the register's side: what is due."""
    rule = RenewalRule(
        first_after=timedelta(minutes=settings.archive.first_after_minutes),
        renew_before=timedelta(days=settings.archive.renew_before_days),
        history=lambda: trust.history,
    )
    return Archive(memory.engine, clock=system_clock, rule=rule)


def make_archiving(
    settings: Settings,
    memory: Memory,
    trust: Trust,
    *,
    evidence: EvidenceSource,
    timestamps: TimestampAuthority,
) -> Archiving:
    """Join what makes archival revisions."""
    return Archiving(
        archive=open_archive(settings, memory, trust),
        documents=memory.documents,
        evidence=evidence,
        timestamps=timestamps,
        inspect=inspecting(trust.policy, system_clock),
        hash_name=settings.archive.timestamp_hash,
        history=lambda: trust.history,
    )


def inspecting(trust: Callable[[datetime], TrustPolicy], clock: Clock) -> Inspect:
    """Make what looks at a new archival revision as the verifier would."""

    def inspect(pdf: bytes, due: Due) -> Strength:
        policy = trust(clock()).for_registered(due.document.sealed_at, archival=True)
        evidence = evidence_of_layout(due.document.layout)
        return inspect_archival(pdf, replace(policy, evidence=evidence))

    return inspect


def open_archived(memory: Memory) -> long_life.Archive:
    """Open what the verifier asks of the archive."""
    return long_life.Archive(newest=ArchiveReader(memory.engine).newest, read=memory.documents.get)


@contextmanager
def open_archive_command(settings: Settings) -> Iterator[Archive]:
    """Open what tells what is due."""
    with open_memory(settings) as memory:
        yield open_archive(settings, memory, Trust(settings))


@contextmanager
def open_archiving_command(settings: Settings) -> Iterator[Archiving]:
    """Open what renews from the command line, without token, web server or sandbox."""
    with ExitStack() as stack:
        memory = stack.enter_context(open_memory(settings))
        trust = Trust(settings)
        timestamps = stack.enter_context(open_timestamps(settings))
        yield make_archiving(
            settings,
            memory,
            trust,
            evidence=open_evidence(settings, trust),
            timestamps=timestamps,
        )
