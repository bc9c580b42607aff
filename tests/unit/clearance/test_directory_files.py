"""Files of records, good and hostile."""

import hashlib
import itertools
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance import directory_files
from clearance.directory import BranchRecord
from clearance.directory_files import LONGEST_LINE, FileFormat, FileReader, Line
from clearance.directory_shapes import Kind
from clearance.errors import InvalidRequest

NOW = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
CSV, JSONL = FileFormat.CSV, FileFormat.JSON_LINES
HEADER = b"code,name,province,version\n"
GOOD = "0041,شعبهٔ ۴۱,تهران,3\n".encode()
RECORD = BranchRecord(code="0041", name="شعبهٔ ۴۱", province="تهران", version=3)  # type: ignore[arg-type]


def read(
    file_format: FileFormat, *pieces: bytes, kind: Kind = Kind.BRANCHES, skip: int = 0
) -> list[Line]:
    reader = FileReader(kind, file_format, now=NOW, skip=skip)
    lines = [line for piece in pieces for line in reader.feed(piece)]
    return [*lines, *reader.finish()]


def told(lines: Iterable[Line]) -> list[tuple[int, list[tuple[str, str]]]]:
    return [(line.number, [(each.field, each.code) for each in line.problems]) for line in lines]


@pytest.mark.parametrize(
    "content",
    [
        HEADER + GOOD,
        b"\xef\xbb\xbf" + HEADER + GOOD,
        (HEADER + GOOD).replace(b"\n", b"\r\n"),
        (HEADER + GOOD).removesuffix(b"\n"),
        b"\n\r\n" + HEADER + b"  \n" + GOOD + b"\n\n",
        "version, province ,code,name\n۳,تهران,٠٠٤١,شعبهٔ ۴۱".encode(),
        HEADER + '"0041"," شعبهٔ ۴۱ ","تهران","3"\n'.encode(),
    ],
    ids=["plain", "BOM", "CRLF", "no last line end", "blank lines", "other order", "quoted"],
)
def test_a_good_csv_file_is_read(content: bytes) -> None:
    [line] = read(CSV, content)
    assert (line.record, line.problems) == (RECORD, ())


def test_json_lines_are_read() -> None:
    content = json.dumps({"code": "0041", "name": "شعبهٔ ۴۱", "province": "تهران", "version": 3})
    lines = read(JSONL, b"\xef\xbb\xbf" + f"{content}\r\n\n{content}".encode())
    assert [(line.number, line.record) for line in lines] == [(1, RECORD), (3, RECORD)]


def test_a_bad_line_stays_by_itself() -> None:
    lines = read(
        CSV,
        HEADER
        + GOOD
        + "۰۰۴,,تهران,x\n".encode()
        + b"0041,name\n"
        + b'0041,"name,province,3\n'
        + GOOD
        + "0041,شعبه,تهران,3\n".encode("cp1256", "ignore")
        + b"0041,na\x00me,x,3\n"
        + b"0041,"
        + b"x" * LONGEST_LINE
        + b",x,3\n"
        + GOOD,
    )
    assert told(lines) == [
        (2, []),
        (
            3,
            [
                ("/code", "branch_code.invalid"),
                ("/name", "field.missing"),
                ("/version", "field.wrong_type"),
            ],
        ),
        (4, [("", "import.wrong_number_of_cells")]),
        (5, [("", "import.malformed_line")]),
        (6, []),
        (7, [("", "import.line_not_utf8")]),
        (8, [("/name", "text.control_character")]),
        (9, [("", "import.line_too_long")]),
        (10, []),
    ]
    assert lines[1].subject == "۰۰۴"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", "import.line_not_json"),
        (b"[]", "field.wrong_type"),
        (b"null", "field.wrong_type"),
        (b'{"code":"1","code":"2"}', "request.repeated_member"),
        (b'{"version": NaN}', "import.line_not_json"),
        (b"[" * 30_000, "import.line_not_json"),
        ("{}".encode("utf-16-be"), "import.line_not_json"),
        (b'{"code":"\xff"}', "import.line_not_utf8"),
        (b'{"\\ud800":1}', "field.missing"),
    ],
)
def test_a_hostile_json_line_is_one_refused_line(line: bytes, code: str) -> None:
    first, last = read(JSONL, b'{"x":1}\n' + line)
    assert first.number == 1
    assert (last.record, last.problems[0].code) == (None, code)
    json.dumps([each.field for each in last.problems]).encode()


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"", ["import.empty"]),
        (b"\n \n", ["import.empty"]),
        (b"code,name\n", ["import.missing_column"] * 2),
        (HEADER.replace(b"name", b"Name"), ["import.unknown_column", "import.missing_column"]),
        (HEADER.replace(b"version", b"version,code"), ["import.repeated_column"]),
        (HEADER.replace(b",", b";"), ["import.unknown_column"] + ["import.missing_column"] * 4),
        (b'"code,name\n', ["import.malformed_header"]),
        (b"x" * (LONGEST_LINE + 1) + b"\n", ["import.malformed_header"]),
        (HEADER.decode().encode("utf-16"), ["import.not_utf8"]),
        (HEADER.decode().encode("utf-16-le"), ["import.not_utf8"]),
        (b"\xff\xff,\n", ["import.malformed_header"]),
        (b"=1+1,+2,@x,code\n", ["import.unknown_column"] * 3 + ["import.missing_column"] * 3),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(content: bytes, codes: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read(CSV, content + GOOD if content.strip() else content)
    assert [each.code for each in refusal.value.problems] == codes


def test_more_lines_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_files, "MOST_LINES", 3)
    assert len(read(CSV, HEADER + GOOD + GOOD)) == 2
    with pytest.raises(InvalidRequest):
        read(CSV, HEADER + GOOD + GOOD + b"\n")


