"""Deterministic CBOR (RFC 8949, 4.2) as the QR token uses it: written one way, read strictly."""

import cbor2

from clearance.errors import InvalidValue

_DEEPEST = 6


def write(value: object) -> bytes:
    """Return the one encoding of a value."""
    # cbor2 sorts keys length first; for the keys used here that is the bytewise order of
    # RFC 8949, 4.2.1 as well.
    return cbor2.dumps(value, canonical=True)


def read(encoded: bytes) -> object:
    """Return what is encoded; raise ``InvalidValue("token.malformed")`` for what is no CBOR."""
    try:
        return cbor2.loads(
            encoded, max_depth=_DEEPEST, allow_indefinite=False, allow_duplicate_keys=False
        )
    except cbor2.CBORDecodeError as error:
        raise InvalidValue("token.malformed") from error


def integer(value: object) -> int:
    """Return an unsigned integer; raise ``TypeError`` for anything else."""
    # Unsigned and within CBOR's 64 bits: a negative place would find something in a list too.
    if type(value) is not int or not 0 <= value < 2**64:
        raise TypeError("not an unsigned integer")
    return value


def string(value: object) -> str:
    """Return a text string; raise ``TypeError`` for anything else."""
    if not isinstance(value, str):
        raise TypeError("not a text string")
    return value


def octets(value: object, *, length: int | None = None) -> bytes:
    """Return a byte string, of this length if one is given; raise ``TypeError`` for another."""
    if not isinstance(value, bytes) or length not in (None, len(value)):
        raise TypeError("not a byte string of the right length")
    return value
