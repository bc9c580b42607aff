"""Reads a PDF's frame: can it be opened, which clearance data does it carry.

Runs inside the sandbox; never raises for a bad document.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.decode_limits import DecodeLimits, StreamDecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader

from clearance.verdict import Finding, Reason, Stage
from verifier.frame import frame_findings, outside_findings
from verifier.graph import value_at

ATTACHMENT_NAME = "clearance.json"
MAXIMUM_ATTACHMENT_ENTRIES = 64
"""How many entries of a file's attachment tree are looked at."""

MAXIMUM_ATTACHMENT_SIZE = 1024 * 1024
"""Bytes; the clearance data of our own files have a few thousand."""

DECODE_LIMITS = DecodeLimits(per_stream=StreamDecodeLimits(max_output_size=32 * 1024 * 1024))
"""pyHanko's limits for untrusted input, with less room for one stream: no stream that the
verifier reads (object and cross-reference streams, evidence, clearance data) is large."""

_OWNER_LOCKED = (Stage.STRUCTURE.failed(Reason.OWNER_LOCKED),)

_LOOSE_ATTACHMENT = re.compile(rb"/Type\s*/EmbeddedFile\b[^<>]{0,200}>>\s*stream\r?\n")


@dataclass(frozen=True, kw_only=True)
class OpenedFile:
    """What reading the frame gave."""

    reader: PdfFileReader | None
    """Absent if the file cannot be opened as it stands."""
    findings: tuple[Finding, ...]
    """How the file is made; if there is no reader, why not is the first."""
    content_hash: bytes | None
    """SHA-256 of the attached clearance data, if there is any that can be read."""


@dataclass(frozen=True, kw_only=True)
class AttachedData:
    """The first attached ``clearance.json`` of a file, if there is one."""

    data: bytes | None = None
    all_seen: bool = True
    """Whether the search came to its end; if not, there may be data of ours further on."""


def open_file(pdf: bytes) -> OpenedFile:
    """Open ``pdf`` strictly, or leniently where a strict reader gives up, or repaired.

    Our own files are always strictly correct; the others serve to say something useful of
    sloppy and damaged ones. A file that only a repair makes readable has no signature that
    could be judged, but it may still show from what it was made. One that is encrypted with an
    owner's password alone opens everywhere, so it is read like others. The decode limits are on.
    """
    for strict in (True, False):
        try:
            reader = PdfFileReader(BytesIO(pdf), strict=strict, decode_limits=DECODE_LIMITS)
            encrypted = reader.encrypt_dict is not None
            if encrypted and not _opens_without_password(reader):
                return _decrypted_by_qpdf(pdf)
            _touch_catalog(reader)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112 - pyHanko raises anything on hostile files
            continue
        attached = attached_content(reader)
        return OpenedFile(
            reader=reader,
            findings=frame_findings(pdf, reader)
            + (_OWNER_LOCKED if encrypted else ())
            + _left_out(attached),
            content_hash=_hash(attached.data),
        )
    return _repaired(pdf)


def _opens_without_password(reader: PdfFileReader) -> bool:
    """Try the empty user password, and return whether it is the right one."""
    try:
        return reader.decrypt(b"").status is not AuthStatus.FAILED
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - pyHanko raises anything on hostile files
        return False


def _decrypted_by_qpdf(pdf: bytes) -> OpenedFile:
    """Let qpdf try the empty password: it knows revision 5 of the encryption, too.

    Its signatures are not judged: no file of ours is encrypted, and none is made like that today.
    """
    try:
        with pikepdf.open(BytesIO(pdf), suppress_warnings=True) as opened:
            attached = attached_data(opened)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - another password, public keys, or damaged
        return _closed(Reason.ENCRYPTED)
    closed = _closed(Reason.ENCRYPTED, attached.data)
    return replace(closed, findings=_OWNER_LOCKED + _left_out(attached))


def _repaired(pdf: bytes) -> OpenedFile:
    """Let qpdf look for the objects of a damaged file, as viewers do."""
    try:
        with pikepdf.open(BytesIO(pdf), suppress_warnings=True) as repaired:
            if not len(repaired.Root.Pages.Kids):
                return _closed(Reason.DAMAGED, _loose_content(pdf))
            attached = attached_data(repaired)
    except pikepdf.PasswordError:
        return _closed(Reason.ENCRYPTED)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - and so does qpdf
        return _closed(Reason.DAMAGED, _loose_content(pdf))
    closed = _closed(Reason.REPAIRED, attached.data)
    found = closed.findings + tuple(outside_findings(pdf)) + _left_out(attached)
    return replace(closed, findings=found)


def _left_out(attached: AttachedData) -> tuple[Finding, ...]:
    return () if attached.all_seen else (Stage.STRUCTURE.noted(Reason.ATTACHMENTS_LEFT_OUT),)


