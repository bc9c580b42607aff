"""Notices, as the e-services system reads them for the holders of accounts (R4)."""

import re
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from api.clearances.reading import document_response
from api.notices.schemas import NoticeAnswer, NoticeList, notice_answer
from api.toolkit.access import NOTICES, READ, holder_of
from api.toolkit.answers import UNCHANGED
from api.toolkit.dependencies import Client, TheContext, office_part
from api.toolkit.json_bodies import KEY_ONLY, json_body, takes
from clearance.errors import InternalFault, InvalidValue, NotFound
from clearance.fields import text
from clearance.identifiers import ClearanceNumber, WorkshopNumber
from clearance.notices import Notice
from clearance.request import read_json, read_whole
from clearance.shapes import Leaf, Record, one_of
from register.inboxes import Notices

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

_reading = holder_of(NOTICES)
Reader = Annotated[Client, Depends(_reading)]
Teller = Annotated[Client, Depends(holder_of(NOTICES, READ))]


def _chosen(id: str, _: Reader) -> UUID:  # noqa: A002 - the path's name
    try:
        return UUID(id)
    except ValueError as error:
        raise NotFound("notice.not_found") from error


Chosen = Annotated[UUID, Depends(_chosen)]


_TAKES_VIEW = takes(_VIEWED.schema(), {"viewer": "user-5b1d"})
Limit = Annotated[
    str | None, Query(description=f"At most so many, 1-{MOST_LISTED}; {_PAGE} without it.")
]


router = APIRouter(tags=["notices"])

TheNotices = Annotated[Notices, Depends(office_part(lambda office: office.notices))]


@router.get("/v1/workshops/{number}/notices", openapi_extra=KEY_ONLY)
def inbox(
    notices: TheNotices,
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


@router.get("/v1/clearances/{number}/notices", openapi_extra=KEY_ONLY)
def of_clearance(notices: TheNotices, number: str, _: Teller) -> NoticeList:
    """Read how a clearance was notified, and its revocation if there is one."""
    return NoticeList(notices=list(map(notice_answer, notices.of_clearance(_clearance(number)))))


@router.get("/v1/notices", openapi_extra=KEY_ONLY)
def undelivered(
    notices: TheNotices,
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


@router.get("/v1/notices/{id}", openapi_extra=KEY_ONLY)
def read(notices: TheNotices, notice: Chosen) -> NoticeAnswer:
    """Read one notice."""
    return notice_answer(notices.find(notice))


@router.get(
    "/v1/notices/{id}/document",
    response_class=Response,
    responses=UNCHANGED,
    openapi_extra=KEY_ONLY,
)
def read_document(
    notices: TheNotices, notice: Chosen, request: Request, context: TheContext
) -> Response:
    """Fetch the sealed PDF of the clearance that a notice tells of; this is no view."""
    clearance = context.services.clearances.find(notices.find(notice).number)
    if clearance is None:
        raise InternalFault("register.fault")
    return document_response(request, context.services, clearance)


@router.post("/v1/notices/{id}/views", openapi_extra=_TAKES_VIEW)
def view(
    notices: TheNotices,
    notice: Chosen,
    client: Reader,
    body: Annotated[bytes, Depends(json_body(_reading))],
) -> NoticeAnswer:
    """Report that the holder of the account viewed a notice now; to repeat it does no harm."""
    viewer: Any = read_whole(_VIEWED, read_json(body), now=None)
    return notice_answer(notices.view(notice, viewer=viewer, client_id=client.id))


@router.post("/v1/notices/{id}/resends", status_code=HTTPStatus.ACCEPTED, openapi_extra=KEY_ONLY)
def resend(notices: TheNotices, notice: Chosen, client: Reader) -> NoticeAnswer:
    """Have an undelivered notice tried again from now on, dead or waiting."""
    return notice_answer(notices.resend(notice, actor=client.id))


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
