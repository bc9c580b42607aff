"""Passwords: how they are chosen, handed out, hashed and compared."""

import hashlib
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type
from zxcvbn import zxcvbn

from clearance.errors import InvalidValue
from register.records import RandomBytes

SHORTEST: Final = 12
LONGEST: Final = 200
_JUDGED: Final = 64
"""Characters that are judged by how they are guessed; a longer password is no worse."""
_LEAST_SCORE: Final = 3
"""Of zxcvbn's 0 to 4: more than 10^8 guesses by its lists of passwords, names and words."""
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is read wrongly off paper."""
_GROUP: Final = 4

# Argon2id with the smallest memory that OWASP recommends (19 MiB, 2 passes, 1 lane): a login takes
# about 20 ms, and many at once do not exhaust a small machine.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_NOBODYS = _hasher.hash("nobody")
"""Compared with where there is no account, so that the answer takes as long."""


def hash_password(password: str) -> str:
    """Return the Argon2id hash with its parameters and a fresh salt."""
    return _hasher.hash(_normal(password))


def password_matches(stored: str | None, password: str) -> bool:
    """Compare; without a stored hash the answer is no and takes the same time."""
    try:
        _hasher.verify(_NOBODYS if stored is None else stored, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def draw(random_bytes: RandomBytes, *, groups: int = 4) -> str:
    """Draw a password or code to hand out: groups of four, 19.8 random bits each."""
    length = groups * _GROUP
    # 32 bytes are so many more than needed that the remainder is even.
    number = int.from_bytes(random_bytes(32))
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits += _ALPHABET[digit]
    return "-".join(digits[at : at + _GROUP] for at in range(0, length, _GROUP))


def check_new_password(password: str, *, username: str, full_name: str) -> None:
    """Demand a password that is hard to guess; spaces and any script are welcome.

    Raises ``InvalidValue`` with ``staff.password_too_short`` (12 characters), ``_too_long`` (200)
    or ``_too_easy``: it is made of the person's names, of passwords, words and keyboard rows that
    guessers try first, or of few different characters.
    """
    if len(password) < SHORTEST:
        raise InvalidValue("staff.password_too_short", parameters={"least": str(SHORTEST)})
    if len(password) > LONGEST:
        raise InvalidValue("staff.password_too_long", parameters={"most": str(LONGEST)})
    folded = password.casefold()
    names = {username, *full_name.casefold().split()}
    left = folded
    for name in sorted(names, key=len, reverse=True):
        left = left.replace(name, "")
    if len(set(folded)) < SHORTEST // 2 or len(left) < SHORTEST // 2:
        raise InvalidValue("staff.password_too_easy")
    if zxcvbn(password[:_JUDGED], user_inputs=sorted(names))["score"] < _LEAST_SCORE:
        raise InvalidValue("staff.password_too_easy")


def fingerprint(text: str) -> bytes:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()


def _normal(password: str) -> str:
    """Keyboards write the same letter in several ways (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
