"""Names of files in ZIP archives: which letters their bytes mean, and which are not acceptable.

The format knows IBM's code page 437, and UTF-8 where a flag says so (APPNOTE 4.4.4, appendix D).
Programs write what their system uses: UTF-8 without the flag, or on a Persian Windows code page
1256.
"""

import re
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from typing import Final
from zipfile import ZipInfo

_UTF8_FLAG: Final = 0x800
_UNICODE_PATH: Final = 0x7075
"""Extra field with the name in UTF-8 (APPNOTE 4.6.9)."""
_MOST_SHOWN: Final = 255
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_JOINERS: Final = "\u200c\u200d"


def name_of(info: ZipInfo) -> str:
    """Return a file's path in its archive, in the letters that its writer most likely meant."""
    if info.flag_bits & _UTF8_FLAG or info.orig_filename.isascii():
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")
    named = _unicode_path(info.extra, raw)
    if named is not None:
        return named
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        persian = raw.decode("cp1256")
    return persian if _reads_persian(persian) else info.orig_filename


def leads_outside(name: str) -> bool:
    """Whether a name is absolute, climbs out of its folder, or hides its end behind a NUL."""
    path = name.replace("\\", "/")
    return (
        "\0" in name
        or path.startswith("/")
        or _DRIVE.match(path) is not None
        or ".." in path.split("/")
    )


def printable(name: str) -> str:
    """Make a name from outside fit to be printed.

    Characters that print as nothing, steer the direction of the line or the terminal, or belong to
    no text become U+FFFD.
    """
    return "".join(each if _prints(each) else "\ufffd" for each in name)


def shown_name(name: str) -> str:
    """Make a name from outside fit to be shown: ``printable``, and of a very long one the end."""
    shown = printable(name)
    return shown if len(shown) <= _MOST_SHOWN else f"…{shown[1 - _MOST_SHOWN :]}"


def _prints(character: str) -> bool:
    return (
        character in _JOINERS
        or unicodedata.category(character)[0] not in "CZ"
        or (character == " ")
    )


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    for kind, data in _extra_fields(extra):
        if kind != _UNICODE_PATH or len(data) < 5:  # noqa: PLR2004 - version and checksum
            continue
        version, checksum = struct.unpack_from("<BL", data)
        if version == 1 and checksum == zlib.crc32(raw):
            try:
                return data[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:  # noqa: PLR2004 - kind and length
        kind, length = struct.unpack_from("<HH", extra)
        yield kind, extra[4 : 4 + length]
        extra = extra[4 + length :]


def _reads_persian(text: str) -> bool:
    """Whether all that is not ASCII is of the Arabic script, and most of the letters are."""
    foreign = [each for each in text if not each.isascii()]
    stem = text.rpartition(".")[0] or text
    latin = sum(each.isascii() and each.isalpha() for each in stem)
    arabic = all("\u0600" <= each <= "\u06ff" or each in _JOINERS for each in foreign)
    return arabic and len(foreign) > latin
