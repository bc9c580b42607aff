"""What the signer needs from others, as protocols that the wiring fills in."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from asn1crypto import crl, ocsp
from cryptography import x509

from clearance.verdict import Finding
from hsm.signing import Mechanism


class SigningKey(Protocol):
    """A key in the token together with its certificate.

    Safe to use from several threads. ``sign`` hashes ``data`` itself and answers PKCS#1 v1.5 or
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


class Evidence(Protocol):
    """Validation evidence of one moment: what goes into the DSS dictionary."""

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Chains of seal and TSA, without duplicates."""

    @property
    def ocsp_responses(self) -> tuple[ocsp.OCSPResponse, ...]:
        """Fresh OCSP answers."""

    @property
    def crls(self) -> tuple[crl.CertificateList, ...]:
        """Fresh revocation lists, for what OCSP does not cover."""

    @property
    def gathered_at(self) -> datetime:
        """When the oldest of them was fetched (UTC)."""


OwnCheck = Callable[[bytes], tuple[Finding, ...]]
"""Examines a sealed file with the verifier's cryptographic stage before it leaves."""
