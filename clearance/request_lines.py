"""Reads JSON Lines: one request a line, each judged by itself.

One wrong line says nothing about the others, so it is answered with its problems. Only what makes
the whole body something else than JSON Lines is an error: nothing in it, too much of it, or
another encoding than UTF-8 (RFC 8259, 8.1).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clearance.canonical import canonical_bytes
from clearance.errors import InvalidRequest, InvalidValue
from clearance.request import parse_request, read_json

LONGEST_LINE: Final = 256 * 1024
"""Bytes of one request."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class RequestLine:
    """One line that is not empty."""

    line: int
    """Place in the body, from 1 on, empty lines counted: where an editor shows it."""
    request: bytes | None
    """The request as it was sent, in canonical JSON; empty exactly if there is an error."""
    error: InvalidRequest | None = None
    """Every problem of the line."""


def read_request_lines(body: bytes, *, now: datetime, most: int) -> list[RequestLine]:
    """Read every line of a body; empty lines, and a byte order mark before the first, are left out.

    ``now`` is the moment (aware) after which no receipt or approval may be dated. Raises
    ``InvalidValue`` with ``batch.empty``, ``batch.too_many_lines`` (more than ``most``) or
    ``batch.not_utf8`` (parameter ``line``: the first bad one).
    """
    lines = list(_filled_lines(body, most))
    if not lines:
        raise InvalidValue("batch.empty")
    return [_read(line, content, now) for line, content in lines]


def _filled_lines(body: bytes, most: int) -> Iterator[tuple[int, bytes]]:
    found = 0
    for line, content in enumerate(body.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), start=1):
        filled = content.strip(b" \t\r")
        if not filled:
            continue
        found += 1
        if found > most:
            raise InvalidValue("batch.too_many_lines", parameters={"most": str(most)})
        try:
            filled.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidValue("batch.not_utf8", parameters={"line": str(line)}) from error
        yield line, filled


def _read(line: int, content: bytes, now: datetime) -> RequestLine:
    try:
        return RequestLine(line=line, request=_canonical(content, now))
    except InvalidRequest as error:
        return RequestLine(line=line, request=None, error=error)
    except InvalidValue as problem:
        return RequestLine(line=line, request=None, error=InvalidRequest((problem,)))


def _canonical(content: bytes, now: datetime) -> bytes:
    if len(content) > LONGEST_LINE:
        raise InvalidValue("batch.line_too_long", parameters={"limit": f"{LONGEST_LINE:,}"})
    parsed = read_json(content)
    parse_request(parsed, now=now)
    return canonical_bytes(parsed)
