"""Notices, as the e-services system reads them for the holders of accounts (R4)."""

import re
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import NOTICES, READ, holder_of
from api.bodies import JSON_TYPE, demand_type, read_body
from api.dependencies import Client, TheContext, context_of
from api.reading import document_response
from api.schemas import LastError, last_error
from clearance.clock import format_moment
from clearance.errors import InternalFault, InvalidValue, NotFound
from clearance.fields import text
from clearance.identifiers import ClearanceNumber, WorkshopNumber
from clearance.notices import Notice
from clearance.request import read_json, read_whole
from clearance.shapes import Leaf, Record, Schema, one_of
from register.notices import Notices

MOST_LISTED: Final = 500
_PAGE: Final = 100
_LONGEST_VIEWER: Final = 100
_WHOLE: Final = re.compile("[0-9]{1,18}")


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise InvalidValue("notice.page_invalid")
    return int(text)


def _limit(text: str) -> int:
    if not 1 <= (limit := _whole(text)) <= MOST_LISTED:
        raise InvalidValue("notice.page_invalid")
    return limit


def _notice_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidValue("notice.page_invalid") from error


_VIEWED = Record(
    members={
        "viewer": text(
            _LONGEST_VIEWER,
            "Opaque id of the person in the e-services system; no name and no national id.",
        )
    },
    build=lambda viewer: viewer,
)
_INBOX = Record(
    members={
        "state": one_of("unviewed", "viewed"),
        "after": Leaf(json_type=str, parse=_whole),
        "limit": Leaf(json_type=str, parse=_limit),
    },
    optional=frozenset({"state", "after", "limit"}),
    build=lambda state, after, limit: {
        "viewed": None if state is None else state == "viewed",
        "after": after or 0,
        "limit": limit or _PAGE,
    },
)
_UNDELIVERED = Record(
    members={
        "state": one_of("dead", "waiting"),
        "after": Leaf(json_type=str, parse=_notice_id),
        "limit": Leaf(json_type=str, parse=_limit),
    },
    optional=frozenset({"after", "limit"}),
    build=lambda state, after, limit: {
        "dead": state == "dead",
        "after": after,
        "limit": limit or _PAGE,
    },
)

Reader = Annotated[Client, Depends(holder_of(NOTICES))]
Teller = Annotated[Client, Depends(holder_of(NOTICES, READ))]


class NoticeContract(BaseModel):
    """The contract row that the clearance is for."""

    model_config = ConfigDict(frozen=True)

    branch_code: str
    row: str
    sequence: str


class NoticeLinks(BaseModel):
    """Where to go from here; paths are relative to this service."""

    model_config = ConfigDict(frozen=True)

    self: str
    document: str = Field(description="The sealed PDF of `number`, for the holder of the account.")
    views: str = Field(description="Where a view is reported.")


