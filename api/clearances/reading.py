"""Reading clearances and their documents back."""

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field

from api.clearances.access import read_allowed
from api.clearances.schemas import (
    ClearanceAnswer,
    ClearanceWaiting,
    clearance_answer,
    clearance_waiting,
)
from api.deadline.collections import DeadlineAnswer, deadline_answer
from api.toolkit.answers import UNCHANGED
from api.toolkit.bodies import PDF_TYPE
from api.toolkit.dependencies import Services, TheContext
from clearance.errors import Conflict
from register.records import IssuedClearance, PendingClearance

router = APIRouter(tags=["clearances"])


class ClearanceReading(ClearanceAnswer):
    """A clearance as the register knows it, for whoever may read it."""

    deadline: DeadlineAnswer | None = Field(
        description="How it stands to the one-day rule, for holders of an API key on the "
        "organization's own machines; null for a replacement, which has no deadline of its own."
    )


class DocumentRevision(StrEnum):
    """Which form of the sealed PDF is wanted."""

    ORIGINAL = "original"
    ARCHIVAL = "archival"


Wanted = Annotated[
    DocumentRevision,
    Query(
        description="`original` is the file as issued, which people pass around; `archival` the "
        "newest archival revision of it: the same bytes, continued by evidence and timestamps. "
        "Both are `authentic`."
    ),
]
Code = Annotated[str | None, Query(description="Verification code, where no API key is shown.")]
CodeHeader = Annotated[
    str | None,
    Header(
        alias="Verification-Code",
        description="Verification code; unlike a query, a header stays out of proxies' logs.",
    ),
]


@router.get("/v1/clearances/{number}")
def read_clearance(
    request: Request,
    number: str,
    context: TheContext,
    code: Code = None,
    verification_code: CodeHeader = None,
) -> ClearanceReading | ClearanceWaiting:
    """Read a clearance, or how its issuing stands; by API key or verification code."""
    clearance = read_allowed(request, context, number, verification_code or code)
    if isinstance(clearance, PendingClearance):
        return clearance_waiting(clearance)
    answer = clearance_answer(clearance, context.services.public_url)
    return ClearanceReading(
        **answer.model_dump(), deadline=_deadline(request, context.services, clearance)
    )


@router.get("/v1/clearances/{number}/document", response_class=Response, responses=UNCHANGED)
def read_document(
    request: Request,
    number: str,
    context: TheContext,
    code: Code = None,
    verification_code: CodeHeader = None,
    revision: Wanted = DocumentRevision.ORIGINAL,
) -> Response:
    """Fetch the sealed PDF, with an API key or with the verification code."""
    clearance = read_allowed(request, context, number, verification_code or code)
    if isinstance(clearance, PendingClearance):
        raise Conflict("clearance.not_issued_yet")
    if revision is DocumentRevision.ARCHIVAL:
        return archival_response(request, context.services, clearance)
    response = document_response(request, context.services, clearance)
    if context.services.clearances.find_archival(clearance.number) is not None:
        response.headers["Link"] = _link(clearance, "?revision=archival")
    return response


def _deadline(
    request: Request, services: Services, clearance: IssuedClearance
) -> DeadlineAnswer | None:
    # Without the header it was read by its verification code, which the parties hold.
    if services.office is None:
        return None
    if "authorization" not in request.headers:
        return None
    record = services.office.collections.settled_by(clearance.number)
    return None if record is None else deadline_answer(record)


def document_response(request: Request, services: Services, clearance: IssuedClearance) -> Response:
    """Return the sealed PDF, or 304 if the caller has it already."""
    name = f"clearance-{clearance.number}.pdf"
    return _file_response(request, services, clearance.document.sha256, name)


def archival_response(request: Request, services: Services, clearance: IssuedClearance) -> Response:
    """Return the newest archival revision, or 304 if the caller has it already.

    Raises ``Conflict("clearance.not_archived_yet")`` while there is none.
    """
    archival = services.clearances.find_archival(clearance.number)
    if archival is None:
        raise Conflict("clearance.not_archived_yet")
    name = f"clearance-{clearance.number}-archival-{archival.revision}.pdf"
    response = _file_response(request, services, archival.sha256, name)
    response.headers["Link"] = _link(clearance, "")
    return response


def _link(clearance: IssuedClearance, query: str) -> str:
    """Point to the other form of the same document (RFC 8288)."""
    path = f"/v1/clearances/{clearance.number}/document{query}"
    return f'<{path}>; rel="alternate"; type="{PDF_TYPE}"'


def _file_response(request: Request, services: Services, sha256: str, name: str) -> Response:
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if sha256 in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(services.clearances.read_document(sha256), media_type=PDF_TYPE, headers=headers)
