"""How long evidence holds: algorithms grow weak and trust anchors retire, each at a known moment.

A signature or timestamp holds until the first of these moments that concerns it. A later timestamp
over it, made in time, carries it further: until that one's own end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clearance.algorithms import Hash, KeyAlgorithm, KeyKind

ALGORITHMS = frozenset[str]({*Hash, *KeyKind, *KeyAlgorithm})
"""Names that a policy may use: hashes, kinds of key, and kinds of key with their size. A key of
another size (such as ``rsa-3000``) is named by its kind alone."""


@dataclass(frozen=True, kw_only=True)
class TrustHistory:
    """What is trusted no longer, or from some moment on no longer. Plain values, fit for a key."""

    weak_from: tuple[tuple[str, datetime], ...] = ()
    """Algorithms with the moment (aware) from which they convince nobody any more."""
    retired: tuple[tuple[str, datetime], ...] = ()
    """Trust anchors by SHA-256 of their DER (lowercase hexadecimal), with the moment (aware) from
    which nothing new is trusted by them."""

    def end(self, algorithms: Iterable[str], anchor: str) -> datetime | None:
        """Return when evidence made with ``algorithms`` under ``anchor`` ends; None: not known."""
        used = frozenset(algorithms)
        moments = [moment for name, moment in self.weak_from if name in used]
        moments += [moment for name, moment in self.retired if name == anchor]
        return min(moments, default=None)

    def weak_by(self, moment: datetime) -> tuple[str, ...]:
        """Return the algorithms that are weak at ``moment``."""
        return tuple(name for name, since in self.weak_from if since <= moment)

    def retired_by(self, moment: datetime) -> tuple[str, ...]:
        """Return the anchors that are retired at ``moment``."""
        return tuple(name for name, since in self.retired if since <= moment)


@dataclass(frozen=True, kw_only=True)
class Strength:
    """What the holding of one timestamp depends on."""

    certificate_ends_at: datetime
    """When the first certificate of its path below the anchor ends (aware)."""
    algorithms: tuple[str, ...]
    """Names of ``ALGORITHMS`` (or further ones that no policy names), sorted, each once."""
    anchor: str
    """SHA-256 of the anchor that its path leads to, lowercase hexadecimal."""

    def end(self, history: TrustHistory) -> datetime:
        """Return when it has to be renewed at the latest."""
        known = history.end(self.algorithms, self.anchor)
        return self.certificate_ends_at if known is None else min(self.certificate_ends_at, known)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One piece of evidence in a file: the seal, or a timestamp."""

    made_at: datetime
    """When it was made, as far as that is proved (aware)."""
    ends_at: datetime | None
    """When it ends by itself; None: no end is known."""


def held_until(proof: Proof, later: Iterable[Proof]) -> datetime | None:
    """Return until when ``proof`` holds, carried by those of ``later`` that were made in time.

    ``later`` are the timestamps that cover it, in the order in which they were made: each covers
    those before it as well. None: no end is known.
    """
    end = proof.ends_at
    for cover in later:
        if end is None:
            break
        if cover.made_at < end:
            end = None if cover.ends_at is None else max(end, cover.ends_at)
    return end
