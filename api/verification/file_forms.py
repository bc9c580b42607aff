"""Puts the files of a form one behind the other while it comes (RFC 7578).

Starlette's own parser opens a file for each part; a thousand of them would use up what a process
may have open.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.toolkit.multipart import malformed, with_plain_name
from api.toolkit.problems import HttpError
from clearance.errors import InvalidValue
from verifier.zip_names import shown_name

EXPECT_BYTES: Final = 2 * 1024 * 1024
"""Largest field ``expect``: two thousand bytes for each of a thousand files."""

_OTHER_PARTS: Final = 8
"""Parts besides the files: ``expect``, and what a page sends along. Each costs time to read."""


@dataclass(kw_only=True)
class Part:
    """Where one file lies in the spool."""

    name: str
    begin: int
    size: int = 0


class SpooledForm:
    """Reads a form piece by piece, its parts ``file`` into ``spool``, ``expect`` into memory.

    Both methods raise 400 for a form that cannot be read, ``feed`` also ``files.too_many`` and
    413 for too large a field ``expect``. Other parts are skipped.
    """

    def __init__(self, boundary: bytes, spool: BinaryIO, *, most_files: int) -> None:
        self._spool = spool
        self._most_files = most_files
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._field = ""
        self._complete = False
        self._parts_left = most_files + _OTHER_PARTS
        self.files: list[Part] = []
        self.expect: bytes | None = None
        """The field ``expect``, unread."""
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError as error:
            raise malformed() from error

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise malformed() from error

    def end(self) -> None:
        """Say that no more comes."""
        if not self._complete:
            raise malformed()

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_ends,
            "on_end": self._ends,
        }

    def _part_begins(self) -> None:
        if not self._parts_left:
            raise malformed()
        self._parts_left -= 1
        self._headers = {}

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _headers_end(self) -> None:
        disposition = with_plain_name(self._headers.get(b"content-disposition", b""))
        _, parameters = parse_options_header(disposition)
        self._field = parameters.get(b"name", b"").decode("utf-8", "replace")
        if self._field == "file":
            if len(self.files) == self._most_files:
                raise InvalidValue("files.too_many", parameters={"most": str(self._most_files)})
            name = parameters.get(b"filename", b"").decode("utf-8", "replace")
            self.files.append(Part(name=shown_name(name), begin=self._spool.tell()))
        elif self._field == "expect":
            if self.expect is not None:
                raise malformed()
            self.expect = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field == "file":
            self._spool.write(memoryview(data)[start:end])
            self.files[-1].size += end - start
        elif self._field == "expect":
            self.expect = (self.expect or b"") + data[start:end]
            if len(self.expect) > EXPECT_BYTES:
                raise HttpError(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    "request.too_large",
                    field="/expect",
                    parameters={"limit": f"{EXPECT_BYTES:,}"},
                )

    def _part_ends(self) -> None:
        # A browser sends an empty, nameless file if none was chosen.
        if self._field == "file" and not (self.files[-1].name or self.files[-1].size):
            self.files.pop()

    def _ends(self) -> None:
        self._complete = True
