"""What attacks are made from, and the tools to make them with."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

_RANGE = re.compile(rb"/ByteRange \[ 0 (\d+) (\d+) (\d+) \] *")


@dataclass(frozen=True, kw_only=True)
class Material:
    """Genuine files, what a forger can draw by himself, and seals that should not exist."""

    genuine: bytes
    """A clearance as it was issued, in layout ``closed``."""
    other: bytes
    """Another clearance, issued as well."""
    conventional: bytes
    """A clearance that was issued in layout ``B-LTA``."""
    unsealed: bytes
    """The letter of the genuine clearance drawn once more, with its data, without a seal."""
    forged: bytes
    """The same letter with other amounts, in print and in its data; the QR code is genuine."""
    field: str
    """Name of the empty signature field of the last two."""
    qr: bytes
    """PNG of the QR code that the genuine clearance shows."""
    stranger: Callable[[bytes], bytes]
    """Signs a PDF with a certificate of another authority."""
    seals: Mapping[str, Callable[[bytes], bytes]]
    """Seals that a forger may come by, by their flaw."""


def gap(pdf: bytes) -> tuple[int, int]:
    """Return where the (first) signature's value begins and ends, brackets included."""
    found = _RANGE.search(pdf)
    assert found is not None
    return int(found[1]), int(found[2])


def container(pdf: bytes) -> bytes:
    """Return the signature's value with its padding."""
    begin, end = gap(pdf)
    return bytes.fromhex(pdf[begin + 1 : end - 1].decode())


def with_value(pdf: bytes, written: bytes) -> bytes:
    """Put something else between the signature's value's brackets and around, padded to size."""
    begin, end = gap(pdf)
    assert len(written) <= end - begin
    return pdf[:begin] + written.ljust(end - begin) + pdf[end:]


def with_container(pdf: bytes, value: bytes) -> bytes:
    """Put another CMS container into the signature, padded with zeros."""
    begin, end = gap(pdf)
    return with_value(pdf, b"<%s>" % value.hex().encode().ljust(end - begin - 2, b"0"))


def with_range(pdf: bytes, written: bytes) -> bytes:
    """Write something else in the place of ``/ByteRange``; nothing moves."""
    found = _RANGE.search(pdf)
    assert found is not None
    size = found.end() - found.start()
    assert len(written) <= size
    return pdf[: found.start()] + written.ljust(size) + pdf[found.end() :]


def replaced(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """Replace one occurrence by something of the same length; nothing moves."""
    assert len(old) == len(new)
    assert old in pdf
    return pdf.replace(old, new, 1)


def updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Append a revision with a change, as an editor would."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def first_page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    page = writer.root["/Pages"]["/Kids"][0]
    assert isinstance(page, generic.DictionaryObject)
    return page


def text_stream(text: str) -> generic.StreamObject:
    """Content that prints a line over the middle of a page."""
    drawn = f"BT /F1 12 Tf 72 420 Td ({text}) Tj ET"
    return generic.StreamObject(stream_data=drawn.encode())


def dictionary(**entries: generic.PdfObject | str | int) -> generic.DictionaryObject:
    """Make a dictionary; texts that begin with a slash become names."""
    return generic.DictionaryObject(
        {generic.NameObject(f"/{name}"): _value(value) for name, value in entries.items()}
    )


def _value(value: generic.PdfObject | str | int) -> generic.PdfObject:
    if isinstance(value, str):
        named = value.startswith("/")
        return generic.NameObject(value) if named else generic.TextStringObject(value)
    if isinstance(value, int) and not isinstance(value, generic.PdfObject):
        return generic.NumberObject(value)
    return value


def edited(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Write a PDF anew with a change."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        change(document)
        document.save(out, static_id=True)
    return out.getvalue()


def appended(
    pdf: bytes,
    objects: Mapping[int, bytes],
    *,
    trailer: bytes = b"",
    unlisted: bytes = b"",
    linked: bool = True,
    size: int = 2000,
) -> bytes:
    """Append a revision by hand: objects by number, and a classic cross-reference table.

    ``trailer`` replaces the root or adds to the trailer; an update that is not ``linked`` does
    not name the one before it. ``unlisted`` bytes come first, and no table names them.
    """
    out = bytearray(pdf + unlisted)
    rows = []
    for number, body in sorted(objects.items()):
        rows.append(b"%d 1\n%010d 00000 n\r\n" % (number, len(out)))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    entries = trailer if b"/Root" in trailer else b"/Root %d 0 R %s" % (root_of(pdf), trailer)
    if linked:
        entries += b" /Prev %s" % pdf.rsplit(b"startxref", 1)[1].split()[0]
    out += b"xref\n%s" % b"".join(rows)
    out += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, entries, start)
    return bytes(out)


def root_of(pdf: bytes) -> int:
    """Return the object number of the catalog."""
    return int(re.findall(rb"/Root (\d+) 0 R", pdf)[-1])


def attached_data(pdf: bytes) -> bytes:
    """Return the clearance data that a document has attached."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return document.attachments["clearance.json"].get_file().read_bytes()
