"""What the verifier believes in when it examines a file: plain values, fit for a pickle."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Evidence(StrEnum):
    """Which evidence a file has to carry beside the signature itself."""

    NONE = "none"
    """Layout B-B: the signature alone."""
    TIMESTAMP = "timestamp"
    """Layout B-T: a trusted signature timestamp."""
    TIMESTAMP_AND_REVOCATION = "timestamp_and_revocation"
    """Layouts closed, B-LT and B-LTA: also revocation evidence for both chains, embedded."""


_WEAKER_LAYOUTS = {"B-B": Evidence.NONE, "B-T": Evidence.TIMESTAMP}


def evidence_of_layout(layout: str) -> Evidence:
    """Answer what a file sealed in ``layout`` (as the register names it) must carry.

    An unknown layout demands the full evidence.
    """
    return _WEAKER_LAYOUTS.get(layout, Evidence.TIMESTAMP_AND_REVOCATION)


@dataclass(frozen=True, kw_only=True)
class TrustPolicy:
    """The whole trust input of one examination; nothing else is trusted, nothing is fetched."""

    anchors_der: tuple[bytes, ...]
    """Trust anchors (X.509, DER) of seal and timestamp authority; the machine's are never used."""
    seals_der: tuple[bytes, ...]
    """Our seal certificates (X.509, DER), the retired and the compromised ones too: they decide
    whose seal a file carries, not whether it is good."""
    at: datetime
    """Aware UTC. A timestamp may not lie after it; a seal without timestamp is judged at it."""
    evidence: Evidence = Evidence.TIMESTAMP_AND_REVOCATION
    """Evidence that the file must carry."""
    require_non_repudiation: bool = False
    """Whether the seal certificate needs the key usage non-repudiation; else digital signature
    will do, since an organizational seal may not carry it."""
