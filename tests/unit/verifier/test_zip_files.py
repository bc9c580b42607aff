"""ZIP zip_files, each named by its lie; all of them are made here."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.errors import InvalidValue
from clearance.verdict import Reason
from verifier import zip_files
from verifier.zip_files import ZipFiles, is_zip

CONTENT = b"%PDF-1.7 a sealed clearance, or so it says"
UTF8, ENCRYPTED = 0x800, 0x1
SYMLINK, DEVICE = 0o120777 << 16, 0o060600 << 16


@dataclass(kw_only=True)
class Entry:
    """What list and header say of a file, where they differ from the truth."""

    name: bytes = b"a.pdf"
    content: bytes = CONTENT
    flags: int = 0
    method: int = zipfile.ZIP_STORED
    attributes: int = 0
    extra: bytes = b""
    crc: int | None = None
    size: int | None = None
    packed_size: int | None = None
    header_name: bytes | None = None
    header_at: int | None = None


def made(*entries: Entry, comment: bytes = b"") -> bytes:
    """Write an archive, lies and all (APPNOTE 4.3)."""
    body, listed = b"", b""
    for entry in entries:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = entry.content
        if entry.method == zipfile.ZIP_DEFLATED:
            packed = deflate.compress(entry.content) + deflate.flush()
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        size = len(entry.content) if entry.size is None else entry.size
        packed_size = len(packed) if entry.packed_size is None else entry.packed_size
        at = len(body) if entry.header_at is None else entry.header_at
        name = entry.name if entry.header_name is None else entry.header_name
        common = (20, entry.flags, entry.method, 0, 33, crc, packed_size, size)
        header = struct.pack("<4s5H3L2H", b"PK\3\4", *common, len(name), 0)
        if entry.header_at is None:
            body += header + name + packed
        listed += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 20, *common, len(entry.name), len(entry.extra),
            0, 0, 0, entry.attributes, at,
        ) + entry.name + entry.extra  # fmt: skip
    count = min(len(entries), 0xFFFF)
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listed), len(body), len(comment)
    )
    return body + listed + end + comment


def opened(data: bytes, most_files: int = 1000) -> ZipFiles:
    return ZipFiles(io.BytesIO(data), most_files=most_files)


def read(data: bytes) -> list[bytes | Reason]:
    archive = opened(data)
    return [archive.read(each) for each in archive.files]


def test_an_honest_archive() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("پیمان‌ها/۱۴۰۴/مفاصاحساب.pdf", CONTENT)
        packed.mkdir("empty")
        packed.writestr("__MACOSX/._a.pdf", b"\0")
        packed.writestr("empty/.DS_Store", b"\0")
        packed.writestr("b.pdf", b"", zipfile.ZIP_STORED)
    archive = opened(written.getvalue())
    assert [each.name for each in archive.files] == ["پیمان‌ها/۱۴۰۴/مفاصاحساب.pdf", "b.pdf"]
    assert [archive.read(each) for each in archive.files] == [CONTENT, b""]
    assert archive.left_out == 3


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (Entry(name="نامه.pdf".encode(), flags=UTF8), "نامه.pdf"),
        (Entry(name="نامه.pdf".encode()), "نامه.pdf"),
        (Entry(name="پیمان.pdf".encode("cp1256", "replace")), "پ?مان.pdf"),
        (Entry(name="Müller-Straße.pdf".encode("cp437")), "Müller-Straße.pdf"),
        (Entry(name=b"a/b/c.pdf"), "a/b/c.pdf"),
        (Entry(name="a\u202efdp.exe".encode(), flags=UTF8), "a\ufffdfdp.exe"),
        (Entry(name=b"a\tb\x7f.pdf"), "a\ufffdb\ufffd.pdf"),
        (Entry(name=b"x" * 300 + b".pdf"), "…" + "x" * 250 + ".pdf"),
        (
            Entry(
                name=b"?.pdf",
                extra=struct.pack("<HHBL", 0x7075, 5 + 8, 1, zlib.crc32(b"?.pdf"))
                + "سند".encode()
                + b"..",
            ),
            "?.pdf",  # the flag of another encoding is needed only where the name is not ASCII
        ),
        (
            Entry(
                name=b"\x8d.pdf",
                extra=struct.pack("<HHBL", 0x7075, 5 + 10, 1, zlib.crc32(b"\x8d.pdf"))
                + "سند.pdf".encode(),
            ),
            "سند.pdf",
        ),
    ],
)
def test_names_in_the_letters_that_were_meant(entry: Entry, name: str) -> None:
    archive = opened(made(entry))
    assert [each.name for each in archive.files] == [name]
    assert archive.read(archive.files[0]) == CONTENT


LIES = {
    "a password": (Entry(flags=ENCRYPTED), Reason.ZIP_ENCRYPTED),
    "a strong password": (Entry(flags=ENCRYPTED | 0x40), Reason.ZIP_ENCRYPTED),
    "another checksum": (Entry(crc=1), Reason.ZIP_DAMAGED),
    "smaller than it is": (Entry(size=10), Reason.ZIP_DAMAGED),
    "smaller than it unpacks to": (
        Entry(method=zipfile.ZIP_DEFLATED, size=10),
        Reason.ZIP_DAMAGED,
    ),
    "larger than it is": (Entry(size=1000), Reason.ZIP_DAMAGED),
    "larger than it unpacks to": (
        Entry(method=zipfile.ZIP_DEFLATED, size=1000),
        Reason.ZIP_DAMAGED,
    ),
    "20 MB": (Entry(size=20_000_000), Reason.TOO_LARGE),
    "a size in a 64-bit field that is none": (
        Entry(size=0xFFFFFFFF, extra=struct.pack("<HHQ", 1, 8, 2**63)),
        Reason.TOO_LARGE,
    ),
    "another name in the header": (Entry(header_name=b"b.pdf"), Reason.ZIP_DAMAGED),
    "a header beyond the end": (Entry(header_at=4_000_000_000), Reason.ZIP_OVERLAP),
    "packed with LZMA": (Entry(method=zipfile.ZIP_LZMA), Reason.ZIP_METHOD),
    "packed with bzip2": (Entry(method=zipfile.ZIP_BZIP2), Reason.ZIP_METHOD),
    "packed as nobody does": (Entry(method=77), Reason.ZIP_METHOD),
    "not deflated at all": (
        Entry(content=b"\xff" * 50, method=zipfile.ZIP_STORED, flags=0, size=60, packed_size=50),
        Reason.ZIP_DAMAGED,
    ),
    "an absolute name": (Entry(name=b"/etc/passwd"), Reason.ZIP_NAME),
    "a name on a drive": (Entry(name=b"C:\\a.pdf"), Reason.ZIP_NAME),
    "a name on another machine": (Entry(name=b"\\\\host\\a.pdf"), Reason.ZIP_NAME),
    "a name that climbs": (Entry(name=b"a/../../b.pdf"), Reason.ZIP_NAME),
    "a name that climbs backwards": (Entry(name=b"..\\b.pdf"), Reason.ZIP_NAME),
    "a name that hides its end": (Entry(name=b"a.pdf\0.exe"), Reason.ZIP_NAME),
    "a link": (Entry(content=b"/etc/passwd", attributes=SYMLINK), Reason.ZIP_NO_FILE),
    "a device": (Entry(content=b"", attributes=DEVICE), Reason.ZIP_NO_FILE),
    "a bomb": (
        Entry(content=bytes(3_000_000), method=zipfile.ZIP_DEFLATED),
        Reason.ZIP_BOMB,
    ),
    "more packed bytes than there are": (Entry(packed_size=100_000), Reason.ZIP_OVERLAP),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_costs_its_file_and_no_other(lie: str) -> None:
    entry, reason = LIES[lie]
    before, after = Entry(name=b"before.pdf"), Entry(name=b"after.pdf", content=b"%PDF-after")
    assert read(made(before, entry, after)) == [CONTENT, reason, b"%PDF-after"]


def test_a_name_twice_is_nobodys() -> None:
    data = made(Entry(), Entry(name=b"b.pdf"), Entry(name=b"A.pdf", content=b"%PDF-other"))
    assert read(data) == [Reason.ZIP_NAME_TWICE, CONTENT, Reason.ZIP_NAME_TWICE]


@pytest.mark.parametrize(
    "names",
    [
        (b"a\x01.pdf", b"a\x02.pdf"),
        (b"1/" + b"n" * 300, b"2/" + b"n" * 300),
        ("é.pdf".encode(), "e\u0301.pdf".encode()),
    ],
)
def test_names_that_are_shown_alike_are_one_name(names: tuple[bytes, bytes]) -> None:
    data = made(*(Entry(name=name) for name in names))
    assert read(data) == [Reason.ZIP_NAME_TWICE] * 2


def test_many_names_for_the_same_bytes() -> None:
    first = Entry()
    data = made(first, *(Entry(name=b"%d.pdf" % place, header_at=0) for place in range(9)))
    found = read(data)
    assert CONTENT not in found[:1]
    assert set(found) <= {Reason.ZIP_OVERLAP, Reason.ZIP_DAMAGED}


def test_files_that_quote_the_next_one() -> None:
    """As in Fifield's bomb: each file's bytes go on over the header of the next."""
    data = made(
        Entry(name=b"1.pdf", packed_size=30 + 5 + 2 * len(CONTENT)),
        Entry(name=b"2.pdf"),
    )
    assert read(data) == [Reason.ZIP_OVERLAP, CONTENT]


def test_all_files_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_files, "TOTAL_LIMIT", 2 * len(CONTENT))
    data = made(*(Entry(name=b"%d.pdf" % place) for place in range(4)))
    assert read(data) == [CONTENT, CONTENT, Reason.ZIP_BOMB, Reason.ZIP_BOMB]


def test_an_archive_in_an_archive_stays_one_file() -> None:
    inner = made(Entry())
    assert read(made(Entry(name=b"inner.zip", content=inner))) == [inner]


def refused(data: bytes, most_files: int = 1000) -> str:
    with pytest.raises(InvalidValue) as error:
        opened(data, most_files)
    return error.value.code


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\3\4",
        b"%PDF-1.7",
        made(Entry())[:-30],
        made(Entry()).replace(b"PK\1\2", b"PK\1\3"),
        made(Entry(name=b"\xff\xfe", flags=UTF8)),
        made(Entry(extra=b"\1\0\xff\xff")),
    ],
    ids=["empty", "cut off", "a PDF", "without list", "broken list", "no letters", "broken extra"],
)
def test_what_has_no_list(data: bytes) -> None:
    assert refused(data) == "zip.unreadable"


def test_an_archive_of_nothing() -> None:
    data = made(comment=b"nothing")
    assert is_zip(data)
    assert opened(data).files == ()


def test_one_file_too_many() -> None:
    entries = [Entry(name=b"%d" % place, content=b"") for place in range(11)]
    assert len(opened(made(*entries), most_files=11).files) == 11
    assert refused(made(*entries), most_files=10) == "zip.too_many_files"


def test_a_list_too_long_is_not_read() -> None:
    extra = struct.pack("<HH", 0x9999, 60_000) + bytes(60_000)
    entries = [Entry(name=b"%d" % place, content=b"", extra=extra) for place in range(36)]
    assert refused(made(*entries)) == "zip.list_too_long"


def broken(start: bytes) -> Callable[[list[tuple[int, int]]], bytes]:
    def change(changes: list[tuple[int, int]]) -> bytes:
        data = bytearray(start)
        for place, value in changes:
            data[place % len(data)] = value
        return bytes(data)

    return change


HONEST = made(
    Entry(), Entry(name=b"b.pdf", method=zipfile.ZIP_DEFLATED), Entry(name=b"c/d.pdf", content=b"")
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6).map(broken(HONEST))
)
def test_whatever_is_changed_gets_an_answer(data: bytes) -> None:
    try:
        found = read(data)
    except InvalidValue:
        return
    assert all(isinstance(each, bytes | Reason) for each in found)
