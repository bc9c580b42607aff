"""Makes files that attack whoever searches them, each function named by its lie."""

from hostile_parts import (
    CATALOG,
    CLEARANCE_DATA,
    MEGABYTE,
    attaching,
    document,
    signed_with,
    stream,
    zeros,
)


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
