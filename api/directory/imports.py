"""Imports of whole files into the directory, read as a stream and taken up again after a break."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from api.clearances.issuing import checked_key
from api.directory.records import Feeder, TheDirectory
from api.toolkit.answers import JsonAnswer, ProblemEntry, Text
from api.toolkit.bodies import demand_type, stream_body
from api.toolkit.csv_files import csv_file
from api.toolkit.dependencies import TheContext
from api.toolkit.json_bodies import KEY_ONLY
from clearance.clock import format_moment
from clearance.directory_files import FileFormat
from clearance.directory_shapes import Kind
from clearance.errors import InvalidValue, MohrError, NotFound
from clearance.request import read_whole
from clearance.shapes import Record, one_of
from register.directory import Directory
from register.directory.import_records import ImportReport, Refusal
from register.directory.import_run import Import
from register.directory.imports import MOST_REFUSALS
from templates.catalogues import error_text

_FORMATS = {
    "text/csv": FileFormat.CSV,
    "application/jsonl": FileFormat.JSON_LINES,
    "application/x-ndjson": FileFormat.JSON_LINES,
}
REFUSAL_COLUMNS = ("line", "subject", "field", "code", "fa", "en")
_ASKED = Record(
    members={
        "kind": one_of(*Kind, makes=Kind),
        "dry_run": one_of("true", "false", makes=lambda text: text == "true"),
    },
    build=lambda **members: members,
)
_BODY: dict[str, Any] = {
    **KEY_ONLY,
    "requestBody": {
        "required": True,
        "content": {
            kind: {
                "schema": {
                    "type": "string",
                    "description": "UTF-8, one record a line; CSV begins with the field names.",
                }
            }
            for kind in _FORMATS
        },
    },
}


class RefusalAnswer(JsonAnswer):
    """One line that was not taken."""

    line: int = Field(description="From 1 on, header and blank lines counted.")
    subject: str | None = Field(description="Key of the record, as far as it could be read.")
    errors: list[ProblemEntry] = Field(description="`field` is a JSON Pointer into the record.")


class ImportAnswer(BaseModel):
    """How an import stands."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "id": "5f0c2c0e-1b5f-4a86-9b0a-6a3a0d0f3f11",
                "kind": "workshops",
                "state": "finished",
                "dry_run": False,
                "started_at": "2026-02-01T08:30:00Z",
                "finished_at": "2026-02-01T08:30:41Z",
                "lines": 5,
                "created": 1,
                "changed": 1,
                "unchanged": 1,
                "refused": 1,
                "resumed_after": 0,
                "refusals": [
                    {
                        "line": 4,
                        "subject": "0410000017",
                        "errors": [
                            {
                                "code": "postal_code.invalid",
                                "field": "/postal_code",
                                "message": asdict(error_text(InvalidValue("postal_code.invalid"))),
                            }
                        ],
                    }
                ],
                "refusals_csv": "/v1/directory/imports/5f0c2c0e-1b5f-4a86-9b0a-6a3a0d0f3f11"
                "/refusals",
            }
        },
    )

    id: str | None = Field(description="Null for a dry run, of which nothing is kept.")
    kind: str
    state: str = Field(
        description="`finished` or `unfinished`: under way, or broken off and to be sent again "
        "with the same Idempotency-Key."
    )
    dry_run: bool
    started_at: str
    finished_at: str | None
    lines: int = Field(description="Lines dealt with, header and blank lines counted.")
    created: int
    changed: int
    unchanged: int
    refused: int
    resumed_after: int = Field(description="Lines that an earlier attempt had dealt with.")
    refusals: list[RefusalAnswer] = Field(description=f"The first {MOST_REFUSALS:,}.")
    refusals_csv: str | None = Field(description="Path of all of them as CSV.")


router = APIRouter(tags=["directory"])


