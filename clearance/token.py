"""The QR token: the facts of a clearance that a phone can check without asking anyone.

A token is a COSE_Sign1 (RFC 9052, tag 18) whose payload is a CWT claims set (RFC 8392) in
deterministic CBOR (RFC 8949, 4.2). ``docs/token.md`` is the format, byte by byte.

Everything but the values is fixed, so reading is strict: a token is accepted only if writing what
was read gives the same bytes again. This module makes and reads bytes; it signs and verifies
nothing.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cbor2

from clearance import strict_cbor
from clearance.certificate import ClearanceKind
from clearance.errors import InvalidValue
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    PartyIdentifier,
    VerificationCode,
    parse_party_identifier,
)
from clearance.money import Rials

LONGEST_TOKEN = 280
"""Bytes; as base32 behind an address it stays within QR version 14 at error correction M."""

KEY_IDENTIFIER_LENGTH = 8
SIGNATURE_LENGTH = 64

_COSE_SIGN1 = 18
_ALGORITHM, _KEY_IDENTIFIER = 1, 4
_ES256 = -7

_ISSUER, _ISSUED_AT, _STATUS = 1, 6, 65535
_CLEARANCE = -65537
"""The first key of RFC 8392's private use range."""

_KINDS = (ClearanceKind.FINAL, ClearanceKind.INTERIM)
"""A kind is written as its place in this tuple, which may only grow at its end."""

_LONGEST_TIME = 2**36


@dataclass(frozen=True, kw_only=True)
class TokenClaims:
    """What a token says."""

    issuer: str
    """CWT ``iss``: who vouches, such as the host of the public verifier."""
    issued_at: datetime
    """CWT ``iat``: the certificate's issue time, UTC, whole seconds."""
    number: ClearanceNumber
    kind: ClearanceKind
    branch_code: BranchCode
    """The branch in ``number``: it is not written twice."""
    contract_row: ContractRow
    contract_sequence: ContractSequence
    work_assigner_identifier: PartyIdentifier
    contractor_identifier: PartyIdentifier
    amount_collected: Rials
    verification_code: VerificationCode
    content_hash: bytes
    """SHA-256 of the certificate's canonical JSON."""
    status_list_uri: str
    """Where the status list (IETF Token Status List) stands."""
    status_list_index: int
    """The clearance's place in it, from 0 on."""

    def __post_init__(self) -> None:
        if self.branch_code != self.number.branch_code:
            raise ValueError("branch_code is not the branch in number")


@dataclass(frozen=True, kw_only=True)
class ParsedToken:
    """A well-formed token whose signature nobody has verified yet."""

    kid: bytes
    """The token key's ``key_identifier``."""
    protected: bytes
    """The protected header as it is signed."""
    payload: bytes
    signature: bytes
    """ES256 as ``r || s``, 64 bytes."""
    claims: TokenClaims

    def to_be_signed(self) -> bytes:
        """Return the bytes that ``signature`` must be a signature of."""
        return to_be_signed(self.kid, self.payload)


def key_identifier(certificate_der: bytes) -> bytes:
    """Return the ``kid`` of the token key in an X.509 certificate (DER)."""
    return hashlib.sha256(certificate_der).digest()[:KEY_IDENTIFIER_LENGTH]


def encode_claims(claims: TokenClaims) -> bytes:
    """Write the claims set, the token's payload; a fraction of a second is dropped."""
    return strict_cbor.write(
        {
            _ISSUER: claims.issuer,
            _ISSUED_AT: int(claims.issued_at.timestamp()),
            _STATUS: {
                "status_list": {"idx": claims.status_list_index, "uri": claims.status_list_uri}
            },
            _CLEARANCE: [
                int(claims.number.replace("-", "")),
                _KINDS.index(claims.kind),
                _marked(claims.contract_row),
                _marked(claims.contract_sequence),
                _marked(claims.work_assigner_identifier),
                _marked(claims.contractor_identifier),
                int(claims.amount_collected),
                claims.verification_code.to_bytes(),
                claims.content_hash,
            ],
        }
    )


