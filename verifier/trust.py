"""What the verifier believes in when it examines a file: plain values, fit for a pickle."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Self

from clearance.long_life import TrustHistory


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
    """Return what a file sealed in ``layout`` (as the register names it) must carry.

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
    history: TrustHistory = TrustHistory()  # noqa: RUF009 - frozen
    """From when on algorithms and anchors convince no more; weighed for registered files only."""
    retired_anchors_der: tuple[bytes, ...] = ()
    """Anchors (X.509, DER) that were trusted once; ``history`` says until when."""
    registered_at: datetime | None = None
    """When the register saw the file sealed (aware UTC); None for a file that it does not know."""
    archival: bool = False
    """Whether the file has to end with a document timestamp over all of it."""

    def for_registered(self, sealed_at: datetime, *, archival: bool) -> Self:
        """Return the same for a file that the register saw sealed at ``sealed_at`` (aware).

        Anchors that retired after that moment are trusted again: the register is the witness that
        the file is older. Whether its evidence still convinces by itself is another question.
        """
        until = dict(self.history.retired)
        then = tuple(
            der
            for der in self.retired_anchors_der
            if until.get(sha256(der).hexdigest(), sealed_at) > sealed_at
        )
        return replace(
            self,
            anchors_der=self.anchors_der + then,
            registered_at=sealed_at,
            archival=archival,
        )
