"""Issuing clearances."""

import hashlib
import re
from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from starlette.responses import JSONResponse

from api.clearances.schemas import (
    ClearanceIssued,
    ClearanceWaiting,
    clearance_issued,
    clearance_waiting,
)
from api.toolkit.access import ISSUE, holder_of
from api.toolkit.dependencies import Client, TheContext
from api.toolkit.json_bodies import json_body
from api.toolkit.problems import HttpError
from clearance.canonical import canonical_bytes
from clearance.request import parse_request, read_json
from register.records import PendingClearance
from signer.issuing import Issue

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")

_issuing = holder_of(ISSUE)
Issuer = Annotated[Client, Depends(_issuing)]


router = APIRouter(tags=["clearances"])


def issuing_of(context: TheContext) -> Issue:
    """Return what issues; a machine without keys has none, nor these endpoints."""
    if context.services.issue is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "request.no_such_path")
    return context.services.issue


TheIssuing = Annotated[Issue, Depends(issuing_of)]


@router.post(
    "/v1/clearances",
    status_code=HTTPStatus.CREATED,
    response_model=ClearanceIssued,
    responses={
        202: {
            "model": ClearanceWaiting,
            "description": "Accepted, and waiting for a part that is away.",
        }
    },
)
def issue_clearance(
    issue: TheIssuing,
    client: Issuer,
    body: Annotated[bytes, Depends(json_body(_issuing))],
    context: TheContext,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Chosen by the caller, 1-255 visible ASCII characters; repeating the "
            "request with the same key and body answers the same clearance."
        ),
    ] = None,
) -> Response:
    """Issue a clearance (circular, clause 4), or accept the request until that can be done."""
    key = checked_key(idempotency_key)
    parsed = read_json(body)
    request = parse_request(parsed, now=context.services.clock())
    issued = issue(
        request,
        idempotency_key=key,
        # Of the canonical form: white space and the order of members make no other request.
        request_hash=hashlib.sha256(canonical_bytes(parsed)).digest(),
        client_id=client.id,
    )
    if isinstance(issued, PendingClearance):
        return _accepted(issued, context.services.clock())
    if not issued.replayed:
        context.metrics.clearance_issued(request.kind)
    answer = clearance_issued(issued.clearance, context.services.public_url)
    headers = {"Location": answer.links.self}
    if issued.replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(
        answer.model_dump(mode="json"), status_code=HTTPStatus.CREATED, headers=headers
    )


def _accepted(pending: PendingClearance, now: datetime) -> Response:
    answer = clearance_waiting(pending)
    # Just after the next attempt, if one is to come without the caller.
    wait = ceil((pending.resume_at - now).total_seconds()) if pending.resume_at else 0
    return JSONResponse(
        answer.model_dump(mode="json"),
        status_code=HTTPStatus.ACCEPTED,
        headers={"Location": answer.links.self, "Retry-After": str(max(wait, 0) + 1)},
    )


def checked_key(key: str | None) -> str:
    """Return the value of the header ``Idempotency-Key``; raises 400 if it is missing or unfit."""
    if key is None:
        raise HttpError(HTTPStatus.BAD_REQUEST, "idempotency.key_missing")
    if _IDEMPOTENCY_KEY.fullmatch(key) is None:
        raise HttpError(HTTPStatus.BAD_REQUEST, "idempotency.key_invalid")
    return key
