"""A status list, checked with nothing but the list, the keys and the time."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from clearance.errors import InvalidValue
from clearance.status_list import (
    StatusListClaims,
    assemble,
    encode_claims,
    make_bits,
    to_be_signed,
)
from verifier.status_list import read_status_list

URI = "https://verify.example/s/0"
NOW = datetime(2025, 5, 5, tzinfo=UTC)
KID = b"12345678"
KEY = ec.generate_private_key(ec.SECP256R1())
KEYS = {KID: KEY.public_key()}


def signed(key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    payload = encode_claims(
        StatusListClaims(
            uri=URI,
            issued_at=NOW,
            expires_at=NOW + timedelta(hours=24),
            ttl=timedelta(minutes=5),
            bits=make_bits([7]),
        )
    )
    der = key.sign(to_be_signed(KID, payload), ec.ECDSA(hashes.SHA256()))
    return assemble(KID, payload, b"".join(each.to_bytes(32) for each in decode_dss_signature(der)))


def test_a_good_list_says_what_is_withdrawn() -> None:
    said = read_status_list(signed(), KEYS, uri=URI, now=NOW)
    assert (said.is_revoked(7), said.is_revoked(8)) == (True, False)
    assert read_status_list(signed(), KEYS, uri=URI, now=said.expires_at - timedelta(seconds=1))


def test_a_list_that_may_not_be_relied_upon_says_nothing() -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    token = signed()
    for code, arguments in {
        "status_list.malformed": (token[:-1], KEYS, URI, NOW),
        "status_list.unknown_key": (token, {b"87654321": KEY.public_key()}, URI, NOW),
        "status_list.signature_broken": (signed(stranger), KEYS, URI, NOW),
        "status_list.of_another_address": (token, KEYS, "https://verify.example/s/1", NOW),
        "status_list.expired": (token, KEYS, URI, NOW + timedelta(hours=24)),
    }.items():
        given, keys, uri, now = arguments
        with pytest.raises(InvalidValue) as refused:
            read_status_list(given, keys, uri=uri, now=now)
        assert refused.value.code == code


def test_a_changed_bit_breaks_the_signature() -> None:
    token = bytearray(signed())
    token[-70] ^= 1  # within the ttl, before the signature
    with pytest.raises(InvalidValue, match=r"status_list\.(signature_broken|malformed)"):
        read_status_list(bytes(token), KEYS, uri=URI, now=NOW)
