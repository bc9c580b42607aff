"""The directory: fed by the issuance backend, read and reviewed by officers within their reach."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, TypeVar, cast

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from starlette.responses import JSONResponse

from api.directory.schemas import (
    BRANCH_EXAMPLE,
    CONTRACT_ROW_EXAMPLE,
    REVIEW_REQUEST_EXAMPLE,
    UNDERTAKING_EXAMPLE,
    WORKSHOP_EXAMPLE,
    BranchAnswer,
    ContractRowAnswer,
    ContractRowsAnswer,
    ReviewAnswer,
    ReviewedRow,
    ReviewsAnswer,
    UndertakingAnswer,
    WorkshopAnswer,
    branch_answer,
    contract_row_answer,
    review_answer,
    undertaking_answer,
    workshop_answer,
)
from api.toolkit.access import DIRECTORY, READ, client_of, holder_of, officer_with
from api.toolkit.bodies import JSON_TYPE, demand_type, read_body
from api.toolkit.dependencies import Client, TheContext, context_of
from clearance.directory import ContractRowKey
from clearance.directory_shapes import RECORDS, REVIEW, Fed, Kind, ReviewStatement
from clearance.errors import InvalidRequest, InvalidValue, NotFound
from clearance.fields import LONGEST_TEXT
from clearance.identifiers import BranchCode, ContractRow, ContractSequence, WorkshopNumber
from clearance.request import read_json, read_whole
from clearance.roles import Officer, Permission, Reach
from clearance.shapes import Record
from clearance.text import ascii_digits, clean
from register.directory import Directory, Put

_Key = TypeVar("_Key")

KEY_ONLY: dict[str, Any] = {"security": [{"apiKey": []}]}

Feeder = Annotated[Client, Depends(holder_of(DIRECTORY))]
Reviewer = Annotated[Officer, Depends(officer_with(Permission.REVIEW_ROWS))]


def reach_of_reader(request: Request, context: TheContext) -> Reach:
    """Return what a caller may read: officers their reach, programs the country.

    A program's key needs the scope ``directory`` or ``read``, an officer's role ``supervise``.
    """
    client = client_of(request, context)
    if client is None or client.officer is None:
        holder_of(DIRECTORY, READ)(request, context)
        return Reach()
    client.officer.demand(Permission.SUPERVISE)
    return client.officer.reach


Readable = Annotated[Reach, Depends(reach_of_reader)]


async def _fed_body(request: Request, _: Feeder) -> bytes:
    # Asked for after the API key: a stranger's body is not even read.
    return await _json(request)


async def _review_body(request: Request, _: Reviewer) -> bytes:
    return await _json(request)


async def _json(request: Request) -> bytes:
    demand_type(request, JSON_TYPE)
    return await read_body(request, context_of(request).limits.json_bytes)


FedBody = Annotated[bytes, Depends(_fed_body)]


def directory_router(directory: Directory) -> APIRouter:
    """Make the endpoints over the directory's records."""
    router = APIRouter(tags=["directory"])
    _add_branches(router, directory)
    _add_workshops(router, directory)
    _add_contract_rows(router, directory)
    _add_reviews(router, directory)
    _add_undertakings(router, directory)
    return router


def _add_branches(router: APIRouter, directory: Directory) -> None:
    @router.put("/v1/branches/{code}", **_puts(Kind.BRANCHES, BranchAnswer, BRANCH_EXAMPLE))
    def put_branch(code: str, client: Feeder, body: FedBody, context: TheContext) -> Response:
        """Feed a branch; a version lower than the one on file is a conflict."""
        branch = _read(Kind.BRANCHES, body, context, code=code)
        put = directory.put(Kind.BRANCHES, branch, actor=client.id)
        return _answered(put, branch_answer(cast("Any", branch)))

    @router.get("/v1/branches/{code}", openapi_extra=KEY_ONLY)
    def read_branch(code: str, reach: Readable) -> BranchAnswer:
        """Read a branch."""
        parsed = _path(BranchCode.parse, code, "directory.branch_not_found", branch=code)
        return branch_answer(directory.branch(parsed, reach=reach))


def _add_workshops(router: APIRouter, directory: Directory) -> None:
    @router.put("/v1/workshops/{number}", **_puts(Kind.WORKSHOPS, WorkshopAnswer, WORKSHOP_EXAMPLE))
    def put_workshop(number: str, client: Feeder, body: FedBody, context: TheContext) -> Response:
        """Feed a workshop (circular, clause 1): its holder, e-services account and undertaking."""
        workshop = _read(Kind.WORKSHOPS, body, context, number=number)
        put = directory.put(Kind.WORKSHOPS, workshop, actor=client.id)
        return _answered(put, workshop_answer(cast("Any", workshop)))

    @router.get("/v1/workshops/{number}", openapi_extra=KEY_ONLY)
    def read_workshop(number: str, reach: Readable) -> WorkshopAnswer:
        """Read a workshop."""
        parsed = _path(
            WorkshopNumber.parse, number, "directory.workshop_not_found", workshop=number
        )
        return workshop_answer(directory.workshop(parsed, reach=reach))


