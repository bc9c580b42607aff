"""Verifies a QR token offline: no database, no network, nothing but the trusted keys."""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from clearance.errors import InvalidValue
from clearance.token import TokenClaims, parse_token
from clearance.verdict import Reason
from verifier.token_keys import TokenKeys, load_trust

__all__ = ["TokenKeys", "TokenVerdict", "load_trust", "verify_token"]


@dataclass(frozen=True, kw_only=True)
class TokenVerdict:
    """What a token proves by itself: who stated the facts, not that they still hold."""

    valid: bool
    """Whether a trusted key signed exactly these claims."""
    reason: Reason
    """``token.valid``, ``token.malformed``, ``token.unknown_key`` or
    ``token.signature_broken``."""
    claims: TokenClaims | None
    """The stated facts; present only if the token is valid, so that nobody shows others."""


def verify_token(text: str, keys: TokenKeys) -> TokenVerdict:
    """Check form and ES256 signature (RFC 9053, 2.1) of a token in base32.

    Never raises for a bad token.
    """
    try:
        token = parse_token(text)
    except InvalidValue:
        return _invalid(Reason.TOKEN_MALFORMED)
    key = keys.get(token.kid)
    if key is None:
        return _invalid(Reason.TOKEN_UNKNOWN_KEY)
    if not signed_by(key, token.to_be_signed(), token.signature):
        return _invalid(Reason.TOKEN_SIGNATURE_BROKEN)
    return TokenVerdict(valid=True, reason=Reason.TOKEN_VALID, claims=token.claims)


def signed_by(key: EllipticCurvePublicKey, data: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (``r || s``) is the key's ES256 signature over ``data``."""
    half = len(signature) // 2
    r, s = (int.from_bytes(each) for each in (signature[:half], signature[half:]))
    try:
        key.verify(encode_dss_signature(r, s), data, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _invalid(reason: Reason) -> TokenVerdict:
    return TokenVerdict(valid=False, reason=reason, claims=None)
