"""Makes bad files out of a genuine one. Each function is named by the lie that its file tells.

The files hold a throwaway seal, so they are made anew for each run instead of lying here; each
function gives the same bytes for the same genuine file. ``OF_OURS`` derive from the genuine
file, ``FOREIGN`` and ``UNREADABLE`` do not need one, ``HOSTILE`` attack whoever reads them.
"""

import re
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader


def with_byte_changed(pdf: bytes, position: int) -> bytes:
    """Return ``pdf`` with the lowest bit of one byte flipped."""
    return pdf[:position] + bytes([pdf[position] ^ 1]) + pdf[position + 1 :]


def signature_gap(pdf: bytes) -> tuple[int, int]:
    """Return where the hex string of the (only) signature begins and ends, brackets included."""
    numbers = re.search(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)", pdf)
    assert numbers is not None
    return int(numbers[1]), int(numbers[2])


# --- derived from a genuine file


def amount_changed(genuine: bytes) -> bytes:
    """Another byte in the page's content, or wherever the first third of the file is."""
    return with_byte_changed(genuine, len(genuine) // 3)


def nothing_follows_the_end(genuine: bytes) -> bytes:
    return genuine + b"<< paid twice >>"


def one_more_newline(genuine: bytes) -> bytes:
    return genuine + b"\n"


def a_second_end(genuine: bytes) -> bytes:
    return genuine + b"\n%%EOF\n"


def lawful_update(genuine: bytes) -> bytes:
    """An incremental update that puts other text on the first page."""
    writer = IncrementalPdfFileWriter(BytesIO(genuine), strict=False)
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(
        generic.StreamObject(stream_data=b"BT /F1 12 Tf 72 720 Td (Paid: 9999 rials) Tj ET")
    )
    writer.update_container(page)
    writer._document_id[1] = generic.ByteStringObject(bytes(16))  # else drawn at random
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def saved_anew(genuine: bytes) -> bytes:
    """The same document written anew by an editor, seal and all."""
    out = BytesIO()
    with pikepdf.open(BytesIO(genuine)) as pdf:
        pdf.save(out, static_id=True)
    return out.getvalue()


def seal_taken_off(genuine: bytes) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(genuine)) as pdf:
        for name in ("/AcroForm", "/Perms", "/DSS"):
            if name in pdf.Root:
                del pdf.Root[name]
        del pdf.pages[0]["/Annots"]
        pdf.save(out, static_id=True)
    return out.getvalue()


def seal_blanked(genuine: bytes) -> bytes:
    """The signature's value overwritten with zeros, its place kept."""
    begin, end = signature_gap(genuine)
    return genuine[: begin + 1] + b"0" * (end - begin - 2) + genuine[end - 1 :]


def message_in_the_padding(genuine: bytes) -> bytes:
    """Bytes hidden behind the signature's value, where nothing is signed."""
    _, end = signature_gap(genuine)
    return genuine[: end - 9] + b"c0ffee00" + genuine[end - 1 :]


def begins_earlier(genuine: bytes) -> bytes:
    """Bytes before the header, which viewers forgive."""
    return b"\r\n" + genuine


def all_of_it(genuine: bytes) -> bytes:
    """The last byte missing, as after a broken download."""
    return genuine.rstrip(b"\r\n")[:-1]


def nearly_all_of_it(genuine: bytes) -> bytes:
    """Cut off right behind the signature's value."""
    _, end = signature_gap(genuine)
    return genuine[:end]


def most_of_it(genuine: bytes) -> bytes:
    """The last thousand bytes missing, and with them everything that finds the rest."""
    return genuine[:-1000]


def locked_copy(genuine: bytes) -> bytes:
    """An encrypted copy; the seal's own value is never encrypted and stays to be seen."""
    out = BytesIO()
    with pikepdf.open(BytesIO(genuine)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="user", R=6))
    return out.getvalue()


OF_OURS: Mapping[str, Callable[[bytes], bytes]] = {
    each.__name__: each
    for each in (
        amount_changed,
        nothing_follows_the_end,
        one_more_newline,
        a_second_end,
        lawful_update,
        saved_anew,
        seal_taken_off,
        seal_blanked,
        message_in_the_padding,
        begins_earlier,
        all_of_it,
        nearly_all_of_it,
        most_of_it,
        locked_copy,
    )
}


# --- nothing that could be judged


def locked(_genuine: bytes) -> bytes:
    """An encrypted file that nobody knows the password of."""
    out = BytesIO()
    with pikepdf.open(BytesIO(never_sealed())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="user", R=6))
    return out.getvalue()


def truncated_early(genuine: bytes) -> bytes:
    """A header and the beginning of one object."""
    return genuine[:100]


UNREADABLE: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda _genuine: b"",
    "text": lambda _genuine: "مفاصاحساب شماره ۱۴۰۴".encode(),
    "zeros": lambda _genuine: bytes(4096),
    "picture": lambda _genuine: b"\xff\xd8\xff\xe0" + bytes(2000),
    "header_only": lambda _genuine: b"%PDF-1.7\n",
    "header_and_end": lambda _genuine: b"%PDF-1.7\n%%EOF\n",
    "twenty_megabytes": lambda genuine: genuine.ljust(20_000_000, b" "),
    "truncated_early": truncated_early,
    "locked": locked,
}


# --- not ours


