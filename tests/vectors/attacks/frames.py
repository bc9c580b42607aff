"""Attacks on how a file is put together: roots, cross-references, revisions."""

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


def _with_hidden(pdf: bytes, hidden: bytes) -> bytes:
    """Append a revision with something in it that its cross-references do not list."""
    return appended(pdf, _DOCUMENT, unlisted=hidden, size=9004)
