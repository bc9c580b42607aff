"""Reads the keys that QR tokens are trusted by, from any form that the service publishes."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

import cbor2
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.serialization import Encoding

from clearance.errors import InvalidValue
from clearance.token import KEY_IDENTIFIER_LENGTH, key_identifier

TokenKeys = Mapping[bytes, EllipticCurvePublicKey]
"""P-256 keys by their ``clearance.token.key_identifier``."""

COORDINATE_LENGTH = 32
"""Bytes of x and of y, in every form."""

# COSE_Key labels and values (RFC 9052, 7; RFC 9053, 7.1.1).
_KEY_TYPE, _KEY_IDENTIFIER, _CURVE, _X, _Y = 1, 2, -1, -2, -3
_EC2, _P_256 = 2, 1


def load_trust(document: bytes) -> TokenKeys:
    """Read a COSE key set (RFC 9052, 7), a JWK set (RFC 7517) or PEM certificates.

    Keys of other kinds and certificates of authorities are passed over. Raises ``InvalidValue``
    with ``trust.malformed`` if it is none of the three, ``trust.no_keys`` if no key is left.
    """
    try:
        keys = _read(document)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        UnsupportedAlgorithm,
        ValueError,
        cbor2.CBORDecodeError,
    ) as error:
        raise InvalidValue("trust.malformed") from error
    if not keys:
        raise InvalidValue("trust.no_keys")
    return keys


def keys_of(certificates: Iterable[x509.Certificate]) -> TokenKeys:
    """Return the token keys among ``certificates``; others are passed over."""
    return dict(map(_from_certificate, filter(_signs_tokens, certificates)))


def _read(document: bytes) -> TokenKeys:
    if b"-----BEGIN CERTIFICATE-----" in document:
        return keys_of(x509.load_pem_x509_certificates(document))
    if document.lstrip()[:1] == b"{":
        return dict(map(_from_jwk, filter(_is_p256_jwk, json.loads(document)["keys"])))
    found = cbor2.loads(document)
    if not isinstance(found, list):
        raise TypeError("no set of keys")
    return dict(map(_from_cose_key, filter(_is_p256_cose_key, found)))


def _signs_tokens(certificate: x509.Certificate) -> bool:
    """Leave out authorities, whose keys may be P-256 as well, and keys of other kinds."""
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        return False
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        authority = constraints.value.ca
    except x509.ExtensionNotFound:
        authority = False
    return (
        not authority
        and isinstance(key, EllipticCurvePublicKey)
        and isinstance(key.curve, SECP256R1)
    )


def _from_certificate(certificate: x509.Certificate) -> tuple[bytes, EllipticCurvePublicKey]:
    key = certificate.public_key()
    if not isinstance(key, EllipticCurvePublicKey):
        raise TypeError("not an elliptic curve key")
    return key_identifier(certificate.public_bytes(Encoding.DER)), key


def _is_p256_jwk(jwk: dict[str, Any]) -> bool:
    return jwk.get("kty") == "EC" and jwk.get("crv") == "P-256"


def _from_jwk(jwk: dict[str, str]) -> tuple[bytes, EllipticCurvePublicKey]:
    x, y = (_coordinate(_base64url(jwk[name])) for name in ("x", "y"))
    return _identifier(_base64url(jwk["kid"])), _public_key(x, y)


def _is_p256_cose_key(cose_key: dict[int, Any]) -> bool:
    return cose_key.get(_KEY_TYPE) == _EC2 and cose_key.get(_CURVE) == _P_256


def _from_cose_key(cose_key: dict[int, Any]) -> tuple[bytes, EllipticCurvePublicKey]:
    x, y = _coordinate(cose_key[_X]), cose_key[_Y]
    if isinstance(y, bool):  # point compression: the sign of y
        point = bytes([3 if y else 2]) + x
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    else:
        key = _public_key(x, _coordinate(y))
    return _identifier(cose_key[_KEY_IDENTIFIER]), key


def _public_key(x: bytes, y: bytes) -> EllipticCurvePublicKey:
    """Build a key; a point that is not on the curve is refused with ``ValueError``."""
    numbers = EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), SECP256R1())
    return numbers.public_key()


def _coordinate(value: object) -> bytes:
    """Demand the full length, leading zeros and all (RFC 7518, 6.2.1.2; RFC 9053, 7.1.1)."""
    if not isinstance(value, bytes) or len(value) != COORDINATE_LENGTH:
        raise ValueError("a coordinate has 32 bytes")
    return value


def _identifier(value: object) -> bytes:
    if not isinstance(value, bytes) or len(value) != KEY_IDENTIFIER_LENGTH:
        raise ValueError("a key identifier has 8 bytes")
    return value


def _base64url(text: str) -> bytes:
    """Decode base64url without padding (RFC 7515, 2); Python's passes over what is none of it."""
    decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != text.encode():
        raise ValueError("not base64url")
    return decoded
