"""Attacks on how a file is put together: roots, cross-references, revisions."""

from io import BytesIO

import pikepdf
from attacks.material import Material, appended, root_of

_PAGE = b"<< /Type /Page /MediaBox [0 0 595 842] /Parent 9002 0 R >>"
_PAGES = b"<< /Type /Pages /Kids [9003 0 R] /Count 1 >>"
_CATALOG = b"<< /Type /Catalog /Pages 9002 0 R >>"
_DOCUMENT = {9001: _CATALOG, 9002: _PAGES, 9003: _PAGE}
_ANOTHER_ROOT = b"/Root 9001 0 R"


def root_swapped(m: Material) -> bytes:
    """A revision with a root of its own, and so another document."""
    return appended(m.genuine, _DOCUMENT, trailer=_ANOTHER_ROOT, size=9004)


def past_forgotten(m: Material) -> bytes:
    """A revision that does not name the one before it: the sealed document is no part of it."""
    return appended(m.genuine, _DOCUMENT, trailer=_ANOTHER_ROOT, linked=False, size=9004)


def catalog_overwritten(m: Material) -> bytes:
    """A revision gives the root's object number to another catalog."""
    objects = {root_of(m.genuine): _CATALOG, 9002: _PAGES, 9003: _PAGE}
    return appended(m.genuine, objects, size=9004)


def object_twice(m: Material) -> bytes:
    """A revision holds two objects with one number; the first is for other readers."""
    return _with_hidden(m.genuine, b"9001 0 obj\n<< /Type /Catalog >>\nendobj\n")


def object_hidden(m: Material) -> bytes:
    """A revision holds an object that nothing names, to be shown by the next one."""
    return _with_hidden(m.genuine, b"9100 0 obj\n<< /Paid 9999 >>\nendobj\n")


def two_sets_of_references(m: Material) -> bytes:
    """A revision leads newer readers to other objects than older ones."""
    rows = b"\1" + len(m.genuine).to_bytes(4, "big") + b"\0"
    stream = (
        b"9200 0 obj\n<< /Type /XRef /Size 9201 /W [1 4 1] /Index [9001 1] /Length %d >>\n"
        b"stream\n%s\nendstream\nendobj\n" % (len(rows), rows)
    )
    entry = b"/XRefStm %d" % len(m.genuine)
    return appended(m.genuine, {9002: _PAGES}, unlisted=stream, trailer=entry, size=9201)


def references_broken(m: Material) -> bytes:
    """The cross-references lead nowhere; only a search finds the objects."""
    head, _, tail = m.genuine.rpartition(b"startxref\n")
    return head + b"startxref\n" + b"7".ljust(len(tail.split()[0]), b"7") + b"\n%%EOF\n"


def end_points_back(m: Material) -> bytes:
    """A revision whose cross-reference is its own predecessor: reading does not end."""
    start = len(m.genuine)
    table = b"xref\n0 1\n0000000000 65535 f\r\n"
    trailer = b"trailer\n<< /Size 1 /Root %d 0 R /Prev %d >>\n" % (root_of(m.genuine), start)
    return m.genuine + table + trailer + b"startxref\n%d\n%%%%EOF\n" % start


def page_in_an_object_stream(m: Material) -> bytes:
    """Another page under the page's number, inside a compressed stream of objects."""
    with pikepdf.open(BytesIO(m.genuine)) as pdf:
        page, tree = pdf.pages[0].objgen[0], pdf.Root.Pages.objgen[0]
    text = b"BT /F1 12 Tf 72 420 Td (Paid in full) Tj ET"
    number = b"%d 0 " % page
    body = number + (
        b"<< /Type /Page /MediaBox [0 0 595 842] /Parent %d 0 R /Contents 9002 0 R >>" % tree
    )
    packed = _stream(9001, b"/Type /ObjStm /N 1 /First %d" % len(number), body)
    start = len(m.genuine)
    offsets = start, start + len(packed), start + len(packed) + len(_stream(9002, b"", text))
    rows = _row(2, 9001) + b"".join(_row(1, offset) for offset in offsets)
    entries = b"/Type /XRef /Size 9004 /W [1 4 2] /Index [%d 1 9001 3] /Root %d 0 R /Prev %s" % (
        page,
        root_of(m.genuine),
        m.genuine.rsplit(b"startxref", 1)[1].split()[0],
    )
    revision = packed + _stream(9002, b"", text) + _stream(9003, entries, rows)
    return m.genuine + revision + b"startxref\n%d\n%%%%EOF\n" % offsets[2]


def root_named_twice(m: Material) -> bytes:
    """A revision names two roots, and readers choose differently."""
    trailer = b"/Root 9001 0 R /Root %d 0 R" % root_of(m.genuine)
    return appended(m.genuine, _DOCUMENT, trailer=trailer, size=9004)


def revisions_in_a_ring(m: Material) -> bytes:
    """Two revisions name each other as their predecessor, and the sealed one is left out."""
    genuine = m.genuine.rsplit(b"startxref", 1)[1].split()[0]
    one = appended(m.genuine, {9001: b"<< /Paid 1 >>"}, size=9002)
    two = appended(one, {9002: b"<< /Paid 2 >>"}, size=9003)
    last = two.rsplit(b"startxref", 1)[1].split()[0]
    head, tail = two[: len(m.genuine)], two[len(m.genuine) :]
    return head + tail.replace(b"/Prev " + genuine, b"/Prev " + last, 1)


def past_misplaced(m: Material) -> bytes:
    """A revision says that its predecessor's cross-references stand in the middle of a page."""
    genuine = m.genuine.rsplit(b"startxref", 1)[1].split()[0]
    revision = appended(m.genuine, {9001: b"<< /Paid 1 >>"}, size=9002)
    return revision.replace(b"/Prev " + genuine, b"/Prev " + b"7".rjust(len(genuine), b"0"))


def seal_freed(m: Material) -> bytes:
    """A revision declares the seal's dictionary free, as if it had never been."""
    with pikepdf.open(BytesIO(m.genuine)) as pdf:
        number = pdf.Root.AcroForm.Fields[0].V.objgen[0]
    start = len(m.genuine)
    table = b"xref\n%d 1\n0000000000 00001 f\r\n" % number
    trailer = b"trailer\n<< /Size 2000 /Root %d 0 R /Prev %s >>\n" % (
        root_of(m.genuine),
        m.genuine.rsplit(b"startxref", 1)[1].split()[0],
    )
    return m.genuine + table + trailer + b"startxref\n%d\n%%%%EOF\n" % start


def _with_hidden(pdf: bytes, hidden: bytes) -> bytes:
    """Append a revision with something in it that its cross-references do not list."""
    return appended(pdf, _DOCUMENT, unlisted=hidden, size=9004)


def _stream(number: int, entries: bytes, data: bytes) -> bytes:
    head = b"%d 0 obj\n<< %s /Length %d >>\nstream\n" % (number, entries, len(data))
    return head + data + b"\nendstream\nendobj\n"


def _row(kind: int, place: int) -> bytes:
    return bytes([kind]) + place.to_bytes(4, "big") + bytes(2)
