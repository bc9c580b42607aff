"""What a file shows by itself, and who finds it out."""

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
    """Examines files by themselves; ``verifier.sandbox.Lane`` is one, safe for several threads."""

    def examine(self, pdf: bytes, trust: TrustPolicy) -> Examination:
        """Return what ``pdf`` shows; never raises for a bad document.

        Raises ``Busy`` if too much is waiting.
        """


@dataclass(frozen=True, kw_only=True)
class Examiners:
    """Who examines which files: neither kind waits for the other."""

    registered: Examiner
    """Files whose digest the register knows."""
    strangers: Examiner
    """All others."""
