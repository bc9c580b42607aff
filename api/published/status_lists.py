"""The status lists, for whoever verifies without telling us what (IETF Token Status List, 8)."""

import re
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.toolkit.answers import UNCHANGED
from api.toolkit.dependencies import TheContext
from api.toolkit.problems import MEDIA_TYPE as PROBLEM_TYPE
from api.toolkit.problems import HttpError
from clearance.errors import NotFound, Unavailable
from clearance.status_list import MEDIA_TYPE

_NUMBER = re.compile("0|[1-9][0-9]{0,3}")
_NO_HISTORY: dict[int | str, dict[str, Any]] = {
    HTTPStatus.NOT_IMPLEMENTED.value: {
        "description": "Lists of the past are not served.",
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}

router = APIRouter(tags=["trust"])


@router.get(
    "/s/{number}",
    response_class=Response,
    responses=UNCHANGED | _NO_HISTORY,
)
def read_status_list(
    request: Request,
    number: str,
    context: TheContext,
    time: Annotated[
        str | None, Query(description="Lists of the past are not served: always 501.")
    ] = None,
) -> Response:
    """Return a status list as it stands now: a signed CWT with one bit for each clearance."""
    if time is not None:
        raise HttpError(HTTPStatus.NOT_IMPLEMENTED, "status_list.no_history")
    known = _NUMBER.fullmatch(number) is not None
    published = context.services.find_status_list(int(number)) if known else None
    if published is None:
        raise NotFound("status_list.not_found")
    now = context.services.clock()
    rest = published.expires_at - now
    if rest <= timedelta(0):
        # Whoever got it could not use it: its signer is away, and may come back.
        raise Unavailable("status_list.not_ready")
    fresh = min(published.ttl, rest)
    etag = f'"{published.sha256}"'
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": f"public, max-age={int(fresh.total_seconds())}",
        "ETag": etag,
        "Expires": format_datetime(now + fresh, usegmt=True),
        "Last-Modified": format_datetime(published.issued_at, usegmt=True),
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(published.token, media_type=MEDIA_TYPE, headers=headers)
