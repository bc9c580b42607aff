"""The examination of one file by itself: what runs inside the sandbox, and our own last look."""

from dataclasses import dataclass
from typing import Protocol

from clearance.verdict import Finding, Level, Reason
from verifier.trust import TrustPolicy


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What a file shows by itself, without the register. Plain values, fit for a pickle."""

    findings: tuple[Finding, ...]
    """In the order of the stages structure, signature, modification."""
    bears_our_seal: bool
    """Whether one of the signatures bears one of our seals, good or broken."""
    content_hash: bytes | None
    """SHA-256 of the attached clearance data, if there is any."""

    @property
    def agrees(self) -> bool:
        """Whether the file shows a good seal of ours and nothing that speaks against it."""
        valid = any(finding.reason is Reason.SIGNATURE_VALID for finding in self.findings)
        failed = any(finding.level is Level.FAILED for finding in self.findings)
        return valid and not failed

    @property
    def sealed_as_it_is(self) -> bool:
        """Whether our seal was set on exactly these bytes, at a time that is attested.

        Only with the seal's key can that be made. What may speak against it is about the
        certificate alone; anything else could be a genuine file whose unsigned parts, such as
        the timestamp, were changed.
        """
        reasons = {finding.reason for finding in self.findings}
        failed = {each.reason for each in self.findings if each.level is Level.FAILED}
        attested = {Reason.UNCHANGED_AFTER_SEALING, Reason.TIMESTAMP_TRUSTED} <= reasons
        return attested and failed <= _OF_THE_CERTIFICATE


_OF_THE_CERTIFICATE = {
    Reason.SEAL_REVOKED,
    Reason.SEAL_NOT_CURRENT,
    Reason.WRONG_PURPOSE,
    Reason.WEAK_ALGORITHM,
    Reason.CHANGES_NOT_FORBIDDEN,
}


class Examiner(Protocol):
    """Examines a file by itself; ``verifier.sandbox.Sandbox`` is one."""

    def examine(self, pdf: bytes, trust: TrustPolicy, *, registered: bool = False) -> Examination:
        """Examine ``pdf``, which waits only for its like: ``registered`` files or strangers'.

        Never raises for a bad document; ``Unavailable`` if too much is waiting.
        """


def examine(pdf: bytes, trust: TrustPolicy) -> Examination:
    """Examine ``pdf``; whatever the document holds becomes a finding.

    Only ``MemoryError`` passes through, since then nothing more can be said of the file.
    """
    # pyHanko takes half a second to load: the cost of whoever examines, not of whoever asks.
    from verifier.changes import read_changes  # noqa: PLC0415
    from verifier.cryptographic import examine_signatures  # noqa: PLC0415
    from verifier.evidence_lifetime import lasting_findings  # noqa: PLC0415
    from verifier.history import history_findings  # noqa: PLC0415
    from verifier.structure import open_file  # noqa: PLC0415

    opened = open_file(pdf)
    if opened.reader is None:
        return Examination(
            findings=opened.findings,
            bears_our_seal=False,
            content_hash=opened.content_hash,
        )
    revisions = read_changes(opened.reader)
    signatures = examine_signatures(pdf, opened.reader, trust, revisions)
    history = history_findings(
        pdf, opened.reader, revisions, sealed=signatures.sealed_revision, trust=trust
    )
    return Examination(
        findings=opened.findings
        + signatures.findings
        + history
        + lasting_findings(pdf, opened.reader, trust),
        bears_our_seal=signatures.ours,
        content_hash=opened.content_hash,
    )


def check_own_work(pdf: bytes, trust: TrustPolicy) -> tuple[Finding, ...]:
    """Examine a file that we have just sealed, before it leaves; no sandbox, it is our own.

    The file is good if no finding is ``FAILED``; a file without a good seal always has one.
    """
    return examine(pdf, trust).findings
