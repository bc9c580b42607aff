"""Reading request bodies: never more than allowed, never to disk.

Each reader stops at its limit, whether the caller announced the length or sends in chunks, and
raises 415 for a body with a content encoding.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl
from weakref import WeakKeyDictionary

import anyio
from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.toolkit.body_budget import Holding
from api.toolkit.dependencies import context_of
from api.toolkit.limits import network_of
from api.toolkit.multipart import after_preamble, boundary_of, malformed, with_plain_name
from api.toolkit.problems import HttpError
from clearance.errors import InvalidRequest, InvalidValue

_MOST_FIELDS = 8
EXPECTATION_BYTES = 32 * 1024
"""Largest expectation: room for the longest value of every field."""
_MULTIPART_OVERHEAD = 16 * 1024 + EXPECTATION_BYTES
"""Room for boundaries, part headers and an expectation around a file of the largest size."""

SILENCE_SECONDS = 60.0
"""How long a caller may send nothing of a body before the rest is no longer waited for."""
SLOWEST = 16_000
"""Bytes a second that a body must have come with on the whole, after the first silence."""

_SMALL = 1_000_000
"""Bytes of a body that are taken in at once; our own files have a tenth of it."""
_PAUSE_SECONDS = 0.002
_one_piece: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data"
PDF_TYPE = "application/pdf"
PICTURE_TYPES = (
    *("image/png", "image/jpeg", "image/tiff"),
    *("image/webp", "image/heic", "image/heif"),
)
"""Scans and photos; what a file really is, its bytes say."""


async def read_body(request: Request, limit: int) -> bytes:
    """Read the whole body; raises 413 as soon as it is known to exceed ``limit`` bytes."""
    with _holding(request) as holding:
        pieces = _held(_limited(request, limit, "request.too_large"), holding)
        return b"".join([piece async for piece in pieces])


async def stream_body(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the body in pieces as they come; raises 413 once it exceeds ``limit`` bytes."""
    async for piece in _limited(request, limit, "request.too_large"):
        yield piece


async def read_form(
    request: Request, limit: int, *, most_fields: int = _MOST_FIELDS
) -> list[tuple[str, str]]:
    """Read the fields of a form of short texts (``application/x-www-form-urlencoded``).

    Raises 415 and 413 as the others do, 400 for what is no form, ``InvalidRequest`` for a NUL.
    """
    demand_type(request, FORM_TYPE)
    body = await read_body(request, limit)
    try:
        fields = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=most_fields,
            errors="strict",
        )
    except ValueError as error:
        raise malformed() from error
    demand_storable(fields)
    return fields


def demand_storable(fields: Iterable[tuple[str, str]]) -> None:
    """Refuse values with a NUL, which PostgreSQL takes in no text.

    Raises ``InvalidRequest`` with ``field.unfit`` for each by its name.
    """
    unfit = [name for name, value in fields if "\0" in name or "\0" in value]
    if unfit:
        raise InvalidRequest(
            tuple(InvalidValue("field.unfit", field=f"/{name}") for name in dict.fromkeys(unfit))
        )


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What a caller sent to be verified."""

    content: bytes
    expect: bytes | None
    """The form field ``expect``, unread; ``None`` without it."""


async def read_upload(request: Request, limit: int) -> Upload:
    """Read the file to verify: field ``file`` of a multipart form, or the body itself.

    Raises 415 for another content type, 413 for a file of more than ``limit`` bytes or too large
    an expectation, 422 if no file was chosen, 400 for a form that cannot be read or names a field
    twice. The file stays in memory.
    """
    with _holding(request) as holding:
        return await _read_upload(request, limit, holding)


async def _read_upload(request: Request, limit: int, holding: Holding) -> Upload:
    kind = demand_type(request, MULTIPART_TYPE, PDF_TYPE, *PICTURE_TYPES)
    if kind == MULTIPART_TYPE:
        return await _read_multipart(request, limit, holding)
    pieces = _held(_limited(request, limit, "upload.too_large"), holding)
    return Upload(content=b"".join([piece async for piece in pieces]), expect=None)


def demand_type(request: Request, *allowed: str) -> str:
    """Return the body's media type without parameters; raises 415 unless it is ``allowed``."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in allowed:
        raise HttpError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "request.wrong_media_type",
            parameters={"allowed": ", ".join(allowed)},
            headers={"Accept-Post": ", ".join(allowed)},
        )
    return kind


