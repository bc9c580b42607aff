"""Keys and certificates that tests make for themselves and throw away."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from clearance.algorithms import Mechanism

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(kw_only=True)
class MemoryKey:
    """A signing key outside any token, which counts how often it signs (``SigningKey``)."""

    private: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    mechanism: Mechanism = Mechanism.ECDSA_SHA256
    signatures: int = 0

    def sign(self, data: bytes) -> bytes:
        self.signatures += 1
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        digest = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}[
            self.mechanism.hash
        ]()
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(digest)))
            width = (self.private.key_size + 7) // 8
            return r.to_bytes(width, "big") + s.to_bytes(width, "big")
        scheme: Any = padding.PKCS1v15()
        if "pss" in self.mechanism:
            scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
        return self.private.sign(data, scheme, digest)


def self_signed(
    name: str,
    *,
    begins: datetime = BEGINS,
    ends: datetime | None = None,
    organization: str | None = None,
) -> MemoryKey:
    """Make a P-256 key with a certificate that it signed itself, for a day if nothing is said."""
    key = ec.generate_private_key(ec.SECP256R1())
    parts = [x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]
    if organization is not None:
        parts.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(parts))
        .issuer_name(x509.Name(parts))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends or begins + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return MemoryKey(private=key, certificate=certificate)
