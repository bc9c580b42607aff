"""How an API key is written: ``mohr_<id>_<secret><checksum>``.

A prefix that scanners for leaked secrets can look for, the client's public id, 256 random bits,
and a CRC-32 that tells a mistyped key without asking the database.
"""

import base64
import re
import zlib
from typing import Final

from register.records import RandomBytes

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_BYTES: Final = 5
_SECRET_BYTES: Final = 32
_SECRET_LENGTH: Final = 43
_CHECKSUM_LENGTH: Final = 6
_KEY = re.compile(
    rf"(?P<body>mohr_(?P<id>[a-z2-7]{{8}})_[{_BASE62}]{{{_SECRET_LENGTH}}})"
    rf"(?P<checksum>[{_BASE62}]{{{_CHECKSUM_LENGTH}}})",
    re.ASCII,
)


def make_key(random_bytes: RandomBytes) -> tuple[str, str]:
    """Return a new client id and the key that it stands in."""
    client_id = base64.b32encode(random_bytes(_ID_BYTES)).decode().lower()
    secret = _base62(int.from_bytes(random_bytes(_SECRET_BYTES)), _SECRET_LENGTH)
    return client_id, with_checksum(f"mohr_{client_id}_{secret}")


def client_id_of(key: str) -> str | None:
    """Return the client id that stands in a key; nothing if it cannot be one."""
    match = _KEY.fullmatch(key)
    return match["id"] if match is not None and with_checksum(match["body"]) == key else None


def with_checksum(body: str) -> str:
    """Return the key whose part before the checksum is ``body``."""
    return body + _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
