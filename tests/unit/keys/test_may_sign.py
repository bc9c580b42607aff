"""A key whose certificate does not let it sign does not sign."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clearance.errors import Refused
from keys.catalogue import CataloguedKey, Purpose, State
from keys.certificates import check_certificate, check_matches, check_may_sign

Certify = Callable[..., x509.Certificate]
Make = Callable[..., CataloguedKey]
SECOND = timedelta(seconds=1)
DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"
SERVER = "1.3.6.1.5.5.7.3.1"
TIMESTAMPING = "1.3.6.1.5.5.7.3.8"


def refusal(check: Callable[[], None]) -> str | None:
    try:
        check()
    except Refused as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"usages": ("digital_signature",)}, True),
        ({"usages": ("content_commitment",)}, True),
        ({"usages": ("digital_signature", "content_commitment")}, True),
        ({"usages": ("digital_signature",), "ca": False}, True),
        ({"extended": (DOCUMENT_SIGNING,)}, True),
        ({"extended": (SERVER, DOCUMENT_SIGNING)}, True),
        ({"usages": ("key_encipherment",)}, False),
        ({"usages": ()}, False),
        ({"usages": None}, False),
        ({"usages": ("digital_signature", "key_cert_sign")}, False),
        ({"usages": ("digital_signature", "crl_sign")}, False),
        ({"usages": ("digital_signature",), "ca": True}, False),
        ({"extended": (SERVER,)}, False),
        ({"extended": (TIMESTAMPING,)}, False),
    ],
)
def test_usage_of_a_seal(
    certify: Certify,
    catalogued: Make,
    rsa_key: rsa.RSAPrivateKey,
    now: datetime,
    options: dict[str, Any],
    allowed: bool,
) -> None:
    certificate = certify(rsa_key, **options)
    code = refusal(lambda: check_certificate(catalogued(), certificate, now))
    assert code == (None if allowed else "keys.certificate_wrong_usage")


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"usages": ("digital_signature",)}, True),
        ({"usages": ("content_commitment",)}, False),
        ({"usages": ("digital_signature",), "ca": True}, False),
        ({"usages": None}, False),
    ],
)
def test_usage_of_a_token_key(
    certify: Certify,
    catalogued: Make,
    ec_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    options: dict[str, Any],
    allowed: bool,
) -> None:
    key = catalogued(purpose=Purpose.QR_TOKEN, algorithm="p-256", mechanism="ecdsa-sha256")
    certificate = certify(ec_key, **options)
    code = refusal(lambda: check_certificate(key, certificate, now))
    assert code == (None if allowed else "keys.certificate_wrong_usage")


def test_validity_of_the_certificate(
    certify: Certify, catalogued: Make, rsa_key: rsa.RSAPrivateKey, now: datetime
) -> None:
    certificate = certify(rsa_key, not_before=now, not_after=now + SECOND)
    key = catalogued()

    assert refusal(lambda: check_may_sign(key, certificate, now)) is None
    assert refusal(lambda: check_may_sign(key, certificate, now + SECOND)) is None
    early = refusal(lambda: check_may_sign(key, certificate, now - SECOND))
    late = refusal(lambda: check_may_sign(key, certificate, now + 2 * SECOND))
    assert early == "keys.certificate_not_yet_valid"
    assert late == "keys.certificate_expired"


@pytest.mark.parametrize("state", [State.PLANNED, State.RETIRED, State.COMPROMISED])
def test_state(
    certify: Certify,
    catalogued: Make,
    rsa_key: rsa.RSAPrivateKey,
    now: datetime,
    state: State,
) -> None:
    key = catalogued(state=state)
    assert refusal(lambda: check_may_sign(key, certify(rsa_key), now)) == "keys.not_active"


def test_window_of_the_key(
    certify: Certify, catalogued: Make, rsa_key: rsa.RSAPrivateKey, now: datetime
) -> None:
    key = catalogued(not_before=now, not_after=now + SECOND)
    certificate = certify(rsa_key)
    for at, code in (
        (now - SECOND, "keys.not_active"),
        (now, None),
        (now + SECOND, "keys.not_active"),
    ):
        assert refusal(lambda at=at: check_may_sign(key, certificate, at)) == code  # type: ignore[misc]


def test_certificate_of_another_key(
    certify: Certify,
    catalogued: Make,
    rsa_key: rsa.RSAPrivateKey,
    ec_key: ec.EllipticCurvePrivateKey,
) -> None:
    certificate = certify(rsa_key)
    ours, other = (
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for key in (rsa_key, ec_key)
    )

    assert refusal(lambda: check_matches(catalogued(), certificate, ours)) is None
    for key, spki in (
        (catalogued(), other),
        (catalogued(), ours[:-1] + b"\0"),
        (catalogued(algorithm="rsa-3072"), ours),
        (catalogued(algorithm="p-256", mechanism="ecdsa-sha256"), ours),
    ):
        code = refusal(lambda key=key, spki=spki: check_matches(key, certificate, spki))  # type: ignore[misc]
        assert code == "keys.certificate_does_not_match"
