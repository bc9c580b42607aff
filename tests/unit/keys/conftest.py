"""Keys in memory and certificates of every kind for them; no token, no sockets."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys.catalogue import CataloguedKey, Purpose, State
from keys.profiles import key_usage

NOW = datetime(2026, 3, 21, 9, 30, tzinfo=UTC)
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Certify = Callable[..., x509.Certificate]


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def certify(ec_key: ec.EllipticCurvePrivateKey) -> Certify:
    """Make a certificate signed by ``ec_key``, with the extensions asked for."""

    def make(
        key: Private,
        *,
        usages: tuple[str, ...] | None = ("digital_signature",),
        extended: tuple[str, ...] = (),
        ca: bool | None = None,
        not_before: datetime = NOW - timedelta(days=1),
        not_after: datetime = NOW + timedelta(days=1),
        organization: str = "Test",
    ) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(7)
            .not_valid_before(not_before)
            .not_valid_after(not_after)
        )
        if usages is not None:
            builder = builder.add_extension(key_usage(usages), critical=True)
        if extended:
            oids = [x509.ObjectIdentifier(each) for each in extended]
            builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
        if ca is not None:
            constraints = x509.BasicConstraints(ca=ca, path_length=None)
            builder = builder.add_extension(constraints, critical=True)
        return builder.sign(ec_key, hashes.SHA256())

    return make


@pytest.fixture
def catalogued() -> Callable[..., CataloguedKey]:
    def make(label: str = "seal-1", **changes: object) -> CataloguedKey:
        values: dict[str, object] = {
            "purpose": Purpose.DOCUMENT_SEAL,
            "algorithm": "rsa-2048",
            "mechanism": "rsa-pkcs1-sha256",
            "state": State.ACTIVE,
            "not_before": NOW - timedelta(days=1),
            "not_after": NOW + timedelta(days=1),
            "certificate_file": f"{label}.pem",
        }
        return CataloguedKey(label=label, **values | changes)  # type: ignore[arg-type]

    return make
