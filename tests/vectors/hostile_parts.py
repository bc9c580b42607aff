"""What hostile files are made of."""

import zlib

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