def decode_claims(payload: bytes) -> TokenClaims:
    """Read a claims set; anything but ``encode_claims``'s own bytes is ``token.malformed``."""
    found = strict_cbor.read(payload)
    try:
        claims = _claims(found)
        written = encode_claims(claims)
    except (InvalidValue, LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidValue("token.malformed") from error
    if written != payload:
        raise InvalidValue("token.malformed")
    return claims


def to_be_signed(kid: bytes, payload: bytes) -> bytes:
    """Write the Sig_structure (RFC 9052, 4.4) that ES256 signs.

    Raises ``token.too_long`` already here, so that no key signs what no QR code will carry.
    """
    assemble(kid, payload, bytes(SIGNATURE_LENGTH))
    return strict_cbor.write(["Signature1", _protected(kid), b"", payload])


def assemble(kid: bytes, payload: bytes, signature: bytes) -> bytes:
    """Write the token; raises ``token.too_long`` beyond 280 bytes."""
    if len(signature) != SIGNATURE_LENGTH:
        raise ValueError("an ES256 signature has 64 bytes")
    token = strict_cbor.write(cbor2.CBORTag(_COSE_SIGN1, [_protected(kid), {}, payload, signature]))
    if len(token) > LONGEST_TOKEN:
        raise InvalidValue(
            "token.too_long", parameters={"length": str(len(token)), "limit": str(LONGEST_TOKEN)}
        )
    return token


def parse_token(token: str | bytes) -> ParsedToken:
    """Read a token, as text or as bytes; verifies its form, not its signature.

    Raises ``InvalidValue`` with ``token.malformed`` or ``token.too_long``.
    """
    encoded = from_text(token) if isinstance(token, str) else token
    if len(encoded) > LONGEST_TOKEN:
        raise InvalidValue(
            "token.too_long", parameters={"length": str(len(encoded)), "limit": str(LONGEST_TOKEN)}
        )
    match strict_cbor.read(encoded):
        case cbor2.CBORTag(tag=18, value=[bytes(protected), _, bytes(payload), bytes(signature)]):
            kid = _key_identifier(protected)
        case _:
            raise InvalidValue("token.malformed")
    if len(signature) != SIGNATURE_LENGTH or assemble(kid, payload, signature) != encoded:
        raise InvalidValue("token.malformed")
    return ParsedToken(
        kid=kid,
        protected=protected,
        payload=payload,
        signature=signature,
        claims=decode_claims(payload),
    )


def to_text(token: bytes) -> str:
    """Write a token for the QR's alphanumeric mode: base32 (RFC 4648), capitals, no padding."""
    return base64.b32encode(token).decode().rstrip("=")


def from_text(text: str) -> bytes:
    """Read ``to_text``'s form in either case; all else is ``token.malformed``."""
    # Only ASCII may be raised: the upper case of the dotless ı is a plain I.
    if not text.isascii():
        raise InvalidValue("token.malformed")
    symbols = text.upper()
    try:
        token = base64.b32decode(symbols + "=" * (-len(symbols) % 8))
    except binascii.Error as error:
        raise InvalidValue("token.malformed") from error
    # Unused bits that are not zero would give one token several texts.
    if to_text(token) != symbols:
        raise InvalidValue("token.malformed")
    return token


def _claims(found: Any) -> TokenClaims:
    number, kind, row, sequence, assigner, contractor, amount, code, content = found[_CLEARANCE]
    status = found[_STATUS]["status_list"]
    clearance_number = ClearanceNumber.parse(str(strict_cbor.integer(number)))
    return TokenClaims(
        issuer=strict_cbor.string(found[_ISSUER]),
        issued_at=datetime.fromtimestamp(whole_seconds(found[_ISSUED_AT]), UTC),
        number=clearance_number,
        kind=_KINDS[strict_cbor.integer(kind)],
        branch_code=clearance_number.branch_code,
        contract_row=ContractRow(_unmarked(row)),
        contract_sequence=ContractSequence(_unmarked(sequence)),
        work_assigner_identifier=parse_party_identifier(_unmarked(assigner)),
        contractor_identifier=parse_party_identifier(_unmarked(contractor)),
        amount_collected=Rials(strict_cbor.integer(amount)),
        verification_code=VerificationCode.from_bytes(strict_cbor.octets(code)),
        content_hash=strict_cbor.octets(content, length=32),
        status_list_uri=strict_cbor.string(status["uri"]),
        status_list_index=strict_cbor.integer(status["idx"]),
    )


def whole_seconds(value: object) -> int:
    """Read a time or span of a claims set: unsigned, and below 2**36 (the year 4147).

    Raises ``TypeError`` for anything else.
    """
    seconds = strict_cbor.integer(value)
    if seconds >= _LONGEST_TIME:
        raise TypeError("no time")
    return seconds


def _marked(digits: str) -> int:
    """Write a digit string as an integer with a 1 before it, which keeps its leading zeros."""
    return int("1" + digits)


def _unmarked(number: object) -> str:
    digits = str(strict_cbor.integer(number))
    if digits[0] != "1":
        raise ValueError("a digit string without its leading mark")
    return digits[1:]


def _protected(kid: bytes) -> bytes:
    if len(kid) != KEY_IDENTIFIER_LENGTH:
        raise ValueError("a key identifier has 8 bytes")
    return strict_cbor.write({_ALGORITHM: _ES256, _KEY_IDENTIFIER: kid})


def _key_identifier(protected: bytes) -> bytes:
    match strict_cbor.read(protected):
        case {1: -7, 4: bytes(kid)} if len(kid) == KEY_IDENTIFIER_LENGTH:
            return kid
        case _:
            raise InvalidValue("token.malformed")
