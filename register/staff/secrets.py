"""What the database may hold of secrets: encrypted, or as a keyed hash.

Both keys come from one key outside the database (``MOHR_HOME/secrets/staff_key``), so that the
database alone opens nothing.
"""

import hashlib
import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from clearance.errors import InternalFault, Refused
from register.records import RandomBytes

_SHORTEST_KEY: Final = 32
_NONCE: Final = 12


class StaffSecrets:
    """Seals and hashes secrets of staff under one key of 32 bytes or more.

    Raises ``Refused("staff.key_too_short")``.
    """

    def __init__(self, key: bytes, random_bytes: RandomBytes) -> None:
        if len(key) < _SHORTEST_KEY:
            raise Refused("staff.key_too_short")
        self._cipher = AESGCM(_derived(key, b"mohr staff sealing"))
        self._hash_key = _derived(key, b"mohr staff hashing")
        self._random_bytes = random_bytes

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt (AES-256-GCM); ``context`` says whose and what, and is needed to open."""
        nonce = self._random_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt; raises ``InternalFault("staff.secret_unreadable")``: another key or context."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise InternalFault("staff.secret_unreadable") from error

    def digest(self, text: str, *, context: str) -> bytes:
        """Return the HMAC-SHA256 of a text."""
        return hmac.digest(self._hash_key, f"{context}\0{text}".encode(), hashlib.sha256)


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)
