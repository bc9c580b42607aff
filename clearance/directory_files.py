"""Files of directory records, read as a stream: CSV and JSON Lines, one record a line.

A file is UTF-8, with or without byte order mark, with lines that end in LF or CRLF. No text of a
record holds a line end, so a line is a record: whatever is wrong with one stays within it, and
its number says where it stands. The header of a CSV file names the fields in any order.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, cast

from clearance.directory_shapes import RECORDS, Fed, Kind
from clearance.errors import InvalidRequest, InvalidValue, NotJson
from clearance.request import read_json, read_whole
from clearance.text import ascii_digits

LONGEST_LINE: Final = 64 * 1024
"""Bytes: several times the longest record."""
MOST_LINES: Final = 1_000_000
_MOST_COLUMNS: Final = 100
_LONGEST_SHOWN: Final = 60
_BOM: Final = b"\xef\xbb\xbf"
_OTHER_ENCODINGS: Final = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 and UTF-32 begin."""
_MOST_DIGITS: Final = 20


class FileFormat(StrEnum):
    """How a file holds its records; the values are the suffixes of such files."""

    CSV = "csv"
    JSON_LINES = "jsonl"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line that is to be a record."""

    number: int
    """From 1 on, header and blank lines counted."""
    record: Fed | None
    """``None`` if the line is refused."""
    subject: str | None
    """Key of a refused record as far as it could be read; else ``None``."""
    problems: tuple[InvalidValue, ...]
    """Why it is refused; each ``field`` is a JSON Pointer, so ``/`` and the column in CSV."""


class FileReader:
    """Reads one file, pushed in pieces of any size.

    ``feed`` and ``finish`` are generators: until the next line is asked for, ``lines`` and
    ``digest`` stand exactly behind the line that was answered last. The first ``skip`` lines are
    counted and hashed, but not answered (a header among them is still read).
    """

    def __init__(
        self, kind: Kind, file_format: FileFormat, *, now: datetime, skip: int = 0
    ) -> None:
        self._shape = RECORDS[kind]
        self._integers = frozenset(
            name
            for name, shape in self._shape.members.items()
            if shape.schema().get("type") == "integer"
        )
        self._format = file_format
        self._now = now
        self._skip = skip
        self._hash = hashlib.sha256()
        self._rest = b""
        self._too_long = False
        self._columns: tuple[str, ...] | None = None
        self.lines = 0
        """Lines read so far."""
        self.skipped_digest = self.digest if skip == 0 else None
        """SHA-256 of the lines to skip; ``None`` until they are behind."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the lines read so far."""
        return self._hash.digest()

    def feed(self, data: bytes) -> Iterator[Line]:
        """Yield the lines that ``data`` completes.

        Raises ``InvalidRequest`` where the file as a whole cannot be read: ``import.not_utf8``,
        ``import.too_many_lines``, or a header with ``import.unknown_column``,
        ``import.repeated_column``, ``import.missing_column``, ``import.malformed_header``.
        """
        *complete, rest = data.split(b"\n")
        for piece in complete:
            yield from self._end_line(self._rest + piece, b"\n")
        self._rest += rest
        if len(self._rest) > LONGEST_LINE:
            # Dropped, so that no line takes more memory than a line may.
            self._hash.update(self._rest)
            self._rest, self._too_long = b"", True

    def finish(self) -> Iterator[Line]:
        """Yield the last line, if no line end stood behind it.

        Raises as ``feed``, and ``InvalidRequest`` with ``import.empty`` if there was no record.
        """
        if self._rest or self._too_long:
            yield from self._end_line(self._rest, b"")
        if not self.lines or (self._format is FileFormat.CSV and self._columns is None):
            raise _unreadable("import.empty")

    def _end_line(self, content: bytes, line_end: bytes) -> Iterator[Line]:
        self._rest = b""
        self._hash.update(content + line_end)
        self.lines += 1
        if self.lines == self._skip:
            self.skipped_digest = self.digest
        if self.lines > MOST_LINES:
            raise _unreadable("import.too_many_lines", limit=f"{MOST_LINES:,}")
        too_long, self._too_long = self._too_long or len(content) > LONGEST_LINE, False
        if self.lines == 1:
            content = _without_mark(content)
        content = content.removesuffix(b"\r")
        if not too_long and not content.strip():
            return
        if self._format is FileFormat.CSV and self._columns is None:
            self._columns = self._header(content, too_long=too_long)
        elif self.lines > self._skip:
            yield self._line(None if too_long else content)

    def _header(self, content: bytes, *, too_long: bool) -> tuple[str, ...]:
        if too_long:
            raise _unreadable("import.malformed_header")
        try:
            columns = tuple(name.strip() for name in _cells(content))
        except InvalidValue as problem:
            raise _unreadable("import.malformed_header") from problem
        known = self._shape.members
        problems = [
            InvalidValue("import.unknown_column", parameters={"column": _shown(name)})
            for name in columns[:_MOST_COLUMNS]
            if name not in known
        ]
        problems += [
            InvalidValue("import.repeated_column", parameters={"column": name})
            for name in known
            if columns.count(name) > 1
        ]
        problems += [
            InvalidValue("import.missing_column", parameters={"column": name})
            for name in known
            if name not in columns and name not in self._shape.optional
        ]
        if problems:
            raise InvalidRequest(tuple(problems))
        return columns

    def _line(self, content: bytes | None) -> Line:
        members: object = None
        try:
            members = self._members(content)
            record = cast("Fed", read_whole(self._shape, members, now=self._now))
        except InvalidRequest as refusal:
            return self._refused(members, refusal.problems)
        except InvalidValue as problem:
            return self._refused(members, (problem,))
        return Line(number=self.lines, record=record, subject=None, problems=())

    def _refused(self, members: object, problems: tuple[InvalidValue, ...]) -> Line:
        return Line(number=self.lines, record=None, subject=_subject(members), problems=problems)

    def _members(self, content: bytes | None) -> object:
        if content is None:
            raise InvalidValue("import.line_too_long", parameters={"limit": f"{LONGEST_LINE:,}"})
        if self._columns is None:
            return _json_line(content)
        cells = _cells(content)
        if len(cells) != len(self._columns):
            raise InvalidValue(
                "import.wrong_number_of_cells",
                parameters={"found": str(len(cells)), "expected": str(len(self._columns))},
            )
        members = zip(self._columns, map(str.strip, cells), strict=True)
        # An empty cell says that there is no value.
        return {name: self._value(name, cell) for name, cell in members if cell}

    def _value(self, name: str, cell: str) -> str | int:
        digits = ascii_digits(cell)
        is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS
        if is_number and name in self._integers:
            return int(digits)
        return cell