def _loose_content(pdf: bytes) -> bytes | None:
    """Find the clearance data of one of our files that broke off before its end.

    Without its end a file has no catalog; but the attachment's stream may lie before the break.
    """
    found = _LOOSE_ATTACHMENT.search(pdf)
    if found is None:
        return None
    packed = pdf[found.end() : found.end() + MAXIMUM_ATTACHMENT_SIZE]
    try:
        return zlib.decompressobj().decompress(packed, MAXIMUM_ATTACHMENT_SIZE)
    except zlib.error:
        return None


def attached_data(pdf: pikepdf.Pdf) -> AttachedData:
    """Return the first attached ``clearance.json`` as qpdf reads it; raises anything.

    Walks the name tree itself: qpdf's own walk has no end that we could set.
    """
    nodes = [pdf.Root.get("/Names", pikepdf.Dictionary()).get("/EmbeddedFiles")]
    all_seen = True
    for _ in range(MAXIMUM_ATTACHMENT_ENTRIES):
        node = nodes.pop() if nodes else None
        if node is None:
            return AttachedData(all_seen=all_seen)
        kids, names = node.get("/Kids"), node.get("/Names")
        all_seen = all_seen and _are_few(kids) and _are_few(names)
        nodes += _few(kids)[::-1]
        for each in _few(names)[1::2]:
            if str(each.get("/UF", each.get("/F"))) == ATTACHMENT_NAME:
                # Of two files newer readers take the second (ISO 32000-2, 7.11.4).
                return AttachedData(data=_unpacked(each.EF.UF if "/UF" in each.EF else each.EF.F))
    return AttachedData(all_seen=False)


def _are_few(array: pikepdf.Object | generic.ArrayObject | None) -> bool:
    return array is None or len(array) <= 2 * MAXIMUM_ATTACHMENT_ENTRIES


def _few(array: pikepdf.Object | None) -> list[pikepdf.Object]:
    size = 0 if array is None else min(len(array), 2 * MAXIMUM_ATTACHMENT_ENTRIES)
    return [array[index] for index in range(size)] if array is not None else []


def _unpacked(stream: pikepdf.Object) -> bytes | None:
    """Unpack an attachment to a bounded size, which qpdf itself has no limit for."""
    raw = stream.read_raw_bytes()
    if "/Filter" not in stream:
        return raw
    if stream.Filter != pikepdf.Name.FlateDecode:
        return None
    return zlib.decompressobj().decompress(raw, MAXIMUM_ATTACHMENT_SIZE)


def _closed(reason: Reason, content: bytes | None = None) -> OpenedFile:
    finding = Stage.STRUCTURE.failed(reason)
    return OpenedFile(reader=None, findings=(finding,), content_hash=_hash(content))


def _hash(content: bytes | None) -> bytes | None:
    return hashlib.sha256(content).digest() if content else None


def _touch_catalog(reader: PdfFileReader) -> None:
    """Resolve the catalog and its page tree, without which there is no document."""
    reader.root["/Pages"]["/Type"]


def attached_content(reader: PdfFileReader) -> AttachedData:
    """Return the first attached ``clearance.json``.

    None if there is none or it cannot be read: the register is asked about what can be.
    """
    walk = _Attachments(reader)
    try:
        for specification in walk:
            # Not ``get``: what that returns of an encrypted file is encrypted still.
            named = value_at(specification, "/UF") or value_at(specification, "/F")
            if named == ATTACHMENT_NAME:
                return AttachedData(data=specification["/EF"]["/F"].data)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - pyHanko raises anything on hostile files
        return AttachedData()
    return AttachedData(all_seen=walk.all_seen)


class _Attachments:
    """The name tree of embedded files (ISO 32000-2, 7.9.6), to a bounded extent."""

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self.all_seen = True
        """Whether nothing was left out, once the walk has ended."""

    def __iter__(self) -> Iterator[generic.DictionaryObject]:
        nodes = [self._reader.root["/Names"]["/EmbeddedFiles"]]
        for _ in range(MAXIMUM_ATTACHMENT_ENTRIES):
            if not nodes:
                return
            node = nodes.pop()
            kids, names = value_at(node, "/Kids"), value_at(node, "/Names")
            self.all_seen = self.all_seen and _are_few(kids) and _are_few(names)
            nodes += _elements(kids)[::-1]
            yield from _elements(names)[1::2]
        self.all_seen = not nodes and self.all_seen


def _elements(array: generic.ArrayObject | None) -> list[generic.DictionaryObject]:
    """Resolve the first elements of an array that may be absent."""
    size = min(len(array or ()), 2 * MAXIMUM_ATTACHMENT_ENTRIES)
    return [array[index] for index in range(size)] if array else []
