"""SHA-256 of a file and of the shorter files that it begins with."""

import hashlib
import re

MAXIMUM_BOUNDARIES = 64
"""How many ``%%EOF`` marks are looked at. A file that begins with an issued one has that one's
last mark among its first few; a hostile file with a million marks must not cost a million
digests."""

_END_OF_FILE = re.compile(rb"%%EOF(\r\n|\r|\n)?")


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data`` as lowercase hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def prefix_digests(pdf: bytes) -> tuple[str, ...]:
    """Return the SHA-256 of each shorter file that could end inside ``pdf``.

    A PDF ends with ``%%EOF`` and an optional end-of-line mark (ISO 32000-2, 7.5.5), so each mark
    gives the ends before and after its end-of-line bytes. The whole file itself is left out.
    Hexadecimal, in file order, in one pass over the bytes.
    """
    running = hashlib.sha256()
    position = 0
    digests = []
    view = memoryview(pdf)
    for end in _possible_ends(pdf):
        running.update(view[position:end])
        position = end
        digests.append(running.hexdigest())
    return tuple(digests)


def _possible_ends(pdf: bytes) -> list[int]:
    ends: list[int] = []
    for count, mark in enumerate(_END_OF_FILE.finditer(pdf)):
        if count == MAXIMUM_BOUNDARIES:
            break
        bare_end = mark.start() + len(b"%%EOF")
        ends.extend(range(bare_end, mark.end() + 1))
    return [end for end in ends if end < len(pdf)]