def _without_mark(content: bytes) -> bytes:
    if content.startswith(_OTHER_ENCODINGS) or b"\0" in content:
        raise _unreadable("import.not_utf8")
    return content.removeprefix(_BOM)


def _cells(content: bytes) -> list[str]:
    try:
        # Strict, so that a quotation mark that is never closed is an error of its line.
        return next(csv.reader((_decoded(content),), strict=True))
    except csv.Error as error:
        raise InvalidValue("import.malformed_line") from error


def _json_line(content: bytes) -> object:
    _decoded(content)
    try:
        return read_json(content)
    except InvalidRequest as error:
        if isinstance(error.problems[0], NotJson):
            raise InvalidValue("import.line_not_json") from error
        raise


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue("import.line_not_utf8") from error


def _subject(members: object) -> str | None:
    """Return the key of a refused line as it stands there, to find it again in the source."""
    if not isinstance(members, dict):
        return None
    names = ("branch_code", "row", "sequence") if "row" in members else ("code", "number", "id")
    parts = [members[name] for name in names if isinstance(members.get(name), str)]
    return _shown("/".join(parts)) or None


def _shown(text: str) -> str:
    return "".join(each for each in text[:_LONGEST_SHOWN] if each.isprintable())


def _unreadable(code: str, **parameters: str) -> InvalidRequest:
    return InvalidRequest((InvalidValue(code, parameters=parameters),))
