"""Makes files that attack whoever reads them, each function named by the lie that its file tells.

The same bytes at each call. What attacks behind a genuine file is in ``hostile_revisions``.
"""

import zlib
from collections.abc import Callable, Mapping

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
MEGABYTE = 1_000_000


def document(
    *more: bytes, catalog: bytes = CATALOG, pages: bytes = PAGES, page: bytes = PAGE
) -> bytes:
    """A PDF with a classic cross-reference table; ``more`` objects begin at number 4."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate((catalog, pages, page, *more), start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n\r\n" % offset for offset in offsets)
    size, start = len(offsets) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f\r\n%s" % (size, table)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(out)


def stream(data: bytes, *, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def zeros(size: int, *, entries: bytes = b"", times: int = 1) -> bytes:
    """A stream that unpacks to ``size`` zeros, packed ``times`` over."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    megabyte = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    # Full blocks may be repeated; of zeros only the length counts in the checksum (RFC 1950).
    checksum = (size % 65_521 << 16 | 1).to_bytes(4)
    data = b"\x78\xda" + megabyte * (size // MEGABYTE) + b"\x01\0\0\xff\xff" + checksum
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return stream(data, entries=entries + b" /Filter [" + b"/FlateDecode " * times + b"]")


def attaching(specification: bytes, *more: bytes) -> bytes:
    """A document whose ``clearance.json`` is described by object 4; ``more`` begin at number 5."""
    names = b"/Names << /EmbeddedFiles << /Names [(clearance.json) 4 0 R] >> >>"
    return document(specification, *more, catalog=CATALOG.replace(b">>", names + b" >>"))


CLEARANCE_DATA = (
    b"<< /Type /Filespec /F (clearance.json) /UF (clearance.json) /EF << /F 5 0 R >> >>"
)


def with_fields(fields: bytes, *more: bytes) -> bytes:
    form = b"/AcroForm << /SigFlags 3 /Fields [" + fields + b"] >>"
    return document(*more, catalog=CATALOG.replace(b">>", form + b" >>"))


def signed_with(contents: bytes, *, byte_range: bytes = b"0 10 20 30") -> bytes:
    """A signature field with ``contents`` as its value, in hexadecimal."""
    return with_fields(
        b"4 0 R",
        b"<< /FT /Sig /T (Seal) /V 5 0 R >>",
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange ["
        + byte_range
        + b"] /Contents <"
        + contents.hex().encode()
        + b"> >>",
    )


# --- small when packed


def packed_over_and_over() -> bytes:
    """4 GB of zeros, packed three times into some hundred bytes."""
    return attaching(CLEARANCE_DATA, zeros(4000 * MEGABYTE, times=3))


def a_chain_of_filters() -> bytes:
    """The same filter named 20,000 times."""
    filters = b"/Filter [" + b"/ASCIIHexDecode " * 20_000 + b"]"
    return attaching(CLEARANCE_DATA, stream(b"30>" * 1000, entries=filters))


def a_row_as_wide_as_the_world() -> bytes:
    """A predictor with two thousand million columns."""
    parameters = b"/DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 32 >>"
    return attaching(CLEARANCE_DATA, zeros(MEGABYTE, entries=parameters))


def run_lengths_of_nothing() -> bytes:
    """19 MB that unpack to a gigabyte without any compression library."""
    return attaching(
        CLEARANCE_DATA, stream(b"\x81\0" * 8 * MEGABYTE, entries=b"/Filter /RunLengthDecode")
    )


def a_cross_reference_of_a_gigabyte() -> bytes:
    rows = zeros(
        1000 * MEGABYTE,
        entries=b"/Type /XRef /Size 200000000 /W [1 3 1] /Root 1 0 R",
    )
    out = b"%PDF-1.7\n1 0 obj\n" + CATALOG + b"\nendobj\n"
    return out + b"2 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (rows, len(out))


def objects_in_a_gigabyte() -> bytes:
    """The catalog lies in an object stream that unpacks to a gigabyte."""
    holder = zeros(1000 * MEGABYTE, entries=b"/Type /ObjStm /N 2 /First 12")
    out = b"%PDF-1.7\n"
    place = len(out)
    out += b"4 0 obj\n%s\nendobj\n" % holder
    rows = (
        bytes(6) + b"\2\0\0\0\4\0" + b"\2\0\0\0\4\1" + bytes(6) + b"\1" + place.to_bytes(4) + b"\0"
    )
    start = len(out)
    table = stream(rows, entries=b"/Type /XRef /Size 5 /W [1 4 1] /Root 1 0 R")
    return out + b"5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, start)


def a_page_of_a_gigabyte() -> bytes:
    page = PAGE.replace(b">>", b"/Contents 4 0 R >>")
    return document(zeros(1000 * MEGABYTE), page=page)


def a_picture_of_a_country() -> bytes:
    """60,000 by 60,000 points in colour, on a page 14 thousand kilometres wide."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 4e10 4e10] /Contents 4 0 R "
        b"/Resources << /XObject << /I 5 0 R >> >> >>"
    )
    picture = b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8 "
    return document(
        stream(b"4e10 0 0 4e10 0 0 cm /I Do"),
        zeros(100 * MEGABYTE, entries=picture + b"/ColorSpace /DeviceRGB"),
        page=page,
    )


# --- loops


def an_object_that_is_itself() -> bytes:
    return document(b"4 0 R", catalog=CATALOG.replace(b"2 0 R", b"4 0 R"))


def a_ring_of_references() -> bytes:
    """The page tree is object 4, which is object 5, … which is object 4."""
    ring = [b"%d 0 R" % (5 + index % 999) for index in range(998)]
    return document(*ring, b"4 0 R", catalog=CATALOG.replace(b"2 0 R", b"4 0 R"))


def as_long_as_itself() -> bytes:
    """A stream whose length is the stream."""
    return attaching(CLEARANCE_DATA, b"<< /Length 5 0 R >>\nstream\nx\nendstream")


def revisions_in_a_ring() -> bytes:
    """Two cross-reference sections, each the other's predecessor."""
    pdf = document()
    first = pdf.rindex(b"xref\n0 ")
    trailer = b"/Root 1 0 R /Prev %010d >>"
    second = len(pdf) + len(trailer % 0) - len(b"/Root 1 0 R >>")
    return pdf.replace(b"/Root 1 0 R >>", trailer % second) + (
        b"xref\n0 0\ntrailer\n<< /Size 4 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
        % (first, second)
    )


def a_page_tree_in_a_ring() -> bytes:
    return document(pages=b"<< /Type /Pages /Kids [2 0 R 2 0 R 2 0 R] /Count 3 >>")


def attachments_in_a_ring() -> bytes:
    names = b"/Names << /EmbeddedFiles 4 0 R >>"
    return document(
        b"<< /Kids [" + b"4 0 R " * 1000 + b"] >>", catalog=CATALOG.replace(b">>", names + b" >>")
    )


def kids_of_each_other() -> bytes:
    return with_fields(
        b"4 0 R 5 0 R",
        b"<< /T (a) /FT /Sig /Parent 5 0 R /Kids [5 0 R 5 0 R] >>",
        b"<< /T (b) /FT /Sig /Parent 4 0 R /Kids [4 0 R 4 0 R] >>",
    )


# --- a great many


def a_hundred_thousand_objects() -> bytes:
    return document(*(b"<< /N %d >>" % index for index in range(100_000)))


def a_hundred_thousand_packed_objects() -> bytes:
    """The same in one object stream."""
    many = 100_000
    bodies = [CATALOG, PAGES, PAGE, *(b"<</N %d>>" % index for index in range(many))]
    pairs, place = [], 0
    for number, body in enumerate(bodies, start=1):
        pairs.append(b"%d %d " % (number, place))
        place += len(body) + 1
    head = b"".join(pairs)
    holder = stream(
        zlib.compress(head + b" ".join(bodies)),
        entries=b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(bodies), len(head)),
    )
    last = len(bodies) + 1
    out = b"%PDF-1.7\n" + b"%d 0 obj\n%s\nendobj\n" % (last, holder)
    start = len(out)
    rows = bytes(8) + b"".join(
        b"\2" + last.to_bytes(4) + index.to_bytes(3) for index in range(len(bodies))
    )
    rows += b"\1" + (9).to_bytes(4) + bytes(3)
    table = stream(rows, entries=b"/Type /XRef /Size %d /W [1 4 3] /Root 1 0 R" % (last + 1))
    return out + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (last + 1, table, start)


def a_million_pages() -> bytes:
    """One page, named a million times."""
    kids = b"3 0 R " * MEGABYTE
    return document(pages=b"<< /Type /Pages /Kids [" + kids + b"] /Count 1000000 >>")


def a_million_pages_in_twenty_objects() -> bytes:
    """A page tree that doubles at each of twenty levels."""
    numbers = range(4, 24)
    levels = [
        b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count %d >>" % (kid, kid, 2**power)
        for power, kid in zip(range(20, 0, -1), [*numbers[1:], 3], strict=True)
    ]
    return document(*levels, catalog=CATALOG.replace(b"2 0 R", b"4 0 R"))


def attachments_that_double() -> bytes:
    """A tree of attachments with 2 to the power of 200 leaves."""
    last = 204
    levels = [b"<< /Kids [%d 0 R %d 0 R] >>" % (kid, kid) for kid in range(5, last)]
    names = b"/Names << /EmbeddedFiles 4 0 R >>"
    leaf = b"<< /Names [(other) 3 0 R] >>"
    return document(*levels, leaf, catalog=CATALOG.replace(b">>", names + b" >>"))


def a_hundred_thousand_attachments() -> bytes:
    names = b"(x) 4 0 R " * 100_000
    entry = b"/Names << /EmbeddedFiles << /Names [" + names + b"] >> >>"
    return document(b"<< /F (x) >>", catalog=CATALOG.replace(b">>", entry + b" >>"))


def a_hundred_thousand_fields() -> bytes:
    fields = b" ".join(b"%d 0 R" % number for number in range(4, 100_004))
    return with_fields(fields, *(b"<</FT/Tx/T(%d)>>" % index for index in range(100_000)))


def ten_thousand_signatures() -> bytes:
    """Each with a value that is no CMS."""
    fields = b" ".join(b"%d 0 R" % number for number in range(4, 20_004, 2))
    return with_fields(
        fields,
        *(
            body
            for index in range(10_000)
            for body in (
                b"<</FT/Sig/T(%d)/V %d 0 R>>" % (index, 5 + 2 * index),
                b"<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 9 9 9]/Contents<3000>>>",
            )
        ),
    )


def two_thousand_revisions() -> bytes:
    pdf = bytearray(document())
    previous = pdf.rindex(b"xref\n0 ")
    for index in range(2000):
        place = len(pdf)
        pdf += b"3 0 obj\n%s\nendobj\n" % PAGE.replace(b"842", b"%d" % (842 + index))
        start = len(pdf)
        pdf += (
            b"xref\n3 1\n%010d 00000 n\r\ntrailer\n<< /Size 4 /Root 1 0 R /Prev %d >>\n"
            b"startxref\n%d\n%%%%EOF\n" % (place, previous, start)
        )
        previous = start
    return bytes(pdf)


# --- deep nesting


def deep_dictionaries() -> bytes:
    return document(b"<< /A " * 50_000 + b"null" + b" >>" * 50_000, pages=b"4 0 R")


def deep_brackets_everywhere() -> bytes:
    """19 MB of opening brackets."""
    return document(b"[" * 19 * MEGABYTE, pages=b"4 0 R")


def deep_text() -> bytes:
    """Parentheses in parentheses."""
    return attaching(b"(" * 9 * MEGABYTE + b")" * 9 * MEGABYTE)


def a_deep_page_tree() -> bytes:
    levels = [
        b"<< /Type /Pages /Kids [%d 0 R] /Parent %d 0 R /Count 1 >>" % (number + 1, number - 1)
        for number in range(4, 20_004)
    ]
    return document(*levels, b"<< /Type /Page >>", catalog=CATALOG.replace(b"2 0 R", b"4 0 R"))


def a_deep_field() -> bytes:
    """A signature field below twenty thousand parents."""
    levels = [
        b"<< /T (x) /Kids [%d 0 R] /Parent %d 0 R >>" % (number + 1, number - 1)
        for number in range(4, 20_004)
    ]
    return with_fields(b"4 0 R", *levels, b"<< /T (y) /FT /Sig /Parent 20003 0 R >>")


def a_deep_attachment() -> bytes:
    levels = [b"<< /Kids [%d 0 R] >>" % (number + 1) for number in range(4, 20_004)]
    names = b"/Names << /EmbeddedFiles 4 0 R >>"
    return document(*levels, CLEARANCE_DATA, catalog=CATALOG.replace(b">>", names + b" >>"))


def drawings_that_laugh() -> bytes:
    """Each drawing draws the next one ten times, twenty levels deep."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /XObject << /X 5 0 R >> >> >>"
    )
    levels = [
        stream(
            b"/X Do " * 10,
            entries=b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
            b"/Resources << /XObject << /X %d 0 R >> >>" % (number + 1),
        )
        for number in range(5, 25)
    ]
    last = stream(b"0 0 9 9 re f", entries=b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]")
    return document(stream(b"/X Do"), *levels, last, page=page)


# --- no CMS


def a_length_of_four_gigabytes() -> bytes:
    return signed_with(b"\x30\x84\xff\xff\xff\xff" + bytes(100))


def a_seal_without_end() -> bytes:
    """BER's indefinite length, never ended."""
    return signed_with(b"\x30\x80" * 1000)


def deep_sequences() -> bytes:
    """A hundred thousand SEQUENCEs, each inside the one before."""
    data = b""
    for _ in range(3000):
        data = b"\x30" + _length(data) + data
    return signed_with(data)


def a_number_of_a_megabyte() -> bytes:
    """An object identifier that no name has."""
    body = b"\x06" + _length(bytes(MEGABYTE)) + b"\x81" * MEGABYTE
    return signed_with(b"\x30" + _length(body) + body)


def a_hundred_thousand_signers() -> bytes:
    signer = bytes.fromhex("3009020101300430020500")
    signers = signer * 100_000
    signed = b"\x02\x01\x01\x31\x00\x30\x0b" + bytes.fromhex("06092a864886f70d010701")
    signed += b"\x31" + _length(signers) + signers
    data = b"\x30" + _length(signed) + signed
    body = bytes.fromhex("06092a864886f70d010702") + b"\xa0" + _length(data) + data
    return signed_with(b"\x30" + _length(body) + body)


def ranges_without_end() -> bytes:
    """A byte range of two hundred thousand numbers."""
    return signed_with(b"\x30\x00", byte_range=b"0 1 " * 100_000)


def ranges_beyond_all_bounds() -> bytes:
    return signed_with(b"\x30\x00", byte_range=b"0 9%s -9%s 1e999" % (b"9" * 4000, b"9" * 4000))


def _length(data: bytes) -> bytes:
    """DER's length octets (X.690, 8.1.3)."""
    size = len(data)
    if size < 128:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([0x80 | len(octets)]) + octets


# --- for those who search


def nineteen_megabytes_of(word: bytes) -> bytes:
    return b"%PDF-1.7\n" + word * (19 * MEGABYTE // len(word)) + b"\nstartxref\n9\n%%EOF\n"


def objects_that_never_begin() -> bytes:
    return nineteen_megabytes_of(b"1 0 obj\n")


def objects_that_never_end() -> bytes:
    return nineteen_megabytes_of(b"1 0 obj<</A(")


def streams_that_never_end() -> bytes:
    return nineteen_megabytes_of(b"1 0 obj<</Length 9>>stream\n")


def attachments_that_never_begin() -> bytes:
    return nineteen_megabytes_of(b"/Type /EmbeddedFile ")


def starts_without_end() -> bytes:
    return nineteen_megabytes_of(b"startxref\n9\n")


def trailers_without_end() -> bytes:
    return nineteen_megabytes_of(b"trailer<</Root 1 0 R>>\n")


def nothing_but_space() -> bytes:
    return nineteen_megabytes_of(b" ")


def nothing_but_comments() -> bytes:
    return nineteen_megabytes_of(b"%\n")


def a_number_of_ten_million_digits() -> bytes:
    return document(pages=b"<< /Type /Pages /Kids [3 0 R] /Count " + b"9" * 10 * MEGABYTE + b" >>")


def a_name_of_ten_megabytes() -> bytes:
    return document(pages=b"<< /Type /Pages /#41" + b"#41" * 3 * MEGABYTE + b" 1 >>")


def text_of_nineteen_megabytes() -> bytes:
    """Hexadecimal, as the value of a signature."""
    return signed_with(bytes(9 * MEGABYTE))


def cross_references_to_nowhere() -> bytes:
    """A cross-reference stream with a range of a million million objects."""
    rows = zeros(
        30 * MEGABYTE,
        entries=b"/Type /XRef /Size 999999999 /Index [0 1000000000000] /W [0 8 8] /Root 1 0 R",
    )
    out = b"%PDF-1.7\n1 0 obj\n" + CATALOG + b"\nendobj\n"
    return out + b"2 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (rows, len(out))


def metadata_that_laugh() -> bytes:
    """XML entities that stand for each other, a thousand million times over."""
    entities = b"".join(
        b'<!ENTITY e%d "%s">' % (level + 1, b"&e%d;" % level * 10) for level in range(9)
    )
    xml = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">' + entities + b"]><x>&e9;</x>"
    metadata = stream(xml, entries=b"/Type /Metadata /Subtype /XML")
    return document(metadata, catalog=CATALOG.replace(b">>", b"/Metadata 4 0 R >>"))


def data_that_are_too_deep() -> bytes:
    """Clearance data of half a million brackets."""
    return attaching(CLEARANCE_DATA, stream(b"[" * 500_000))


def every_type_but_the_right_one() -> bytes:
    """Each entry that a reader looks for, as something else."""
    return document(
        b"<< /T 1 /FT (Sig) /V [1] /Kids 5 /Parent true >>",
        catalog=b"<< /Type 1 /Pages 2 0 R /AcroForm [4 0 R] /Names (n) /DSS 7 /Perms [1] "
        b"/Version << >> /Extensions 3 0 R /Metadata /None >>",
        pages=b"<< /Type /Pages /Kids << /A 3 0 R >> /Count /Many >>",
    )


ALONE: Mapping[str, Callable[[], bytes]] = {
    each.__name__: each
    for each in (
        packed_over_and_over,
        a_chain_of_filters,
        a_row_as_wide_as_the_world,
        run_lengths_of_nothing,
        a_cross_reference_of_a_gigabyte,
        objects_in_a_gigabyte,
        a_page_of_a_gigabyte,
        a_picture_of_a_country,
        an_object_that_is_itself,
        a_ring_of_references,
        as_long_as_itself,
        revisions_in_a_ring,
        a_page_tree_in_a_ring,
        attachments_in_a_ring,
        kids_of_each_other,
        a_hundred_thousand_objects,
        a_hundred_thousand_packed_objects,
        a_million_pages,
        a_million_pages_in_twenty_objects,
        attachments_that_double,
        a_hundred_thousand_attachments,
        a_hundred_thousand_fields,
        ten_thousand_signatures,
        two_thousand_revisions,
        deep_dictionaries,
        deep_brackets_everywhere,
        deep_text,
        a_deep_page_tree,
        a_deep_field,
        a_deep_attachment,
        drawings_that_laugh,
        a_length_of_four_gigabytes,
        a_seal_without_end,
        deep_sequences,
        a_number_of_a_megabyte,
        a_hundred_thousand_signers,
        ranges_without_end,
        ranges_beyond_all_bounds,
        objects_that_never_begin,
        objects_that_never_end,
        streams_that_never_end,
        attachments_that_never_begin,
        starts_without_end,
        trailers_without_end,
        nothing_but_space,
        nothing_but_comments,
        a_number_of_ten_million_digits,
        a_name_of_ten_megabytes,
        text_of_nineteen_megabytes,
        cross_references_to_nowhere,
        metadata_that_laugh,
        data_that_are_too_deep,
        every_type_but_the_right_one,
    )
}
