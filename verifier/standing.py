"""The register, as far as the verifier asks it: the judge of what was issued (R9, R10)."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from clearance.clock import format_moment
from clearance.identifiers import ClearanceNumber
from clearance.verdict import Finding, Level, Reason, Stage
from register.records import IssuedClearance, RegisteredDocument, Standing, StandingState


class RegisterLookups(Protocol):
    """Read-only questions about clearances; ``register.repository.Register`` answers them.

    Safe to use from several threads. Each method raises ``clearance.errors.Unavailable`` if the
    register does not answer: *unknown* is an answer, *unavailable* is not.
    """

    def find(self, number: ClearanceNumber) -> IssuedClearance | None:
        """Return the clearance with this number."""

    def find_by_content_hash(self, content_hash: bytes) -> IssuedClearance | None:
        """Return the clearance whose canonical content has this SHA-256."""


class DocumentLookups(Protocol):
    """Read-only questions about sealed documents of every kind; otherwise as ``RegisterLookups``.

    ``register.sealed_documents.SealedDocuments`` answers them.
    """

    def find(self, sha256: str) -> RegisteredDocument | None:
        """Return the document of the registered file with this SHA-256 (lowercase hexadecimal)."""

    def find_all(self, digests: Iterable[str]) -> Mapping[str, RegisteredDocument]:
        """Return those of ``digests`` that are known, by digest, in one query."""


_REASONS = {
    StandingState.IN_FORCE: (Level.PASSED, Reason.IN_FORCE),
    StandingState.REVOKED: (Level.FAILED, Reason.REVOKED),
    StandingState.REPLACED: (Level.FAILED, Reason.REPLACED),
}


def standing_finding(standing: Standing) -> Finding:
    """Say whether a document is in force; if not, since when, why, and what is in its place.

    ``at`` is RFC 3339 in UTC, ``reason`` one of the register's fixed reasons.
    """
    level, reason = _REASONS[standing.state]
    parameters = {
        "at": format_moment(standing.at) if standing.at else "",
        "reason": standing.reason or "",
        "replacement": standing.replacement or "",
    }
    known = {name: value for name, value in parameters.items() if value}
    return Stage.STANDING.finding(level, reason, **known)
