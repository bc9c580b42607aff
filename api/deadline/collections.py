"""Collections of premium, whose clocks the one-day rule sets (R11)."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse

from api.toolkit.access import DIRECTORY, ISSUE, READ, client_of, holder_of
from api.toolkit.answers import JsonAnswer, Moment
from api.toolkit.dependencies import Client, TheContext, office_part
from api.toolkit.json_bodies import KEY_ONLY, json_body, takes
from clearance.clock import format_moment
from clearance.collection import collection_schema, parse_collection, parse_collection_id
from clearance.errors import InvalidValue, NotFound
from clearance.request import read_json
from clearance.roles import Permission, Reach
from register.collections import CollectionRecord, Collections

REPORT_EXAMPLE: dict[str, Any] = {
    "id": "1404-0041-77",
    "branch_code": "0041",
    "row": "00000123",
    "sequence": "01",
    "sum_of_debits": 5_600_000_000,
    "receipts": [
        {
            "id": "R-1404-881",
            "amount": 5_600_000_000,
            "collected_at": "2026-02-01T11:00:00+03:30",
        }
    ],
}

_TAKES = takes(collection_schema(), REPORT_EXAMPLE)

_reporting = holder_of(DIRECTORY, ISSUE)
Reporter = Annotated[Client, Depends(_reporting)]


class DeadlineAnswer(JsonAnswer):
    """A clock of the one-day rule; moments RFC 3339, UTC."""

    collected_at: str = Field(
        description="When the clock started: the payments reached what was due, or an assessment "
        "of nothing due was approved."
    )
    due_at: str = Field(description="The last second at which the issue is in time.")
    rule: str = Field(
        description="The rule that was set when the collection was recorded: "
        "`next_calendar_day`, `twenty_four_hours` or `next_working_day`."
    )
    in_time: bool | None = Field(
        description="Whether the deadline was kept; null while that is open. Once false, for good."
    )


class PaymentReceiptAnswer(JsonAnswer):
    """One payment."""

    id: str
    amount: int = Field(description="Rials.")
    collected_at: Moment = Field(description="RFC 3339, UTC.")


class CollectionAnswer(DeadlineAnswer):
    """A collection as it stands on record."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                **REPORT_EXAMPLE,
                "receipts": [
                    {
                        "id": "R-1404-881",
                        "amount": 5_600_000_000,
                        "collected_at": "2026-02-01T07:30:00Z",
                    }
                ],
                "amount": 5_600_000_000,
                "assessed_at": None,
                "collected_at": "2026-02-01T07:30:00Z",
                "due_at": "2026-02-02T20:29:59Z",
                "rule": "next_calendar_day",
                "recorded_at": "2026-02-01T07:31:04Z",
                "number": "1404-0041-000001-9",
                "settled_at": "2026-02-01T08:30:00Z",
                "in_time": True,
            }
        },
    )

    id: str
    branch_code: str
    row: str
    sequence: str
    sum_of_debits: int = Field(description="Rials.")
    amount: int = Field(description="What the receipts add up to, in rials.")
    receipts: list[PaymentReceiptAnswer]
    assessed_at: str | None
    recorded_at: str
    number: str | None = Field(description="The clearance that was issued for it.")
    settled_at: str | None = Field(description="When that was.")


def deadline_answer(record: CollectionRecord) -> DeadlineAnswer:
    """Return how a clearance stands to the deadline."""
    return DeadlineAnswer(**_clock(record))


def collection_answer(record: CollectionRecord) -> CollectionAnswer:
    """Return a collection."""
    collection = record.collection
    return CollectionAnswer(
        **_clock(record),
        id=collection.id,
        branch_code=collection.key.branch_code,
        row=collection.key.row,
        sequence=collection.key.sequence,
        sum_of_debits=collection.sum_of_debits,
        amount=collection.amount,
        receipts=[PaymentReceiptAnswer.model_validate(receipt) for receipt in collection.receipts],
        assessed_at=format_moment(collection.assessed_at) if collection.assessed_at else None,
        recorded_at=format_moment(record.recorded_at),
        number=collection.number,
        settled_at=format_moment(record.settled_at) if record.settled_at else None,
    )


def reach_of_reader(request: Request, context: TheContext) -> Reach:
    """Return what a caller may read: officers their reach, programs the country."""
    client = client_of(request, context)
    if client is None or client.officer is None:
        holder_of(DIRECTORY, ISSUE, READ)(request, context)
        return Reach()
    client.officer.demand(Permission.SUPERVISE)
    return client.officer.reach


router = APIRouter(tags=["collections"])

TheCollections = Annotated[Collections, Depends(office_part(lambda office: office.collections))]


@router.post(
    "/v1/collections",
    status_code=HTTPStatus.CREATED,
    response_model=CollectionAnswer,
    responses={200: {"model": CollectionAnswer, "description": "It was on record already."}},
    openapi_extra=_TAKES,
)
def record_collection(
    collections: TheCollections,
    client: Reporter,
    body: Annotated[bytes, Depends(json_body(_reporting))],
    context: TheContext,
) -> Response:
    """Record that the premium was collected (circular, note 2): its clock starts.

    To be sent when it is collected, before the request for the clearance. Repeating a report
    changes nothing.
    """
    collection = parse_collection(read_json(body), now=context.services.clock())
    record, is_new = collections.record(collection, actor=client.id)
    return JSONResponse(
        collection_answer(record).model_dump(mode="json"),
        status_code=HTTPStatus.CREATED if is_new else HTTPStatus.OK,
        headers={"Location": f"/v1/collections/{collection.id}"},
    )


@router.get("/v1/collections/{id}", openapi_extra=KEY_ONLY)
def read_collection(
    collections: TheCollections,
    id: str,  # noqa: A002 - the name in the address
    reach: Annotated[Reach, Depends(reach_of_reader)],
) -> CollectionAnswer:
    """Read a collection, with its due time and what became of it."""
    try:
        parse_collection_id(id)
    except InvalidValue as error:
        raise NotFound("collection.not_found") from error
    return collection_answer(collections.find(id, reach=reach))


def _clock(record: CollectionRecord) -> dict[str, Any]:
    return {
        "collected_at": format_moment(record.collection.collected_at),
        "due_at": format_moment(record.due_at),
        "rule": record.rule.value,
        "in_time": record.in_time,
    }
