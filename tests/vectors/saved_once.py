"""Files that were saved once, in every form that writers give them, and the same saved again."""

import zlib
from io import BytesIO

import pikepdf

_PIECES = {
    1: b"<< /Type /Catalog /Pages 2 0 R >>",
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources << >> >>",
}
_STREAM, _REFERENCES = 4, 5


def _saved(**options: object) -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(200, 200))
        pdf.save(out, static_id=True, **options)  # type: ignore[arg-type]
    return out.getvalue()


def plain() -> bytes:
    return _saved(object_stream_mode=pikepdf.ObjectStreamMode.disable)


def object_streams() -> bytes:
    return _saved(object_stream_mode=pikepdf.ObjectStreamMode.generate)


def linearised() -> bytes:
    """As qpdf, pikepdf and img2pdf write it: the main trailer, last in the file, has no root."""
    return _saved(linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)


def linearised_object_streams() -> bytes:
    return _saved(linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _stream(number: int, entries: bytes, content: bytes) -> bytes:
    head = b"%d 0 obj\n<< %s /Length %d >>\nstream\n" % (number, entries, len(content))
    return head + content + b"\nendstream\nendobj\n"


def _hybrid_body() -> tuple[bytes, dict[int, int], int]:
    """A page in the open, a note in an object stream, and the stream that lists it."""
    body = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"
    offsets = {}
    for number, piece in _PIECES.items():
        offsets[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, piece)
    note = b"6 0 << /Note (only for newer readers) >>"
    offsets[_STREAM] = len(body)
    body += _stream(
        _STREAM, b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", zlib.compress(note)
    )
    offsets[_REFERENCES] = len(body)
    row = bytes([2]) + _STREAM.to_bytes(2, "big") + b"\0"
    own = bytes([1]) + offsets[_REFERENCES].to_bytes(2, "big") + b"\0"
    body += _stream(
        _REFERENCES,
        b"/Type /XRef /W [1 2 1] /Index [5 2] /Size 7 /Root 1 0 R",
        own + row,
    )
    return body, offsets, offsets[_REFERENCES]


def _table(offsets: dict[int, int]) -> bytes:
    rows = b"".join(b"%010d 00000 n \n" % offsets[each] for each in sorted(offsets))
    return b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(offsets) + 1, rows)


def hybrid() -> bytes:
    """One table that names a stream for newer readers (ISO 32000-2, 7.5.8.4)."""
    body, offsets, stream = _hybrid_body()
    del offsets[_REFERENCES]
    trailer = b"trailer\n<< /Size 7 /Root 1 0 R /XRefStm %d >>\n" % stream
    return body + _table(offsets) + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


def hybrid_with_empty_table() -> bytes:
    """As office programs write it: a whole file, then an empty table that names the stream."""
    body, offsets, stream = _hybrid_body()
    del offsets[_REFERENCES]
    first = body + _table(offsets) + b"trailer\n<< /Size 7 /Root 1 0 R >>\n"
    first += b"startxref\n%d\n%%%%EOF\n" % len(body)
    second = b"xref\n0 0\ntrailer\n<< /Size 7 /Root 1 0 R /Prev %d /XRefStm %d >>\n" % (
        len(body),
        stream,
    )
    return first + second + b"startxref\n%d\n%%%%EOF\n" % len(first)


FORMS = {
    each.__name__: each
    for each in (
        plain,
        object_streams,
        linearised,
        linearised_object_streams,
        hybrid,
        hybrid_with_empty_table,
    )
}


def saved_again(pdf: bytes, *, root: bytes = b"1 0 R", entry: bytes = b"") -> bytes:
    """Append a revision with a new object 3, or with another root alone."""
    previous = int(pdf[: pdf.rindex(b"%%EOF")].split()[-1])
    offset = len(pdf)
    update = entry or b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>\nendobj\n"
    number = int(update.split()[0])
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, offset)
    trailer = b"trailer\n<< /Size 99 /Root %s /Prev %d >>\n" % (root, previous)
    end = b"startxref\n%d\n%%%%EOF\n" % (offset + len(update))
    return pdf + update + table + trailer + end
