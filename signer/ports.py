"""What the signer needs from others, as protocols that the wiring fills in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cryptography import x509

from clearance.algorithms import Mechanism
from clearance.verdict import Finding


class SigningKey(Protocol):
    """A key in the token together with its certificate.

    Safe to use from several threads. ``sign`` hashes ``data`` itself and returns PKCS#1 v1.5 or
    PSS bytes for RSA and fixed-width ``r || s`` for ECDSA.
    It raises ``Refused`` if the certificate may not sign now and ``Unavailable`` if the token
    does not answer; either way nothing has been signed.
    """

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of this key."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Issuer certificates upward, without the leaf, the root last where known."""

    @property
    def mechanism(self) -> Mechanism:
        """The signature mechanism that ``sign`` uses."""

    def sign(self, data: bytes) -> bytes:
        """Sign ``data`` inside the token."""


class CertificateRole(StrEnum):
    """What a certificate is asked to vouch for."""

    SEAL = "seal"
    TIMESTAMP = "tsa"
    """Its path must allow timestamping (RFC 3161, 2.3)."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Validation evidence of one moment: what goes into the DSS dictionary."""

    certificates: tuple[x509.Certificate, ...]
    """Every certificate of the paths, roots and OCSP responders included, without duplicates."""
    ocsp_responses: tuple[bytes, ...]
    """OCSP answers (``OCSPResponse`` of RFC 6960 in DER)."""
    crls: tuple[bytes, ...]
    """Revocation lists (``CertificateList`` of RFC 5280 in DER), for what OCSP does not cover."""
    gathered_at: datetime
    """When the oldest of them was fetched (UTC)."""
    valid_until: datetime
    """When the first of the answers ends (UTC)."""


class EvidenceSource(Protocol):
    """Answers validated evidence for one certificate; safe to use from several threads."""

    def gather(
        self,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        role: CertificateRole,
    ) -> Evidence:
        """Return evidence for the path of ``certificate``, built with the help of ``others``.

        Raises ``Refused`` (``<role>.certificate_revoked``, ``<role>.certificate_not_trusted``)
        or ``Unavailable`` (``revocation.unavailable``) if a needed answer is not to be had.
        """


OwnCheck = Callable[[bytes], tuple[Finding, ...]]
"""Examines a sealed file with the verifier's cryptographic stage before it leaves."""