def _one_page(*, catalog: bytes = b"", objects: bytes = b"") -> bytes:
    """A minimal PDF with a classic cross-reference table; more objects begin at number 4."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    out = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    starts = re.finditer(rb"(?m)^\d+ 0 obj$", objects)
    offsets += [len(out) + match.start() for match in starts]
    out += objects
    table = b"".join(b"%010d 00000 n\r\n" % offset for offset in offsets)
    size = len(offsets) + 1
    return (
        out + b"xref\n0 %d\n0000000000 65535 f\r\n%s"
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(out))
    )


def never_sealed() -> bytes:
    return _one_page()


def seal_still_to_come() -> bytes:
    """A signature field that nobody signed."""
    return _one_page(
        catalog=b"/AcroForm << /Fields [4 0 R] /SigFlags 3 >>",
        objects=b"4 0 obj\n<< /FT /Sig /T (Seal) /Type /Annot /Subtype /Widget >>\nendobj\n",
    )


def seal_of_nothing() -> bytes:
    """A signature dictionary whose value is no CMS."""
    return _one_page(
        catalog=b"/AcroForm << /Fields [4 0 R] /SigFlags 3 >>",
        objects=(
            b"4 0 obj\n<< /FT /Sig /T (Seal) /V 5 0 R >>\nendobj\n"
            b"5 0 obj\n<< /Type /Sig /SubFilter /ETSI.CAdES.detached "
            b"/ByteRange [0 10 20 30] /Contents <3003020101> >>\nendobj\n"
        ),
    )


def byte_range_backwards() -> bytes:
    return seal_of_nothing().replace(b"[0 10 20 30]", b"[-9 99 5 -1]")


FOREIGN: Mapping[str, Callable[[], bytes]] = {
    each.__name__: each
    for each in (never_sealed, seal_still_to_come, seal_of_nothing, byte_range_backwards)
}


# --- attacks on the reader


def small_when_packed() -> bytes:
    """300 MB of zeros as attached clearance data, in 300 kB."""
    packed = zlib.compress(bytes(300_000_000), 9)
    return _one_page(
        catalog=b"/Names << /EmbeddedFiles << /Names [(clearance.json) 4 0 R] >> >>",
        objects=(
            b"4 0 obj\n<< /Type /Filespec /F (clearance.json) /UF (clearance.json) "
            b"/EF << /F 5 0 R >> >>\nendobj\n"
            b"5 0 obj\n<< /Type /EmbeddedFile /Filter /FlateDecode /Length %d >>\nstream\n"
            b"%s\nendstream\nendobj\n" % (len(packed), packed)
        ),
    )


def small_when_packed_and_damaged() -> bytes:
    """The same where only a repair finds the attachment."""
    return b"\n" + small_when_packed()


def deep_tree() -> bytes:
    """A form field that is its own kid."""
    return _one_page(
        catalog=b"/AcroForm << /Fields [4 0 R] >>",
        objects=b"4 0 obj\n<< /T (a) /Kids [4 0 R] >>\nendobj\n",
    )


def deep_arrays() -> bytes:
    return _one_page(catalog=b"/AcroForm " + b"[" * 20_000 + b"]" * 20_000)


def earlier_revision_is_this_one() -> bytes:
    """A trailer whose previous cross-reference section is itself."""
    pdf = never_sealed()
    start = pdf.rindex(b"xref\n0 ")
    return pdf.replace(b"/Root 1 0 R >>", b"/Root 1 0 R /Prev %d >>" % start)


def a_billion_objects() -> bytes:
    return (
        never_sealed()
        .replace(b"/Size 4", b"/Size 999999999")
        .replace(b"xref\n0 4", b"xref\n0 999999999")
    )


def many_ends() -> bytes:
    return never_sealed() + b"%%EOF\n" * 1_000_000


def many_fields_in_one_stream(count: int = 12_000) -> bytes:
    """Signature fields in one object stream that is searched from its start for each of them."""
    first = 6
    pairs, bodies = b"", b""
    for index in range(count):
        pairs += b"%d %d " % (first + index, len(bodies))
        bodies += b"<</FT/Tx>> "
    stream = pairs + bodies
    fields = b" ".join(b"%d 0 R" % (first + index) for index in range(count))
    out = b"%PDF-1.7\n"
    offsets = {}
    for number, body in {
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [" + fields + b"] >> >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R >>",
        4: b"<< /Type /ObjStm /N %d /First %d /Length %d >>\nstream\n%s\nendstream"
        % (count, len(pairs), len(stream), stream),
    }.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = bytes(7)
    rows += b"".join(b"\1" + offsets[number].to_bytes(4) + bytes(2) for number in range(1, 5))
    rows += b"\1" + len(out).to_bytes(4) + bytes(2)
    rows += b"".join(b"\2" + (4).to_bytes(4) + index.to_bytes(2) for index in range(count))
    size = first + count
    start = len(out)
    out += (
        b"5 0 obj\n<< /Type /XRef /Size %d /W [1 4 2] /Root 1 0 R /Length %d >>\n"
        b"stream\n%s\nendstream\nendobj\n" % (size, len(rows), rows)
    )
    return out + b"startxref\n%d\n%%%%EOF\n" % start


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    each.__name__: each
    for each in (
        small_when_packed,
        small_when_packed_and_damaged,
        deep_tree,
        deep_arrays,
        earlier_revision_is_this_one,
        a_billion_objects,
        many_ends,
        many_fields_in_one_stream,
    )
}


def opens(pdf: bytes) -> bool:
    """Whether a lenient reader gets as far as the page tree: a check of these vectors."""
    return PdfFileReader(BytesIO(pdf), strict=False).root["/Pages"]["/Type"] == "/Pages"
