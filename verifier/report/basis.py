"""What every report says of its own making: under which policy, with which trust anchors."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

POLICY = "urn:mohr:policy:register-first:1"
"""Names the policy of docs/verification.md: the register's digest decides, the seal has to agree.
The number grows with each change that can change an outcome."""


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A certificate by its name and digest: a trust anchor, or that of the validator."""

    subject: str
    """RFC 4514."""
    sha256: str
    """Of the certificate in DER, lowercase hexadecimal."""
    der: bytes


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a verdict rests on besides the file and the register."""

    anchors: tuple[Anchor, ...]
    """What paths of seals and timestamps had to lead to."""
    policy: str = POLICY
    validator: Anchor | None = None
    """The newest certificate of the organization's seal, which names who validates; it signs
    receipts, and no report."""


def basis_of(anchors: Iterable[x509.Certificate], seals: Iterable[x509.Certificate] = ()) -> Basis:
    """Return the basis of verdicts under these trust anchors, by the holder of these seals."""
    newest = max(seals, key=lambda each: each.not_valid_before_utc, default=None)
    return Basis(
        anchors=tuple(map(_anchor, anchors)), validator=_anchor(newest) if newest else None
    )


def _anchor(certificate: x509.Certificate) -> Anchor:
    der = certificate.public_bytes(Encoding.DER)
    return Anchor(
        subject=certificate.subject.rfc4514_string(), sha256=sha256(der).hexdigest(), der=der
    )
