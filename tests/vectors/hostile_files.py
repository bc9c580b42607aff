"""Makes files that attack whoever reads them, each function named by the lie that its file tells.

The same bytes at each call. What attacks by its seal is in ``hostile_seals``, what attacks
those who search in ``hostile_searches``, what attacks behind a genuine file in
``hostile_revisions``.
"""

import zlib
from collections.abc import Callable, Mapping

from hostile_parts import (
    CATALOG,
    CLEARANCE_DATA,
    MEGABYTE,
    PAGE,
    PAGES,
    attaching,
    document,
    stream,
    with_fields,
    zeros,
)
from hostile_seals import (
    a_hundred_thousand_signers,
    a_length_of_four_gigabytes,
    a_number_of_a_megabyte,
    a_seal_without_end,
    deep_sequences,
    ranges_beyond_all_bounds,
    ranges_without_end,
)
from hostile_searches import (
    a_name_of_ten_megabytes,
    a_number_of_ten_million_digits,
    attachments_that_never_begin,
    cross_references_to_nowhere,
    data_that_are_too_deep,
    every_type_but_the_right_one,
    metadata_that_laugh,
    nothing_but_comments,
    nothing_but_space,
    objects_that_never_begin,
    objects_that_never_end,
    starts_without_end,
    streams_that_never_end,
    text_of_nineteen_megabytes,
    trailers_without_end,
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
