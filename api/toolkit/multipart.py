"""What the form parser leaves out of multipart bodies: preambles, and names of one form."""

from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Final

from fastapi import Request
from python_multipart.multipart import parse_options_header
from werkzeug.http import parse_options_header as parse_extended

from api.toolkit.problems import HttpError

_NAMELESS: Final = "file"
"""Of a file whose name cannot be decoded: it is a file all the same."""


def boundary_of(request: Request) -> bytes:
    """Return what parts a form; raises 400 without it."""
    _, parameters = parse_options_header(request.headers.get("content-type"))
    boundary = parameters.get(b"boundary")
    if not boundary:
        raise malformed()
    return boundary


async def after_preamble(
    body: AsyncGenerator[bytes, None], boundary: bytes
) -> AsyncGenerator[bytes, None]:
    """Yield ``body`` from its first delimiter on; what stands before is ignored (RFC 2046, 5.1.1).

    Raises 400 for a body without any delimiter. Keeps no more than a delimiter's length waiting.
    """
    delimiter = b"\n--" + boundary
    held, begun = b"\n", False  # the body's own beginning counts as the beginning of a line
    async for piece in body:
        if begun:
            yield piece
            continue
        held += piece
        at = held.find(delimiter)
        begun = at >= 0
        if begun:
            yield held[at + 1 :]
        else:
            held = held[-len(delimiter) :]
    if not begun:
        raise malformed()


def with_plain_name(disposition: bytes) -> bytes:
    """Return a Content-Disposition whose ``filename*`` (RFC 8187) stands as ``filename`` too.

    RFC 7578 (4.2) keeps senders from ``filename*``, and the parser overlooks it; some send it
    alone, and what they send is a file. A plain name, where there is one, stays what counts.
    """
    if b"filename" in parse_options_header(disposition)[1]:
        return disposition
    if not any(part.strip().lower().startswith(b"filename*") for part in disposition.split(b";")):
        return disposition
    name = parse_extended(disposition.decode("latin-1"))[1].get("filename") or _NAMELESS
    quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
    return disposition + b'; filename="' + quoted.encode("utf-8", "replace") + b'"'


def malformed() -> HttpError:
    """Make the error of a form that cannot be read."""
    return HttpError(HTTPStatus.BAD_REQUEST, "request.malformed_form")
