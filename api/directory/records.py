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
from api.toolkit.dependencies import Client, TheContext, office_part
from api.toolkit.json_bodies import KEY_ONLY, json_body, takes
from clearance.directory import ContractRowKey
from clearance.directory_shapes import RECORDS, REVIEW, Fed, Kind, ReviewStatement
from clearance.errors import InvalidRequest, InvalidValue, NotFound
from clearance.fields import LONGEST_TEXT
from clearance.identifiers import BranchCode, ContractRow, ContractSequence, WorkshopNumber
from clearance.request import read_json, read_whole
from clearance.roles import Officer, Permission, Reach
from clearance.text import ascii_digits, clean
from register.directory import Directory, Put

_Key = TypeVar("_Key")

_feeding = holder_of(DIRECTORY)
_reviewing = officer_with(Permission.REVIEW_ROWS)

Feeder = Annotated[Client, Depends(_feeding)]
Reviewer = Annotated[Officer, Depends(_reviewing)]


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


FedBody = Annotated[bytes, Depends(json_body(_feeding))]


def _puts(kind: Kind, answer: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """Describe an endpoint that takes a record of a kind and answers it."""
    return {
        "response_model": answer,
        "responses": {201: {"model": answer, "description": "It was not on file before."}},
        "openapi_extra": takes(RECORDS[kind].schema(), example),
    }


router = APIRouter(tags=["directory"])

TheDirectory = Annotated[Directory, Depends(office_part(lambda office: office.directory))]


@router.put("/v1/branches/{code}", **_puts(Kind.BRANCHES, BranchAnswer, BRANCH_EXAMPLE))
def put_branch(
    directory: TheDirectory, code: str, client: Feeder, body: FedBody, context: TheContext
) -> Response:
    """Feed a branch; a version lower than the one on file is a conflict."""
    branch = _read(Kind.BRANCHES, body, context, code=code)
    put = directory.put(Kind.BRANCHES, branch, actor=client.id)
    return _answered(put, branch_answer(cast("Any", branch)))


@router.get("/v1/branches/{code}", openapi_extra=KEY_ONLY)
def read_branch(directory: TheDirectory, code: str, reach: Readable) -> BranchAnswer:
    """Read a branch."""
    parsed = _path(BranchCode.parse, code, "directory.branch_not_found", branch=code)
    return branch_answer(directory.branch(parsed, reach=reach))


@router.put("/v1/workshops/{number}", **_puts(Kind.WORKSHOPS, WorkshopAnswer, WORKSHOP_EXAMPLE))
def put_workshop(
    directory: TheDirectory, number: str, client: Feeder, body: FedBody, context: TheContext
) -> Response:
    """Feed a workshop (circular, clause 1): its holder, e-services account and undertaking."""
    workshop = _read(Kind.WORKSHOPS, body, context, number=number)
    put = directory.put(Kind.WORKSHOPS, workshop, actor=client.id)
    return _answered(put, workshop_answer(cast("Any", workshop)))


@router.get("/v1/workshops/{number}", openapi_extra=KEY_ONLY)
def read_workshop(directory: TheDirectory, number: str, reach: Readable) -> WorkshopAnswer:
    """Read a workshop."""
    parsed = _path(WorkshopNumber.parse, number, "directory.workshop_not_found", workshop=number)
    return workshop_answer(directory.workshop(parsed, reach=reach))


@router.put(
    "/v1/contract-rows/{branch}/{row}",
    **_puts(Kind.CONTRACT_ROWS, ContractRowAnswer, CONTRACT_ROW_EXAMPLE),
)
def put_contract_row(
    directory: TheDirectory,
    branch: str,
    row: str,
    client: Feeder,
    body: FedBody,
    context: TheContext,
) -> Response:
    """Feed one sequence of a contract row, which `sequence` in the body names.

    What is left out is not known; whatever changes makes the row unreviewed again.
    """
    record = _read(Kind.CONTRACT_ROWS, body, context, branch_code=branch, row=row)
    put = directory.put(Kind.CONTRACT_ROWS, record, actor=client.id)
    return _answered(put, contract_row_answer(cast("Any", record)))


@router.get("/v1/contract-rows/{branch}/{row}", openapi_extra=KEY_ONLY)
def read_contract_row(
    directory: TheDirectory, branch: str, row: str, reach: Readable
) -> ContractRowsAnswer:
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


path = "/v1/contract-rows/{branch}/{row}/reviews"


@router.post(
    path,
    status_code=HTTPStatus.CREATED,
    openapi_extra=takes(REVIEW.schema(), REVIEW_REQUEST_EXAMPLE),
)
def review(
    directory: TheDirectory,
    branch: str,
    row: str,
    officer: Reviewer,
    body: Annotated[bytes, Depends(json_body(_reviewing))],
) -> ReviewAnswer:
    """Review a contract row (circular, note 1): state what its claims file says.

    The answer names the fields in which the mechanised record differs.
    """
    statement = cast("ReviewStatement", read_whole(REVIEW, read_json(body), now=None))
    return review_answer(directory.review(*_row_path(branch, row), statement, officer))


@router.get(path, openapi_extra=KEY_ONLY)
def read_reviews(
    directory: TheDirectory, branch: str, row: str, reach: Readable, sequence: str
) -> ReviewsAnswer:
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


path = "/v1/inspection-undertakings/{id:path}"


@router.put(path, **_puts(Kind.UNDERTAKINGS, UndertakingAnswer, UNDERTAKING_EXAMPLE))
def file_undertaking(
    directory: TheDirectory,
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
    directory: TheDirectory,
    id: str,  # noqa: A002 - the name in the address
    reach: Readable,
) -> UndertakingAnswer:
    """Read an undertaking."""
    found = directory.undertaking(clean(id, limit=LONGEST_TEXT), reach=reach)
    return undertaking_answer(found)


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
