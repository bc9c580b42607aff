"""The status list: one bit for each clearance, set once it is revoked.

IETF Token Status List (draft-ietf-oauth-status-list, 4.3 and 5.2): a CWT (RFC 8392) in a tagged
COSE_Sign1 (RFC 9052), in deterministic CBOR (RFC 8949, 4.2). ``docs/token.md`` is the format. This
module makes and reads bytes; it signs and verifies nothing.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2

from clearance.errors import InvalidValue
from clearance.token import KEY_IDENTIFIER_LENGTH, SIGNATURE_LENGTH, whole_seconds

LIST_SIZE = 2**20
"""Places in each list, used or not: its size tells nobody how many clearances there are."""
MEDIA_TYPE = "application/statuslist+cwt"

LONGEST_STATUS_LIST = 256 * 1024
"""Bytes; a list whose bits do not compress at all has half of that."""

_BYTES = LIST_SIZE // 8
_COSE_SIGN1 = 18
_ALGORITHM, _KEY_IDENTIFIER, _TYPE = 1, 4, 16
_ES256 = -7
_SUBJECT, _EXPIRES, _ISSUED_AT, _TTL, _STATUS_LIST = 2, 4, 6, 65534, 65533
_DEEPEST = 4
_UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError, cbor2.CBORError, zlib.error)


@dataclass(frozen=True, kw_only=True)
class StatusListClaims:
    """What a status list says."""

    uri: str
    """CWT ``sub``: the address that tokens name."""
    issued_at: datetime
    """CWT ``iat``, UTC, whole seconds."""
    expires_at: datetime
    """CWT ``exp``: not to be relied upon any longer (UTC, whole seconds)."""
    ttl: timedelta
    """For how long a copy may be used before a fresh one is asked for (whole seconds)."""
    bits: bytes
    """``LIST_SIZE`` bits, the lowest bit of each byte first."""

    def __post_init__(self) -> None:
        if len(self.bits) != _BYTES:
            raise ValueError("a status list has a fixed size")
        if self.ttl <= timedelta(0):
            raise ValueError("a status list may be used for some time")

    def is_revoked(self, index: int) -> bool:
        """Return whether the clearance at this place (from 0 on) is revoked.

        Raises ``InvalidValue`` with ``status_list.no_such_place``: nothing can be said of it.
        """
        if not 0 <= index < LIST_SIZE:
            raise InvalidValue("status_list.no_such_place", parameters={"index": str(index)})
        return bool(self.bits[index // 8] >> index % 8 & 1)


@dataclass(frozen=True, kw_only=True)
class ParsedStatusList:
    """A well-formed status list whose signature nobody has verified yet."""

    kid: bytes
    """The ``clearance.token.key_identifier`` of the QR tokens' key that signed it."""
    payload: bytes
    signature: bytes
    """64 bytes, ``r || s``."""
    claims: StatusListClaims

    def to_be_signed(self) -> bytes:
        """Return the bytes that the signature is over."""
        return to_be_signed(self.kid, self.payload)


def place_of(index: int) -> tuple[int, int]:
    """Return the number of a clearance's list, and its place in that, by its place among all."""
    return divmod(index, LIST_SIZE)


def list_uri(public_url: str, number: int) -> str:
    """Return the address of a list; ``public_url`` is scheme and host."""
    return f"{public_url}/s/{number}"


def make_bits(revoked: Iterable[int]) -> bytes:
    """Set the bits of the revoked places; raises ``IndexError`` for one outside the list."""
    bits = bytearray(_BYTES)
    for index in revoked:
        bits[index // 8] |= 1 << index % 8
    return bytes(bits)


def encode_claims(claims: StatusListClaims) -> bytes:
    """Write the CWT claims set."""
    return _payload(claims, zlib.compress(claims.bits, level=9))


def to_be_signed(kid: bytes, payload: bytes) -> bytes:
    """Write the Sig_structure (RFC 9052, 4.4) that ES256 signs."""
    return _cbor(["Signature1", _protected(kid), b"", payload])


def assemble(kid: bytes, payload: bytes, signature: bytes) -> bytes:
    """Write the signed status list."""
    if len(signature) != SIGNATURE_LENGTH:
        raise ValueError("an ES256 signature has 64 bytes")
    return _cbor(cbor2.CBORTag(_COSE_SIGN1, [_protected(kid), {}, payload, signature]))


def parse_status_list(token: bytes) -> ParsedStatusList:
    """Read a status list of ours; verifies its form, not its signature.

    Raises ``InvalidValue("status_list.malformed")`` for anything that ``assemble`` would not have
    written just so, but for how well the bits are compressed.
    """
    if len(token) > LONGEST_STATUS_LIST:
        raise InvalidValue("status_list.malformed")
    try:
        return _parsed(_read(token), token)
    except _UNREADABLE as error:
        raise InvalidValue("status_list.malformed") from error


def _parsed(found: object, token: bytes) -> ParsedStatusList:
    match found:
        case cbor2.CBORTag(tag=18, value=[bytes(protected), _, bytes(payload), bytes(signature)]):
            kid = _read(protected)[_KEY_IDENTIFIER]
        case _:
            raise ValueError("no COSE_Sign1")
    said = _read(payload)
    compressed = said[_STATUS_LIST]["lst"]
    claims = StatusListClaims(
        uri=said[_SUBJECT],
        issued_at=datetime.fromtimestamp(whole_seconds(said[_ISSUED_AT]), UTC),
        expires_at=datetime.fromtimestamp(whole_seconds(said[_EXPIRES]), UTC),
        ttl=timedelta(seconds=whole_seconds(said[_TTL])),
        bits=_decompressed(compressed),
    )
    if not isinstance(kid, bytes) or not isinstance(claims.uri, str):
        raise TypeError("not of the right type")
    if _payload(claims, compressed) != payload or assemble(kid, payload, signature) != token:
        raise ValueError("not in the one form")
    return ParsedStatusList(kid=kid, payload=payload, signature=signature, claims=claims)


def _payload(claims: StatusListClaims, compressed: bytes) -> bytes:
    return _cbor(
        {
            _SUBJECT: claims.uri,
            _EXPIRES: int(claims.expires_at.timestamp()),
            _ISSUED_AT: int(claims.issued_at.timestamp()),
            _TTL: int(claims.ttl.total_seconds()),
            _STATUS_LIST: {"bits": 1, "lst": compressed},
        }
    )


def _decompressed(compressed: bytes) -> bytes:
    """Decompress as much as a list holds and no more: a bomb is refused before it bursts."""
    decompressor = zlib.decompressobj()
    bits = decompressor.decompress(compressed, _BYTES)
    if not decompressor.eof and decompressor.decompress(decompressor.unconsumed_tail, 1):
        raise ValueError("more bits than a list has")
    if not decompressor.eof or decompressor.unused_data:
        raise ValueError("not one compressed list")
    return bits


def _protected(kid: bytes) -> bytes:
    if len(kid) != KEY_IDENTIFIER_LENGTH:
        raise ValueError("a key identifier has 8 bytes")
    return _cbor({_ALGORITHM: _ES256, _KEY_IDENTIFIER: kid, _TYPE: MEDIA_TYPE})


def _cbor(value: object) -> bytes:
    # Length first, as cbor2 sorts, is the bytewise order of RFC 8949, 4.2.1 for these keys.
    return cbor2.dumps(value, canonical=True)


def _read(encoded: bytes) -> Any:
    return cbor2.loads(
        encoded, max_depth=_DEEPEST, allow_indefinite=False, allow_duplicate_keys=False
    )