def test_a_line_without_end_takes_no_more_memory_than_a_line_may() -> None:
    reader = FileReader(Kind.BRANCHES, JSONL, now=NOW)
    for _ in range(100):
        assert list(reader.feed(b"x" * 50_000)) == []
        assert len(reader._rest) <= LONGEST_LINE
    [line] = reader.feed(b"\n")
    assert [each.code for each in line.problems] == ["import.line_too_long"]
    assert reader.digest == hashlib.sha256(b"x" * 5_000_000 + b"\n").digest()


documents = st.lists(
    st.sampled_from([GOOD, b"\n", b"bad\n", b"\r\n", b'"\n', b"x" * 70_000 + b"\n", b"\xff\n"]),
    max_size=8,
).map(lambda lines: HEADER + b"".join(lines))


@given(documents, st.data())
def test_how_a_file_is_cut_into_pieces_does_not_matter(content: bytes, data: Any) -> None:
    places = data.draw(st.lists(st.integers(0, len(content)), max_size=6).map(sorted))
    cuts = [0, *places, len(content)]
    pieces = [content[one:other] for one, other in itertools.pairwise(cuts)]
    assert told(read(CSV, *pieces)) == told(read(CSV, content))


@given(documents, st.integers(0, 9))
def test_skipped_lines_are_hashed_and_not_answered(content: bytes, skip: int) -> None:
    every = read(CSV, content)
    reader = FileReader(Kind.BRANCHES, CSV, now=NOW, skip=skip)
    rest = [*reader.feed(content), *reader.finish()]
    assert told(rest) == [each for each in told(every) if each[0] > skip]
    lines = content.splitlines(keepends=True)
    behind = hashlib.sha256(b"".join(lines[:skip])).digest() if skip <= len(lines) else None
    assert reader.skipped_digest == behind
    assert reader.digest == hashlib.sha256(content).digest()


@given(documents)
def test_the_digest_stands_behind_the_line_answered_last(content: bytes) -> None:
    reader = FileReader(Kind.BRANCHES, CSV, now=NOW)
    lines = content.splitlines(keepends=True)
    for line in reader.feed(content):
        assert reader.lines == line.number
        assert reader.digest == hashlib.sha256(b"".join(lines[: line.number])).digest()


@given(st.binary(max_size=300), st.sampled_from(FileFormat), st.sampled_from(Kind))
def test_no_bytes_raise_anything_else(content: bytes, file_format: FileFormat, kind: Kind) -> None:
    try:
        lines = read(file_format, content, kind=kind)
    except InvalidRequest:
        return
    for line in lines:
        assert (line.record is None) == bool(line.problems)
