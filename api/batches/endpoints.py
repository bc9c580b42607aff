"""Batches of requests: sent at once, issued line by line by the workers."""

import hashlib
import json
from collections.abc import Callable, Iterator
from http import HTTPStatus
from itertools import chain
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.responses import JSONResponse, StreamingResponse

from api.batches.lines import CSV_COLUMNS, CSV_TYPE, DOWNLOADS, JSON_LINES_TYPES
from api.batches.schemas import BatchAnswer, LinesPage, batch_answer, batch_examples, lines_page
from api.clearances.issuing import checked_key
from api.toolkit.access import ISSUE, holder_of
from api.toolkit.bodies import demand_type, read_body
from api.toolkit.dependencies import Client, TheContext, context_of, office_part
from api.toolkit.examples import load_examples
from api.toolkit.json_bodies import KEY_ONLY
from clearance.errors import InvalidValue, NotFound
from clearance.request_lines import read_request_lines
from register.batches.client_batches import Batches
from register.batches.records import MOST_LINES, Batch, Line, LineState, NewLine

FORMATS = ("json", "jsonl", "csv")
PAGE = 200
"""Lines on a page of JSON."""
LARGEST_PAGE = 1000
"""Lines that a download reads at once."""
LONGEST_NUMBER = 9


def _two_requests() -> str:
    requests = list(load_examples().values())[:2]
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in requests)


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {
                "schema": {
                    "type": "string",
                    "description": "A `ClearanceRequest` a line, in UTF-8.",
                },
                "examples": {"two requests": {"value": _two_requests()}},
            }
            for kind in JSON_LINES_TYPES
        },
    }
}

Issuer = Annotated[Client, Depends(holder_of(ISSUE))]
State = Annotated[
    str | None,
    Query(
        description="Lines of this state only.",
        json_schema_extra={"enum": [each.value for each in LineState]},
    ),
]
After = Annotated[str, Query(description="Number of the line after which to begin.")]
Format = Annotated[
    str,
    Query(
        description="`json` answers a page; `jsonl` and `csv` all lines to the end.",
        json_schema_extra={"enum": list(FORMATS)},
    ),
]


async def _body(request: Request, _: Issuer) -> bytes:
    # Asked for after the API key: a stranger's body is not even read.
    demand_type(request, *JSON_LINES_TYPES)
    return await read_body(request, context_of(request).limits.batch_bytes)


router = APIRouter(tags=["batches"])

TheBatches = Annotated[Batches, Depends(office_part(lambda office: office.batches))]


@router.post(
    "/v1/batches",
    status_code=HTTPStatus.ACCEPTED,
    response_model=BatchAnswer,
    responses={202: {"content": {"application/json": {"examples": batch_examples()}}}},
    openapi_extra=KEY_ONLY | _BODY,
)
def open_batch(
    batches: TheBatches,
    client: Issuer,
    body: Annotated[bytes, Depends(_body)],
    context: TheContext,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Chosen by the caller, 1-255 visible ASCII characters; repeating the "
            "batch with the same key and body answers the same batch."
        ),
    ] = None,
) -> Response:
    """Take in up to 10,000 requests, one a line, to be issued by the workers.

    A line that cannot be issued is refused by itself; the others go on.
    """
    key = checked_key(idempotency_key)
    digest = hashlib.sha256(body).digest()
    known = batches.opened_by(client.id, idempotency_key=key, body_sha256=digest)
    if known is not None:
        return _accepted(known, replayed=True)
    lines = [
        NewLine(
            line=each.line,
            request=each.request.decode() if each.request else None,
            error=each.error,
        )
        for each in read_request_lines(body, now=context.services.clock(), most=MOST_LINES)
    ]
    opened = batches.open(lines, client_id=client.id, idempotency_key=key, body_sha256=digest)
    return _accepted(opened.batch, replayed=opened.replayed)


@router.get("/v1/batches/{batch}", openapi_extra=KEY_ONLY)
def read_batch(batches: TheBatches, client: Issuer, batch: str) -> BatchAnswer:
    """Tell how far a batch is."""
    return batch_answer(batches.find(_id(batch), client_id=client.id))