def _add_contract_rows(router: APIRouter, directory: Directory) -> None:
    @router.put(
        "/v1/contract-rows/{branch}/{row}",
        **_puts(Kind.CONTRACT_ROWS, ContractRowAnswer, CONTRACT_ROW_EXAMPLE),
    )
    def put_contract_row(
        branch: str, row: str, client: Feeder, body: FedBody, context: TheContext
    ) -> Response:
        """Feed one sequence of a contract row, which `sequence` in the body names.

        What is left out is not known; whatever changes makes the row unreviewed again.
        """
        record = _read(Kind.CONTRACT_ROWS, body, context, branch_code=branch, row=row)
        put = directory.put(Kind.CONTRACT_ROWS, record, actor=client.id)
        return _answered(put, contract_row_answer(cast("Any", record)))

    @router.get("/v1/contract-rows/{branch}/{row}", openapi_extra=KEY_ONLY)
    def read_contract_row(branch: str, row: str, reach: Readable) -> ContractRowsAnswer:
        """Read a contract row with all its sequences and the reviews that count for them."""
        code, number = _row_path(branch, row)
        records = directory.contract_rows(code, number, reach=reach)
        reviews = directory.newest_reviews(records)
        return ContractRowsAnswer(
            sequences=[
                ReviewedRow(
                    record=contract_row_answer(record),
                    review=review_answer(review) if review else None,
                )
                for record, review in zip(records, reviews, strict=True)
            ]
        )


def _add_reviews(router: APIRouter, directory: Directory) -> None:
    path = "/v1/contract-rows/{branch}/{row}/reviews"

    @router.post(
        path,
        status_code=HTTPStatus.CREATED,
        openapi_extra=_takes(REVIEW, REVIEW_REQUEST_EXAMPLE),
    )
    def review(
        branch: str, row: str, officer: Reviewer, body: Annotated[bytes, Depends(_review_body)]
    ) -> ReviewAnswer:
        """Review a contract row (circular, note 1): state what its claims file says.

        The answer names the fields in which the mechanised record differs.
        """
        statement = cast("ReviewStatement", read_whole(REVIEW, read_json(body), now=None))
        return review_answer(directory.review(*_row_path(branch, row), statement, officer))

    @router.get(path, openapi_extra=KEY_ONLY)
    def read_reviews(branch: str, row: str, reach: Readable, sequence: str) -> ReviewsAnswer:
        """Read all reviews of one sequence of a contract row."""
        code, number = _row_path(branch, row)
        key = ContractRowKey(
            branch_code=code,
            row=number,
            sequence=_path(
                ContractSequence.parse, sequence, "directory.row_not_found", branch=branch, row=row
            ),
        )
        found = directory.reviews(key, reach=reach)
        return ReviewsAnswer(reviews=list(map(review_answer, found)))


def _add_undertakings(router: APIRouter, directory: Directory) -> None:
    # Ids may hold slashes: many registries number letters so.
    path = "/v1/inspection-undertakings/{id:path}"

    @router.put(path, **_puts(Kind.UNDERTAKINGS, UndertakingAnswer, UNDERTAKING_EXAMPLE))
    def file_undertaking(
        id: str,  # noqa: A002 - the name in the address
        client: Feeder,
        body: FedBody,
        context: TheContext,
    ) -> Response:
        """File an undertaking (circular, clause 3): one for a fiscal period of a contractor."""
        undertaking = _read(Kind.UNDERTAKINGS, body, context, id=id)
        put = directory.put(Kind.UNDERTAKINGS, undertaking, actor=client.id)
        return _answered(put, undertaking_answer(cast("Any", undertaking)))

    @router.get(path, openapi_extra=KEY_ONLY)
    def read_undertaking(
        id: str,  # noqa: A002 - the name in the address
        reach: Readable,
    ) -> UndertakingAnswer:
        """Read an undertaking."""
        found = directory.undertaking(clean(id, limit=LONGEST_TEXT), reach=reach)
        return undertaking_answer(found)


def _takes(shape: Record, example: dict[str, Any]) -> dict[str, Any]:
    """Describe the body of an endpoint that an API key opens."""
    content = {"schema": shape.schema(), "example": example}
    return {**KEY_ONLY, "requestBody": {"required": True, "content": {JSON_TYPE: content}}}


def _puts(kind: Kind, answer: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """Describe an endpoint that takes a record of a kind and answers it."""
    return {
        "response_model": answer,
        "responses": {201: {"model": answer, "description": "It was not on file before."}},
        "openapi_extra": _takes(RECORDS[kind], example),
    }


def _read(kind: Kind, body: bytes, context: TheContext, **path: str) -> Fed:
    """Read a record whose key stands in the path; in the body it may be left out."""
    members = read_json(body)
    if isinstance(members, dict):
        differing = [
            InvalidValue("directory.key_differs", field=f"/{name}")
            for name, value in path.items()
            if name in members and not _same_key(members[name], value)
        ]
        if differing:
            raise InvalidRequest(tuple(differing))
        members = {**members, **path}
    return cast("Fed", read_whole(RECORDS[kind], members, now=context.services.clock()))


def _same_key(one: object, other: str) -> bool:
    return isinstance(one, str) and ascii_digits(one) == ascii_digits(other)


def _answered(put: Put, answer: BaseModel) -> Response:
    status = HTTPStatus.CREATED if put is Put.CREATED else HTTPStatus.OK
    return JSONResponse(answer.model_dump(mode="json"), status_code=status)


def _path(parse: Callable[[str], _Key], text: str, code: str, **parameters: str) -> _Key:
    """Read a key out of a path; one that cannot be is one that does not exist."""
    try:
        return parse(text)
    except InvalidValue as error:
        raise NotFound(code, parameters=parameters) from error


def _row_path(branch: str, row: str) -> tuple[BranchCode, ContractRow]:
    told = {"branch": branch, "row": row}
    return (
        _path(BranchCode.parse, branch, "directory.row_not_found", **told),
        _path(ContractRow.parse, row, "directory.row_not_found", **told),
    )
