"""Takes ZIP archives apart without trusting anything that they say of themselves.

An archive is a list and the files' bytes, and the two may lie about each other: sizes that are not
so, files that overlap, one name twice, names that lead out of the folder. What a lie concerns is
refused by itself; the other files are read. Nothing is ever written under a name of the archive,
which is a label here and no more.

The format is PKWARE's APPNOTE 6.3.10; the reader is Python's ``zipfile``, behind bounds of its own.
"""

import io
import stat
import struct
import threading
import unicodedata
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from clearance.errors import InvalidValue
from clearance.verdict import Reason
from verifier.pipeline import SIZE_LIMIT
from verifier.zip_names import leads_outside, name_of, shown_name

LIST_LIMIT: Final = 2 * 1024 * 1024
"""Bytes of an archive's list of files; a thousand long names with their folders take a quarter."""

TOTAL_LIMIT: Final = 1_000_000_000
"""Bytes that all files of one archive may have together, counted while they are inflated."""

MOST_TIMES: Final = 100
"""How many times its packed size a file may have. PDF and pictures are packed already: two or three
times is much; a bomb reaches a thousand (APPNOTE 4.4.5, method 8)."""

RATIO_COUNTS_FROM: Final = 1_000_000
"""Bytes up to which a file may be packed as well as it likes."""

_PIECE: Final = 256 * 1024
_LOCAL_HEADER: Final = 30
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
"""Flags: encrypted, strongly encrypted, list encrypted (APPNOTE 4.4.4)."""
_METHODS: Final = frozenset({ZIP_STORED, ZIP_DEFLATED})
"""How a file may be packed; the others' memory is the archive's to choose."""
_MACHINES_OWN: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini"})

# What ``zipfile`` and zlib raise for archives that are not what they say.
_FAULTS: Final = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ZippedFile:
    """One file of an archive."""

    name: str
    """Its path in the archive, fit to be shown and printed."""
    refusal: Reason | None
    """Why it is not read, as far as the list already shows."""
    info: ZipInfo


class ZipFiles:
    """A ZIP archive, opened over a seekable file that stays the caller's to close.

    Safe to use from several threads; one file at a time is inflated. Raises ``InvalidValue``:
    ``zip.unreadable`` if the list cannot be read, ``zip.list_too_long``,
    ``zip.too_many_files`` (more than ``most_files``).
    """

    def __init__(self, file: BinaryIO, *, most_files: int) -> None:
        self._lock = threading.Lock()
        self._inflated = 0
        try:
            self._zip = ZipFile(_Bounded(file))
        except _ListTooLong as error:
            raise InvalidValue("zip.list_too_long") from error
        except _FAULTS as error:
            raise InvalidValue("zip.unreadable") from error
        listed = self._zip.infolist()
        kept = [info for info in listed if not _is_left_out(info)]
        if len(kept) > most_files:
            raise InvalidValue(
                "zip.too_many_files",
                parameters={"files": str(len(kept)), "most": str(most_files)},
            )
        self.left_out = len(listed) - len(kept)
        """Folders, and what a Mac or Windows keeps for itself."""
        self.files = self._judged(kept, listed)
        """In the order of the archive's list."""

    def read(self, file: ZippedFile) -> bytes | Reason:
        """Return the bytes of one file, or why they cannot be had."""
        if file.refusal is not None:
            return file.refusal
        with self._lock:
            try:
                return self._inflate(file.info)
            except _FAULTS:
                return Reason.ZIP_DAMAGED

    def _inflate(self, info: ZipInfo) -> bytes | Reason:
        parts = []
        size = 0
        with self._zip.open(info) as packed:
            while part := packed.read(_PIECE):
                size += len(part)
                self._inflated += len(part)
                if size >= SIZE_LIMIT:
                    return Reason.TOO_LARGE
                if self._inflated > TOTAL_LIMIT or _is_bomb(size, info.compress_size):
                    return Reason.ZIP_BOMB
                parts.append(part)
        return b"".join(parts) if size == info.file_size else Reason.ZIP_DAMAGED

    def _judged(self, kept: list[ZipInfo], listed: list[ZipInfo]) -> tuple[ZippedFile, ...]:
        names = {id(info): name_of(info) for info in kept}
        times = Counter(_told_as(name) for name in names.values())
        overlapping = _overlapping(listed, self._zip.start_dir)
        return tuple(
            ZippedFile(
                name=shown_name(name := names[id(info)]),
                refusal=Reason.ZIP_OVERLAP
                if id(info) in overlapping
                else _refusal(info, name, times=times[_told_as(name)]),
                info=info,
            )
            for info in kept
        )


def is_zip(start: bytes) -> bool:
    """Whether a file that begins with ``start`` (four bytes or more) is a ZIP archive."""
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _refusal(info: ZipInfo, name: str, *, times: int) -> Reason | None:
    against = (
        (leads_outside(name), Reason.ZIP_NAME),
        (times > 1, Reason.ZIP_NAME_TWICE),
        (stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG), Reason.ZIP_NO_FILE),
        (bool(info.flag_bits & _ENCRYPTED), Reason.ZIP_ENCRYPTED),
        (info.compress_type not in _METHODS, Reason.ZIP_METHOD),
        (info.file_size >= SIZE_LIMIT, Reason.TOO_LARGE),
        (_is_bomb(info.file_size, info.compress_size), Reason.ZIP_BOMB),
    )
    return next((reason for applies, reason in against if applies), None)


def _told_as(name: str) -> str:
    """Return what names have in common that nobody tells apart where they are shown."""
    return unicodedata.normalize("NFC", shown_name(name)).casefold()


def _is_bomb(size: int, packed: int) -> bool:
    return size > RATIO_COUNTS_FROM and size > MOST_TIMES * packed


def _is_left_out(info: ZipInfo) -> bool:
    *folders, last = name_of(info).replace("\\", "/").split("/")
    return not last or "__MACOSX" in folders or last.casefold() in _MACHINES_OWN


def _overlapping(listed: list[ZipInfo], list_begins: int) -> set[int]:
    """Return the entries whose bytes are another's as well, or the list's.

    That is how a few kilobytes become terabytes (D. Fifield, A better zip bomb, 2019); Python's
    own guard against it came with 3.11.8 and is not relied upon.
    """
    ordered = sorted(listed, key=lambda info: info.header_offset)
    following = chain((info.header_offset for info in ordered[1:]), (list_begins,))
    return {
        id(info) for info, end in zip(ordered, following, strict=False) if _least_end(info) > end
    }


def _least_end(info: ZipInfo) -> int:
    # Every character of a name takes a byte or more; the extra fields are left out of account.
    return info.header_offset + _LOCAL_HEADER + len(info.orig_filename) + max(0, info.compress_size)


class _ListTooLong(Exception):
    """The list of an archive takes more bytes than are read."""


class _Bounded(io.BufferedIOBase):
    """A file of which one call reads no more than a list may have.

    ``zipfile`` takes in the list as a whole, whatever size the archive claims for it, and spends
    half a kilobyte of memory on each of its entries.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0 or size > LIST_LIMIT:
            size = LIST_LIMIT + 1
        data = self._file.read(size)
        if len(data) > LIST_LIMIT:
            raise _ListTooLong
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True
