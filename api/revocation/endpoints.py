"""Asking for a clearance to be revoked, and deciding on what another officer asked for."""

import re
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.toolkit.access import officer_with
from api.toolkit.answers import JsonAnswer, Text
from api.toolkit.dependencies import office_part
from api.toolkit.json_bodies import KEY_ONLY, json_body, takes
from clearance.clock import format_moment
from clearance.errors import InvalidValue, NotFound
from clearance.fields import text
from clearance.identifiers import ClearanceNumber
from clearance.request import read_json, read_whole
from clearance.roles import Officer, Permission
from clearance.shapes import Leaf, Record, one_of
from register.records import RevocationReason, RevocationState
from register.revocations import (
    LONGEST_REMARK,
    MOST_LISTED,
    Decision,
    Revocation,
    Revocations,
)
from templates.catalogues import page_text, sample

_ID = re.compile("[0-9]{1,18}")


def _id(text: str) -> int:
    if _ID.fullmatch(text) is None:
        raise InvalidValue("revocation_request.id_invalid")
    return int(text)


_ASKED = Record(
    members={
        "reason": one_of(*RevocationReason, makes=RevocationReason),
        "remark": text(LONGEST_REMARK, "Kept for officers within reach; never public."),
    },
    optional=frozenset({"remark"}),
    build=lambda **members: members,
)
_DECIDED = Record(
    members={"decision": one_of(*Decision, makes=Decision)},
    build=lambda decision: decision,
)
_CHOSEN = Record(
    members={
        "state": one_of(*RevocationState, makes=RevocationState),
        "before": Leaf(json_type=str, parse=_id),
    },
    optional=frozenset({"state", "before"}),
    build=lambda **members: members,
)

_asking = officer_with(Permission.REQUEST_REVOCATION)
_deciding = officer_with(Permission.CONFIRM_REVOCATION)
_reading = officer_with(Permission.SUPERVISE)

Asking = Annotated[Officer, Depends(_asking)]
Deciding = Annotated[Officer, Depends(_deciding)]
Reading = Annotated[Officer, Depends(_reading)]


class RevocationAnswer(BaseModel):
    """One request to revoke a clearance, and what became of it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "id": 7,
                "number": "1404-0041-000001-9",
                "state": "confirmed",
                "reason": "data_corrected",
                "message": asdict(page_text("revocation_reasons", "data_corrected")),
                "remark": sample("remark"),
                "requested_by": "a.karimi",
                "requested_at": "2026-02-01T08:30:00Z",
                "decided_by": "m.rezaei",
                "decided_at": "2026-02-01T09:05:00Z",
            }
        },
    )

    id: int
    number: str = Field(description="The clearance.")
    state: str = Field(
        description="`open`, `confirmed` (the clearance is withdrawn) or `rejected`."
    )
    reason: str = Field(description="One of a closed list of reasons.")
    message: Text = Field(description="The reason, as the public is told it.")
    remark: str | None = Field(description="For officers within reach only.")
    requested_by: str = Field(description="Id of the officer who asked.")
    requested_at: str = Field(description="RFC 3339, UTC.")
    decided_by: str | None = Field(description="Id of the other officer, who decided.")
    decided_at: str | None = Field(description="RFC 3339, UTC; since then it is withdrawn.")


class RevocationList(JsonAnswer):
    """Requests to revoke, within the asker's reach."""

    revocations: list[RevocationAnswer]
    next: str | None = Field(
        default=None, description="Path of the rest, where there are more than fit."
    )


def revocation_answer(revocation: Revocation) -> RevocationAnswer:
    """Return a request to revoke, remark included: to officers within reach only."""
    public = page_text("revocation_reasons", revocation.reason)
    decided_at = revocation.decided_at
    return RevocationAnswer(
        id=revocation.id,
        number=revocation.number,
        state=revocation.state,
        reason=revocation.reason,
        message=Text(fa=public.fa, en=public.en),
        remark=revocation.remark,
        requested_by=revocation.requested_by,
        requested_at=format_moment(revocation.requested_at),
        decided_by=revocation.decided_by,
        decided_at=format_moment(decided_at) if decided_at else None,
    )


def _number(text: str) -> ClearanceNumber:
    try:
        return ClearanceNumber.parse(text)
    except InvalidValue as error:
        raise NotFound("clearance.not_found") from error


def _existing(text: str) -> int:
    try:
        return _id(text)
    except InvalidValue as error:
        raise NotFound("revocation_request.not_found") from error


router = APIRouter(tags=["revocations"])

TheRevocations = Annotated[Revocations, Depends(office_part(lambda office: office.revocations))]


@router.post(
    "/v1/clearances/{number}/revocations",
    status_code=HTTPStatus.CREATED,
    openapi_extra=takes(_ASKED.schema(), {"reason": "data_corrected", "remark": sample("remark")}),
)
def ask(
    revocations: TheRevocations,
    number: str,
    officer: Asking,
    body: Annotated[bytes, Depends(json_body(_asking))],
) -> RevocationAnswer:
    """Ask that a clearance be revoked; another officer must confirm it."""
    asked: Any = read_whole(_ASKED, read_json(body), now=None)
    return revocation_answer(
        revocations.open(
            _number(number), reason=asked["reason"], remark=asked["remark"], officer=officer
        )
    )


@router.get("/v1/clearances/{number}/revocations", openapi_extra=KEY_ONLY)
def of_clearance(revocations: TheRevocations, number: str, officer: Reading) -> RevocationList:
    """List all requests to revoke one clearance, the oldest first."""
    found = revocations.of(_number(number), officer=officer)
    return RevocationList(revocations=list(map(revocation_answer, found)))


@router.post(
    "/v1/clearances/{number}/revocations/{id}/decision",
    openapi_extra=takes(_DECIDED.schema(), {"decision": "confirm"}),
)
def decide(
    revocations: TheRevocations,
    number: str,
    request_id: Annotated[str, Path(alias="id")],
    officer: Deciding,
    body: Annotated[bytes, Depends(json_body(_deciding))],
) -> RevocationAnswer:
    """Confirm or reject what another officer asked for; confirmed, it is withdrawn at once."""
    decision: Any = read_whole(_DECIDED, read_json(body), now=None)
    return revocation_answer(
        revocations.decide(_number(number), _existing(request_id), decision, officer=officer)
    )


@router.get("/v1/revocations", openapi_extra=KEY_ONLY)
def within_reach(
    revocations: TheRevocations,
    officer: Reading,
    state: Annotated[
        str | None, Query(description="`open`, `confirmed` or `rejected`; all without it.")
    ] = None,
    before: Annotated[str | None, Query(description="As in `next`.")] = None,
) -> RevocationList:
    """List the requests to revoke within one's reach, the newest first."""
    asked: Any = read_whole(_CHOSEN, {"state": state, "before": before}, now=None)
    found = revocations.within_reach(officer=officer, **asked)
    return RevocationList(
        revocations=list(map(revocation_answer, found)),
        next=_rest(found, state) if len(found) == MOST_LISTED else None,
    )


def _rest(shown: tuple[Revocation, ...], state: str | None) -> str:
    chosen = f"&state={state}" if state else ""
    return f"/v1/revocations?before={shown[-1].id}{chosen}"