class NoticeAnswer(BaseModel):
    """One notice to a work assigner's account, and what became of it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "id": "5f0f6f52-6d62-5b52-8a5b-0e8a7c0b3c55",
                "event": "issued",
                "state": "delivered",
                "number": "1404-0041-000001-9",
                "contract": {"branch_code": "0041", "row": "123", "sequence": "01"},
                "workshop_number": "0410012345",
                "account_id": "acc-7f31",
                "position": 1207,
                "occurred_at": "2026-02-01T08:30:00Z",
                "reason": None,
                "replacement": None,
                "opened_at": "2026-02-01T08:30:02Z",
                "delivered_at": "2026-02-01T08:30:03Z",
                "delivered_by": "webhook",
                "first_viewed_at": None,
                "attempts": 1,
                "last_error": None,
                "links": {
                    "self": "/v1/notices/5f0f6f52-6d62-5b52-8a5b-0e8a7c0b3c55",
                    "document": "/v1/notices/5f0f6f52-6d62-5b52-8a5b-0e8a7c0b3c55/document",
                    "views": "/v1/notices/5f0f6f52-6d62-5b52-8a5b-0e8a7c0b3c55/views",
                },
            }
        },
    )

    id: str = Field(description="The id of the event that the webhook tells of it, too.")
    event: str = Field(description="`issued`, `revoked` or `replaced`.")
    state: str = Field(
        description="`waiting` (tried again by itself), `dead` (a person must have it sent again), "
        "`delivered` or `viewed`."
    )
    number: str = Field(description="The clearance that it tells of.")
    contract: NoticeContract
    workshop_number: str | None = Field(description="Empty while no account is found.")
    account_id: str | None = Field(
        description="The only account to show it to; a later change of the workshop's account "
        "leaves it."
    )
    position: int | None = Field(description="Place in the workshop's inbox, for `after`.")
    occurred_at: str = Field(description="When the clearance was issued, revoked or replaced.")
    reason: str | None = Field(description="Why it was revoked: one of a closed list.")
    replacement: str | None = Field(description="Number of the clearance that replaced it.")
    opened_at: str
    delivered_at: str | None = Field(description="When it was placed in the account.")
    delivered_by: str | None = Field(
        description="`webhook` (confirmed by the receiver), `inbox` (no webhook is set) or `view`."
    )
    first_viewed_at: str | None
    attempts: int
    last_error: LastError | None = Field(description="Of the last attempt, until delivered.")
    links: NoticeLinks


class NoticeList(BaseModel):
    """Notices, the oldest first."""

    model_config = ConfigDict(frozen=True)

    notices: list[NoticeAnswer]
    next: str | None = Field(
        default=None, description="Path of the rest, where there are more than fit."
    )


def notice_answer(notice: Notice) -> NoticeAnswer:
    """Answer a notice to who delivers it or reads inboxes."""
    path = f"/v1/notices/{notice.id}"
    failed = notice.last_error if notice.delivered_at is None else None
    return NoticeAnswer(
        id=str(notice.id),
        event=notice.event,
        state=notice.state,
        number=notice.number,
        contract=NoticeContract(
            branch_code=notice.key.branch_code, row=notice.key.row, sequence=notice.key.sequence
        ),
        workshop_number=notice.workshop_number,
        account_id=notice.account_id,
        position=notice.position,
        occurred_at=format_moment(notice.occurred_at),
        reason=notice.reason,
        replacement=notice.replacement,
        opened_at=format_moment(notice.opened_at),
        delivered_at=format_moment(notice.delivered_at) if notice.delivered_at else None,
        delivered_by=notice.delivered_by,
        first_viewed_at=format_moment(notice.first_viewed_at) if notice.first_viewed_at else None,
        attempts=notice.attempts,
        last_error=last_error(failed) if failed else None,
        links=NoticeLinks(self=path, document=f"{path}/document", views=f"{path}/views"),
    )


def _chosen(id: str, _: Reader) -> UUID:  # noqa: A002 - the path's name
    try:
        return UUID(id)
    except ValueError as error:
        raise NotFound("notice.not_found") from error


Chosen = Annotated[UUID, Depends(_chosen)]


async def _viewed_body(request: Request, _: Reader) -> bytes:
    demand_type(request, JSON_TYPE)
    return await read_body(request, context_of(request).limits.json_bytes)


_KEY_ONLY: Schema = {"security": [{"apiKey": []}]}
_TAKES_VIEW: Schema = {
    **_KEY_ONLY,
    "requestBody": {
        "required": True,
        "content": {JSON_TYPE: {"schema": _VIEWED.schema(), "example": {"viewer": "user-5b1d"}}},
    },
}
Limit = Annotated[
    str | None, Query(description=f"At most so many, 1-{MOST_LISTED}; {_PAGE} without it.")
]


def notices_router(notices: Notices) -> APIRouter:
    """Make the endpoints over the register's notices."""
    router = APIRouter(tags=["notices"])

    @router.get("/v1/workshops/{number}/notices", openapi_extra=_KEY_ONLY)
    def inbox(
        number: str,
        _: Reader,
        state: Annotated[
            str | None, Query(description="`unviewed` or `viewed`; all without it.")
        ] = None,
        after: Annotated[
            str | None,
            Query(description="A `position`: of this workshop, nothing new comes before it."),
        ] = None,
        limit: Limit = None,
    ) -> NoticeList:
        """Read the inbox of a work assigner's workshop, the oldest notice first."""
        asked: Any = read_whole(_INBOX, {"state": state, "after": after, "limit": limit}, now=None)
        found = notices.inbox(_workshop(number), **asked)
        path = f"/v1/workshops/{number}/notices"
        return _page(found, path, state, asked["limit"], [str(each.position) for each in found])

    @router.get("/v1/clearances/{number}/notices", openapi_extra=_KEY_ONLY)
    def of_clearance(number: str, _: Teller) -> NoticeList:
        """Read how a clearance was notified, and its revocation if there is one."""
        return NoticeList(
            notices=list(map(notice_answer, notices.of_clearance(_clearance(number))))
        )

    @router.get("/v1/notices", openapi_extra=_KEY_ONLY)
    def undelivered(
        _: Reader,
        state: Annotated[str | None, Query(description="`dead` or `waiting`.")] = None,
        after: Annotated[str | None, Query(description="As in `next`.")] = None,
        limit: Limit = None,
    ) -> NoticeList:
        """List the notices that are not delivered, the oldest first."""
        asked: Any = read_whole(
            _UNDELIVERED,
            {"after": after, "limit": limit} | ({"state": state} if state else {}),
            now=None,
        )
        found = notices.undelivered(**asked)
        return _page(found, "/v1/notices", state, asked["limit"], [str(each.id) for each in found])

    @router.get("/v1/notices/{id}", openapi_extra=_KEY_ONLY)
    def read(notice: Chosen) -> NoticeAnswer:
        """Read one notice."""
        return notice_answer(notices.find(notice))

    @router.get("/v1/notices/{id}/document", response_class=Response, openapi_extra=_KEY_ONLY)
    def read_document(notice: Chosen, request: Request, context: TheContext) -> Response:
        """Fetch the sealed PDF of the clearance that a notice tells of; this is no view."""
        clearance = context.services.find_clearance(notices.find(notice).number)
        if clearance is None:
            raise InternalFault("register.fault")
        return document_response(request, context.services, clearance)

    @router.post("/v1/notices/{id}/views", openapi_extra=_TAKES_VIEW)
    def view(
        notice: Chosen, client: Reader, body: Annotated[bytes, Depends(_viewed_body)]
    ) -> NoticeAnswer:
        """Report that the holder of the account viewed a notice now; to repeat it does no harm."""
        viewer: Any = read_whole(_VIEWED, read_json(body), now=None)
        return notice_answer(notices.view(notice, viewer=viewer, client_id=client.id))

    @router.post(
        "/v1/notices/{id}/resends", status_code=HTTPStatus.ACCEPTED, openapi_extra=_KEY_ONLY
    )
    def resend(notice: Chosen, client: Reader) -> NoticeAnswer:
        """Have an undelivered notice tried again from now on, dead or waiting."""
        return notice_answer(notices.resend(notice, actor=client.id))

    return router


def _page(
    found: tuple[Notice, ...], path: str, state: str | None, limit: int, places: list[str]
) -> NoticeList:
    chosen = f"&state={state}" if state else ""
    return NoticeList(
        notices=list(map(notice_answer, found)),
        next=f"{path}?after={places[-1]}{chosen}&limit={limit}" if len(found) == limit else None,
    )


def _workshop(text: str) -> WorkshopNumber:
    try:
        return WorkshopNumber.parse(text)
    except InvalidValue as error:
        raise NotFound("directory.workshop_not_found", parameters={"workshop": text}) from error


def _clearance(text: str) -> ClearanceNumber:
    try:
        return ClearanceNumber.parse(text)
    except InvalidValue as error:
        raise NotFound("clearance.not_found") from error