@router.get(
    "/v1/batches/{batch}/lines",
    response_model=LinesPage,
    responses={
        200: {
            "content": {
                JSON_LINES_TYPES[0]: {
                    "schema": {"type": "string", "description": "A `LineAnswer` a line."}
                },
                CSV_TYPE: {"schema": {"type": "string", "description": ", ".join(CSV_COLUMNS)}},
            }
        }
    },
    openapi_extra=KEY_ONLY,
)
def read_lines(
    batches: TheBatches,
    client: Issuer,
    batch: str,
    state: State = None,
    after: After = "0",
    format: Format = FORMATS[0],  # noqa: A002 - the name in the address
) -> Response:
    """Return the lines of a batch in the order of its body, each with how it ended."""
    batch_id, wanted, begin = _id(batch), _state(state), _after(after)
    if format not in FORMATS:
        raise _not_allowed("format", FORMATS)

    def page(after: int, limit: int = LARGEST_PAGE) -> tuple[Line, ...]:
        return batches.lines(batch_id, client_id=client.id, state=wanted, after=after, limit=limit)

    if format == "json":
        answer = lines_page(batch_id, page(begin, PAGE), state=wanted, size=PAGE)
        return JSONResponse(answer.model_dump(mode="json"))
    # The first page before the answer begins, so that what goes wrong has its status.
    first = page(begin)
    render, kind = DOWNLOADS[format]
    return StreamingResponse(
        render(chain(first, _further(page, first))),
        media_type=kind,
        headers={"Content-Disposition": f'attachment; filename="batch-{batch_id}.{format}"'},
    )


@router.post("/v1/batches/{batch}/pause", openapi_extra=KEY_ONLY)
def pause(batches: TheBatches, client: Issuer, batch: str) -> BatchAnswer:
    """Begin no further line until resumed; what has begun goes on to its end."""
    return batch_answer(batches.pause(_id(batch), client_id=client.id))


@router.post("/v1/batches/{batch}/resume", openapi_extra=KEY_ONLY)
def resume(batches: TheBatches, client: Issuer, batch: str) -> BatchAnswer:
    """Go on after a pause, or at once if held; lines that failed are tried again."""
    return batch_answer(batches.resume(_id(batch), client_id=client.id))


@router.post("/v1/batches/{batch}/cancellation", openapi_extra=KEY_ONLY)
def cancel(batches: TheBatches, client: Issuer, batch: str) -> BatchAnswer:
    """Cancel what has not begun, for good; what has begun goes on to its end."""
    return batch_answer(batches.cancel(_id(batch), client_id=client.id))


def _accepted(batch: Batch, *, replayed: bool) -> Response:
    answer = batch_answer(batch)
    headers = {"Location": answer.links.self}
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(
        answer.model_dump(mode="json"), status_code=HTTPStatus.ACCEPTED, headers=headers
    )


def _id(batch: str) -> UUID:
    try:
        return UUID(batch)
    except ValueError as error:
        raise NotFound("batch.not_found") from error


def _state(state: str | None) -> LineState | None:
    if state is None:
        return None
    try:
        return LineState(state)
    except ValueError as error:
        raise _not_allowed("state", tuple(LineState)) from error


def _after(line: str) -> int:
    if not (line.isascii() and line.isdecimal() and len(line) <= LONGEST_NUMBER):
        raise InvalidValue("field.wrong_type", field="/after", parameters={"expected": "integer"})
    return int(line)


def _further(page: Callable[[int], tuple[Line, ...]], lines: tuple[Line, ...]) -> Iterator[Line]:
    """Yield what comes after the first page, reading each further one only when it is wanted."""
    while len(lines) == LARGEST_PAGE:
        lines = page(lines[-1].line)
        yield from lines


def _not_allowed(name: str, allowed: tuple[str, ...]) -> InvalidValue:
    return InvalidValue(
        "field.not_allowed", field=f"/{name}", parameters={"allowed": ", ".join(allowed)}
    )