class _InMemoryParser(MultiPartParser):
    """Starlette's parser without its temporary files: what is verified is never stored."""

    # The parts together never exceed the limited stream, so nothing rolls over to disk.
    spool_max_size = 1 << 40

    def on_headers_finished(self) -> None:
        part = self._current_part
        part.content_disposition = with_plain_name(part.content_disposition or b"")
        super().on_headers_finished()

    def on_part_end(self) -> None:
        # Latin-1 keeps every byte of a text: decoding is for its reader, who can also refuse.
        charset, self._charset = self._charset, "latin-1"
        super().on_part_end()
        self._charset = charset


async def _read_multipart(request: Request, limit: int, holding: Holding) -> Upload:
    body = _held(
        _limited(request, limit + _MULTIPART_OVERHEAD, "upload.too_large", told=limit), holding
    )
    stream = after_preamble(body, boundary_of(request))
    # An expectation may come as a file too.
    parser = _InMemoryParser(request.headers, stream, max_files=2, max_fields=_MOST_FIELDS)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise malformed() from error
    try:
        if len(form.getlist("file")) > 1 or len(form.getlist("expect")) > 1:
            raise malformed()
        return Upload(content=await _file_of(form, limit), expect=await _expectation_of(form))
    finally:
        await form.close()


async def _file_of(form: FormData, limit: int) -> bytes:
    chosen = form.get("file")
    # A browser sends an empty, nameless file if none was chosen.
    if not isinstance(chosen, UploadFile) or not (chosen.filename or chosen.size):
        raise HttpError(HTTPStatus.UNPROCESSABLE_ENTITY, "upload.none_chosen", field="/file")
    content = await chosen.read()
    if len(content) > limit:
        raise _too_large("upload.too_large", limit)
    return content


async def _expectation_of(form: FormData) -> bytes | None:
    given = form.get("expect")
    if given is None:
        return None
    content = await given.read() if isinstance(given, UploadFile) else given.encode("latin-1")
    if len(content) > EXPECTATION_BYTES:
        raise _too_large("request.too_large", EXPECTATION_BYTES, field="/expect")
    return content


def _holding(request: Request) -> AbstractContextManager[Holding]:
    address = request.client.host if request.client else ""
    return context_of(request).bodies.body_of(network_of(address))


async def _held(
    pieces: AsyncGenerator[bytes, None], holding: Holding
) -> AsyncGenerator[bytes, None]:
    """Yield pieces that are kept until the body is whole, as far as there is room for them."""
    async for piece in pieces:
        holding.add(len(piece))
        yield piece


async def _limited(
    request: Request, limit: int, code: str, *, told: int | None = None
) -> AsyncGenerator[bytes, None]:
    _demand_plain(request)
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(code, told or limit)
    received = 0
    async for chunk in _in_time(request):
        received += len(chunk)
        if received > limit:
            raise _too_large(code, told or limit)
        if received > _SMALL:
            await _let_small_ones_pass()
        yield chunk


def _demand_plain(request: Request) -> None:
    """Raise 415 for an encoded body: what is judged are the bytes that came (RFC 9110, 15.5.16)."""
    for encodings in request.headers.getlist("content-encoding"):
        if {each.strip().lower() for each in encodings.split(",")} - {"", "identity"}:
            raise HttpError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "request.encoded_body",
                headers={"Accept-Encoding": "identity"},
            )


async def _in_time(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield the body while it comes; raises 408 for a caller who stops, or nearly does.

    What has come takes up memory, and an agency's key is kept from its next request until then.
    """
    stream = request.stream()
    latest = anyio.current_time() + SILENCE_SECONDS
    while True:
        try:
            with anyio.fail_at(min(latest, anyio.current_time() + SILENCE_SECONDS)):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise HttpError(
                HTTPStatus.REQUEST_TIMEOUT, "request.too_slow", headers={"Connection": "close"}
            ) from error
        if chunk is None:
            return
        yield chunk
        latest += len(chunk) / SLOWEST


async def _let_small_ones_pass() -> None:
    """Take in large bodies a piece at a time, over all callers, with a pause between two.

    Many large uploads at once would else keep the server from small ones for seconds; the pauses
    cost a single one of 20 MB two tenths of a second.
    """
    turn = _one_piece.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with turn:
        await asyncio.sleep(_PAUSE_SECONDS)


def _too_large(code: str, limit: int, *, field: str = "") -> HttpError:
    return HttpError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        code,
        field=field,
        parameters={"limit": f"{limit:,}"},
    )