@router.post("/v1/directory/imports", response_model=ImportAnswer, openapi_extra=_BODY)
async def import_records(
    directory: TheDirectory,
    request: Request,
    client: Feeder,
    context: TheContext,
    kind: Annotated[
        str,
        Query(description="What the records are.", json_schema_extra={"enum": [*Kind]}),
    ],
    dry_run: Annotated[
        str,
        Query(
            description="`true` judges every line and changes nothing.",
            json_schema_extra={"enum": ["true", "false"]},
        ),
    ] = "false",
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Needed unless `dry_run`. A file that broke off goes on where it "
            "stopped when it is sent again with the same key; a finished one answers its "
            "report again."
        ),
    ] = None,
) -> Response:
    """Take in a file of records, a thousand lines in a transaction.

    A line that cannot be taken is refused by itself; the others go on.
    """
    asked: Any = read_whole(_ASKED, {"kind": kind, "dry_run": dry_run}, now=None)
    file_format = _FORMATS[demand_type(request, *_FORMATS)]
    refusals: list[Refusal] = []
    keep = _keep_first(refusals)
    if asked["dry_run"]:
        run = directory.imports.rehearse(
            asked["kind"], file_format, actor=client.id, on_refused=keep
        )
    else:
        run = await run_in_threadpool(
            directory.imports.begin,
            asked["kind"],
            file_format,
            actor=client.id,
            key=checked_key(idempotency_key),
            replay=True,
        )
    replayed = run.report.finished_at is not None
    report = await _take(run, request, context.limits.import_bytes)
    if report.id is not None:
        refusals = list(await run_in_threadpool(directory.imports.refusals, report.id))
    answer = import_answer(report, refusals)
    headers = {} if report.id is None else {"Location": _path(report.id)}
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(answer.model_dump(mode="json"), headers=headers)


@router.get("/v1/directory/imports/{id}", openapi_extra=KEY_ONLY)
def read_import(
    directory: TheDirectory,
    client: Feeder,
    id: str,  # noqa: A002 - the name in the address
) -> ImportAnswer:
    """Tell how an import stands."""
    report = directory.imports.report(_id(id), actor=client.id)
    return import_answer(report, directory.imports.refusals(_id(id)))


@router.get(
    "/v1/directory/imports/{id}/refusals",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    openapi_extra=KEY_ONLY,
)
def read_refusals(
    directory: TheDirectory,
    client: Feeder,
    id: str,  # noqa: A002 - the name in the address
) -> Response:
    """Return every refused line as CSV, one row for each of its problems."""
    report = directory.imports.report(_id(id), actor=client.id)
    return csv_file(
        f"refused-{report.kind}",
        REFUSAL_COLUMNS,
        refusal_rows(all_refusals(directory, _id(id))),
    )


def all_refusals(directory: Directory, import_id: UUID) -> Iterator[Refusal]:
    """Yield every refusal of an import, reading a page when it is wanted."""
    page = directory.imports.refusals(import_id)
    while page:
        yield from page
        page = directory.imports.refusals(import_id, after=page[-1].line)


def refusal_rows(refusals: Iterable[Refusal]) -> Iterator[tuple[str | int | None, ...]]:
    """Yield the rows of refusals, one for each problem, in Persian and English."""
    for refusal in refusals:
        for problem in refusal.problems:
            text = error_text(problem)
            yield (refusal.line, refusal.subject, problem.field, problem.code, text.fa, text.en)


def import_answer(report: ImportReport, refusals: Sequence[Refusal]) -> ImportAnswer:
    """Return how an import stands, with some of its refusals."""
    return ImportAnswer(
        id=None if report.id is None else str(report.id),
        kind=report.kind,
        state="finished" if report.finished_at else "unfinished",
        dry_run=report.id is None,
        started_at=format_moment(report.started_at),
        finished_at=format_moment(report.finished_at) if report.finished_at else None,
        lines=report.lines,
        created=report.created,
        changed=report.changed,
        unchanged=report.unchanged,
        refused=report.refused,
        resumed_after=report.resumed_after,
        refusals=[
            RefusalAnswer(
                line=each.line, subject=each.subject, errors=list(map(_entry, each.problems))
            )
            for each in refusals
        ],
        refusals_csv=None if report.id is None else f"{_path(report.id)}/refusals",
    )


async def _take(run: Import, request: Request, limit: int) -> ImportReport:
    async for piece in stream_body(request, limit):
        await run_in_threadpool(run.feed, piece)
    return await run_in_threadpool(run.finish)


def _keep_first(kept: list[Refusal]) -> Callable[[Refusal], None]:
    def keep(refusal: Refusal) -> None:
        if len(kept) < MOST_REFUSALS:
            kept.append(refusal)

    return keep


def _entry(problem: MohrError) -> ProblemEntry:
    text = error_text(problem)
    return ProblemEntry(
        code=problem.code, field=problem.field, message=Text(fa=text.fa, en=text.en)
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("import.not_found") from error


def _path(import_id: UUID) -> str:
    return f"/v1/directory/imports/{import_id}"
