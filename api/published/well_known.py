"""What others need to verify without us: trust anchors and token keys, below ``/.well-known/``.

The key identifier of a token key stands as ``kid`` (RFC 9052, 7.1) and, in base64url, in the JSON
form (RFC 7517).
"""

import base64
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api.toolkit.dependencies import TheContext
from clearance.algorithms import KeyAlgorithm
from clearance.clock import format_moment
from clearance.errors import InternalFault
from clearance.token import key_identifier

ANCHORS_PATH = "/.well-known/trust-anchors.pem"
RETIRED_PATH = "/.well-known/retired-trust-anchors.pem"
COSE_PATH = "/.well-known/token-keys.cose"
JWKS_PATH = "/.well-known/jwks.json"

_CACHE = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
_COORDINATE_BYTES = 32

# COSE_Key labels and values (RFC 9052 section 7, RFC 9053 section 7.1).
_KTY, _KID, _ALG, _KEY_OPS, _CRV, _X, _Y = 1, 2, 3, 4, -1, -2, -3
_EC2, _ES256, _VERIFY, _P_256 = 2, -7, 2, 1

router = APIRouter(tags=["trust"])


@router.get("/.well-known/")
def list_trust(context: TheContext) -> dict[str, str]:
    """Name what is here."""
    return {
        "trust_anchors": f"{context.services.public_url}{ANCHORS_PATH}",
        "retired_trust_anchors": f"{context.services.public_url}{RETIRED_PATH}",
        "token_keys_cose": f"{context.services.public_url}{COSE_PATH}",
        "token_keys_jwks": f"{context.services.public_url}{JWKS_PATH}",
    }


@router.get(ANCHORS_PATH, response_class=Response)
def trust_anchors(context: TheContext) -> Response:
    """Return the certificates that seals are trusted by (PEM)."""
    content = b"".join(each.public_bytes(Encoding.PEM) for each in context.services.trust.anchors())
    return Response(content, media_type="application/x-pem-file", headers=_CACHE)


@router.get(RETIRED_PATH, response_class=Response)
def retired_trust_anchors(context: TheContext) -> Response:
    """Return the certificates that seals were trusted by once, each below its day (PEM).

    What was sealed before that day is judged by them still (docs/long-life.md).
    """
    content = b"".join(
        f"# {each.subject.rfc4514_string()}: not trusted from {format_moment(until)} on\n".encode()
        + each.public_bytes(Encoding.PEM)
        for each, until in context.services.trust.retired_anchors()
    )
    return Response(content or b"# none\n", media_type="application/x-pem-file", headers=_CACHE)


@router.get(COSE_PATH, response_class=Response)
def token_keys_cose(context: TheContext) -> Response:
    """Return the token keys as a COSE key set (RFC 9052)."""
    keys = [_cose_key(each) for each in context.services.trust.token_certificates()]
    content = cbor2.dumps(keys, canonical=True)
    return Response(content, media_type="application/cose-key-set", headers=_CACHE)


@router.get(JWKS_PATH, response_class=Response)
def token_keys_jwks(context: TheContext) -> Response:
    """Return the token keys as a JSON web key set (RFC 7517)."""
    keys = [_json_key(each) for each in context.services.trust.token_certificates()]
    return JSONResponse({"keys": keys}, media_type="application/jwk-set+json", headers=_CACHE)


def _cose_key(certificate: x509.Certificate) -> dict[int, Any]:
    x, y = _coordinates(certificate)
    return {
        _KTY: _EC2,
        _KID: _key_identifier(certificate),
        _ALG: _ES256,
        _KEY_OPS: [_VERIFY],
        _CRV: _P_256,
        _X: x,
        _Y: y,
    }


def _json_key(certificate: x509.Certificate) -> dict[str, Any]:
    x, y = _coordinates(certificate)
    return {
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "use": "sig",
        "kid": _base64url(_key_identifier(certificate)),
        "x": _base64url(x),
        "y": _base64url(y),
        "x5c": [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()],
        "x5t#S256": _base64url(certificate.fingerprint(SHA256())),
    }


def _coordinates(certificate: x509.Certificate) -> tuple[bytes, bytes]:
    key = certificate.public_key()
    if not isinstance(key, EllipticCurvePublicKey) or key.curve.name != KeyAlgorithm.P_256.curve:
        raise InternalFault("trust.token_key_not_p256")
    numbers = key.public_numbers()
    return numbers.x.to_bytes(_COORDINATE_BYTES), numbers.y.to_bytes(_COORDINATE_BYTES)


def _key_identifier(certificate: x509.Certificate) -> bytes:
    return key_identifier(certificate.public_bytes(Encoding.DER))


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
