"""Certificates of published keys, always the same: their signatures take no random number."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from offline.cose import STRANGER

EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
FIRST_DAY = datetime(2025, 3, 21, tzinfo=UTC)


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, *, authority: bool = False
) -> x509.Certificate:
    """A certificate by the stranger, who is nobody's authority: a trust file needs none."""
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Published test authority")])
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(1404)
        .not_valid_before(FIRST_DAY)
        .not_valid_after(FIRST_DAY + timedelta(days=730))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(STRANGER, SHA256(), ecdsa_deterministic=True)
    )


def of_unknown_kind(ours: x509.Certificate) -> x509.Certificate:
    """The same with a kind of key that nobody knows; no reader checks its signature."""
    der = ours.public_bytes(Encoding.DER)
    return x509.load_der_x509_certificate(der.replace(EC_PUBLIC_KEY, EC_PUBLIC_KEY[:-1] + b"\x7f"))


def pem(*certificates: x509.Certificate) -> str:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates).decode()


def kid_of(certificate: x509.Certificate) -> bytes:
    return sha256(certificate.public_bytes(Encoding.DER)).digest()[:8]
