"""Many files verified with one request, for agencies with an API key of their own."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.toolkit.access import VERIFY, holder_of
from api.toolkit.dependencies import Client, Context, TheContext
from api.verification.allowances import charge
from api.verification.comparison import EXPECT, read_expected_json
from api.verification.file_answers import CSV_COLUMNS, CSV_TYPE, NDJSON_TYPE, answer_files, form_for
from api.verification.file_batches import AnswerInPieces, FileBatch
from api.verification.file_schemas import FileAnswer, FilesAnswer
from api.verification.file_spool import ZIP_TYPE, ReceivedFiles, SpoolLimits, receive_files
from clearance.errors import InvalidRequest, InvalidValue
from clearance.expectation import Expectation, parse_expectation

router = APIRouter(tags=["verification"])

_MOST_PROBLEMS = 100
"""Told of the records in ``expect``."""

_ARCHIVE = {"type": "string", "contentMediaType": ZIP_TYPE}
_OPENAPI: dict[str, Any] = {
    "security": [{"apiKey": []}],
    "requestBody": {
        "required": True,
        "content": {
            ZIP_TYPE: {"schema": _ARCHIVE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "maxItems": 1000,
                            "items": {"type": "string", "contentMediaType": "application/pdf"},
                            "description": "The files; or one ZIP archive, which is taken apart.",
                        },
                        "expect": {
                            "type": "object",
                            "description": "The payer's own records, each by the name of its file.",
                            "additionalProperties": {"type": "object"},
                        },
                    },
                }
            },
        },
    },
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answers, each as soon as its file is done.",
        "model": FilesAnswer,
        "content": {
            NDJSON_TYPE: {
                "schema": {
                    "type": "string",
                    "description": 'A line `{"files": …, "left_out": …}`, then for each file a '
                    f"`{FileAnswer.__name__}`, at times a line with `waiting`, and at the end one "
                    "with `summary`: without it the answer broke off.",
                }
            },
            CSV_TYPE: {"schema": {"type": "string", "description": ", ".join(CSV_COLUMNS)}},
        },
    }
}


@router.post(
    "/v1/verification-batches",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=_OPENAPI,
)
async def verify_files(
    request: Request,
    client: Annotated[Client, Depends(holder_of(VERIFY))],
    context: TheContext,
) -> Response:
    """Verify up to 1,000 files: a ZIP archive, or several `file` parts of a form. None is kept.

    What cannot be read gets an answer of its own, and the others go on. `Accept` chooses lines of
    JSON (the default), one JSON document or CSV; all of them are sent while they are made. One
    request of a key at a time.
    """
    # Before the body, which may be large. The place is given back by the answer.
    with context.file_places.kept_by(client.id):
        received = await receive_files(request, _limits(context))
        try:
            return await run_in_threadpool(_answer, request, client, context, received)
        except BaseException:
            received.close()
            raise


def _answer(
    request: Request, client: Client, context: Context, received: ReceivedFiles
) -> Response:
    expectations = None
    if received.expect is not None:
        expectations = _expectations(received.expect, {each.name for each in received.files})
    charge(request, context, client, len(received.files))
    batch = FileBatch(received, context)

    def close() -> None:
        batch.close()
        context.file_places.leave(client.id)

    form = form_for(request.headers.get("accept", ""))
    answer = answer_files(batch, form, expectations, context.services.public_url)
    return AnswerInPieces(answer, media_type=form.media_type, close=close)


def _limits(context: Context) -> SpoolLimits:
    limits = context.limits
    return SpoolLimits(
        files=limits.batch_files,
        total_bytes=limits.file_batch_bytes,
        file_bytes=limits.upload_bytes,
    )


def _expectations(data: bytes, names: set[str]) -> Mapping[str, Expectation]:
    """Read the payer's records; raises ``InvalidRequest`` with what is wrong in any of them."""
    given = read_expected_json(data)
    if not isinstance(given, dict):
        expected = {"expected": "object"}
        problem = InvalidValue("field.wrong_type", field=EXPECT, parameters=expected)
        raise InvalidRequest((problem,))
    # A Mac writes letters with marks as two characters, others as one.
    known = {unicodedata.normalize("NFC", name): name for name in names}
    problems: list[InvalidValue] = []
    read: dict[str, Expectation] = {}
    for name, record in given.items():
        pointer = f"{EXPECT}/{name.replace('~', '~0').replace('/', '~1')}"
        file = known.get(unicodedata.normalize("NFC", name))
        if file is None:
            problems.append(InvalidValue("files.no_such_file", field=pointer))
            continue
        try:
            read[file] = parse_expectation(record, pointer=pointer)
        except InvalidRequest as error:
            problems += error.problems
    if problems:
        raise InvalidRequest(tuple(problems[:_MOST_PROBLEMS]))
    return read
