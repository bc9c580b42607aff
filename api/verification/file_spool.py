"""Takes in many files with one request, into a single temporary file without a name.

Memory holds one file at a time, whatever their number. The temporary file never has a name in any
folder (``O_TMPFILE``): nobody else can open it, and the kernel frees it as soon as the answer ends
or the process does.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.toolkit.bodies import MULTIPART_TYPE, demand_type, stream_body
from api.toolkit.multipart import after_preamble, boundary_of
from api.verification.file_forms import EXPECT_BYTES, Part, SpooledForm
from clearance.errors import InvalidValue, Unavailable
from clearance.verdict import Reason
from verifier.zip_files import ZipFiles, is_zip

ZIP_TYPE: Final = "application/zip"
ZIP_TYPES: Final = (ZIP_TYPE, "application/x-zip-compressed")
"""The registered type, and what browsers on Windows say."""

PART_BYTES: Final = 1024
"""Room for the boundary and the headers of each part of a form."""


@dataclass(frozen=True, kw_only=True)
class SpoolLimits:
    """What is taken in with one request."""

    files: int
    total_bytes: int
    """Of the body, but for what frames the parts of a form."""
    file_bytes: int
    """Of a file; a larger one is answered as such, and the others go on."""


@dataclass(frozen=True, kw_only=True)
class ReceivedFile:
    """One of the files that came."""

    name: str
    """As the sender calls it, fit to be shown; files may share a name."""
    read: Callable[[], bytes | Reason]
    """Answers the bytes, or why they cannot be had; raises ``ValueError`` after the end."""


class ReceivedFiles:
    """The files of one request, for several threads; close it when the answer has ended."""

    def __init__(self, spool: BinaryIO) -> None:
        self.spool = spool
        self._lock = threading.Lock()
        self.files: tuple[ReceivedFile, ...] = ()
        self.left_out = 0
        """Entries of an archive that are no files of its sender."""
        self.expect: bytes | None = None
        """The field ``expect`` of a form, unread."""

    def take_zip(self, limits: SpoolLimits) -> None:
        """Take the whole spool for a ZIP archive; raises ``InvalidValue`` as ``ZipFiles``."""
        archive = ZipFiles(self.spool, most_files=limits.files)
        self.left_out = archive.left_out
        self.files = tuple(
            ReceivedFile(name=each.name, read=partial(self._read, partial(archive.read, each)))
            for each in archive.files
        )

    def take_parts(self, parts: Sequence[Part], limits: SpoolLimits) -> None:
        """Take the parts of a form, each for a file."""
        self.files = tuple(
            ReceivedFile(
                name=each.name,
                read=partial(self._read, partial(self._slice, each, limits.file_bytes)),
            )
            for each in parts
        )

    def close(self) -> None:
        """Free what came."""
        with self._lock:
            self.spool.close()

    def starts_like_zip(self) -> bool:
        """Whether the spool begins like a ZIP archive."""
        self.spool.seek(0)
        return is_zip(self.spool.read(4))

    def _read(self, read: Callable[[], bytes | Reason]) -> bytes | Reason:
        with self._lock:
            if self.spool.closed:
                raise ValueError("the request has ended")
            return read()

    def _slice(self, part: Part, limit: int) -> bytes | Reason:
        if part.size > limit:
            return Reason.TOO_LARGE
        self.spool.seek(part.begin)
        return self.spool.read(part.size)


async def receive_files(request: Request, limits: SpoolLimits) -> ReceivedFiles:
    """Take in a ZIP archive as the body, or a form with parts ``file`` and perhaps ``expect``.

    A ZIP archive that is the form's only file is taken apart as well. Raises 415 for another
    type, 413 for more bytes than allowed, 400 for a form that cannot be read, 422 for an archive
    that cannot be read, too many files or none at all, and ``Unavailable("files.no_room")`` if
    the temporary folder is full.
    """
    kind = demand_type(request, MULTIPART_TYPE, *ZIP_TYPES)
    received = ReceivedFiles(_spool())  # closed by whoever gets it, or just below
    try:
        if kind == MULTIPART_TYPE:
            await _receive_form(request, received, limits)
        else:
            await _receive_archive(request, received, limits)
        _demand_some(received)
    except OSError as error:
        received.close()
        raise Unavailable("files.no_room") from error
    except BaseException:
        received.close()
        raise
    return received


def _spool() -> BinaryIO:
    try:
        return cast("BinaryIO", TemporaryFile())
    except OSError as error:
        raise Unavailable("files.no_room") from error


async def _receive_archive(request: Request, received: ReceivedFiles, limits: SpoolLimits) -> None:
    async for piece in stream_body(request, limits.total_bytes):
        received.spool.write(piece)
    await run_in_threadpool(received.take_zip, limits)


async def _receive_form(request: Request, received: ReceivedFiles, limits: SpoolLimits) -> None:
    boundary = boundary_of(request)
    form = SpooledForm(boundary, received.spool, most_files=limits.files)
    frames = limits.files * PART_BYTES + EXPECT_BYTES
    body = stream_body(request, limits.total_bytes + frames)
    async for piece in after_preamble(body, boundary):
        form.feed(piece)
    form.end()
    received.expect = form.expect
    if len(form.files) == 1 and received.starts_like_zip():
        await run_in_threadpool(received.take_zip, limits)
    else:
        received.take_parts(form.files, limits)


def _demand_some(received: ReceivedFiles) -> None:
    if not received.files:
        raise InvalidValue("files.none")
