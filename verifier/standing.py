"""The register, as far as the verifier asks it: the judge of what was issued (R9, R10)."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from clearance.clock import format_moment
from clearance.identifiers import ClearanceNumber
from clearance.verdict import Finding, Level, Reason, Stage
from register.records import IssuedClearance, StandingState


class RegisterLookups(Protocol):
    """Read-only questions to the register; ``register.repository.Register`` answers them.

    Safe to use from several threads. Each method raises ``clearance.errors.Unavailable`` if the
    register does not answer: *unknown* is an answer, *unavailable* is not.
    """

    def find(self, number: ClearanceNumber) -> IssuedClearance | None:
        """Return the clearance with this number."""

    def find_by_digest(self, sha256: str) -> IssuedClearance | None:
        """Return the clearance whose sealed file has this SHA-256 (lowercase hexadecimal)."""

    def find_by_digests(self, digests: Sequence[str]) -> Mapping[str, IssuedClearance]:
        """Return those of ``digests`` that are known, by digest, in one query."""

    def find_by_content_hash(self, content_hash: bytes) -> IssuedClearance | None:
        """Return the clearance whose canonical content has this SHA-256."""


_REASONS = {
    StandingState.IN_FORCE: (Level.PASSED, Reason.IN_FORCE),
    StandingState.REVOKED: (Level.FAILED, Reason.REVOKED),
    StandingState.REPLACED: (Level.FAILED, Reason.REPLACED),
}


def standing_finding(issued: IssuedClearance) -> Finding:
    """Say whether ``issued`` is in force; if not, since when, why, and what stands in its place.

    ``at`` is RFC 3339 in UTC, ``reason`` one of the register's fixed reasons.
    """
    standing = issued.standing
    level, reason = _REASONS[standing.state]
    parameters = {
        "at": format_moment(standing.at) if standing.at else "",
        "reason": standing.reason or "",
        "replacement": standing.replacement or "",
    }
    known = {name: value for name, value in parameters.items() if value}
    return Stage.STANDING.finding(level, reason, **known)
