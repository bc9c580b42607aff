"""The pages for people: entrances, results, and what to do next. They need no JavaScript."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.clearances.access import find_by_code
from api.clearances.reading import DocumentRevision, archival_response, document_response
from api.receipts.endpoints import sealed_receipt
from api.receipts.schemas import receipt_path
from api.toolkit.bodies import read_form, read_upload
from api.toolkit.dependencies import Context, SealReceipt, TheContext, context_of
from api.toolkit.html import page
from api.toolkit.problems import HttpError, headers_of, status_of
from api.verification.reports import PageReport, page_report
from api.verification.results import (
    Result,
    Way,
    disclosed,
    result_of,
    result_of_clearance,
    result_of_outage,
)
from clearance.errors import Conflict, InvalidValue, MohrError, NotFound, Unavailable
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.verdict import Outcome
from register.records import IssuedClearance
from register.verification_receipts import SealedReceipt
from templates.catalogues import Message, error_text, reason_text

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Wrong = Mapping[str, Message]
"""What is wrong, by the id of the field that it concerns."""


@router.get("/")
def home(request: Request) -> Response:
    """Offer the entrances: a file, or number and code."""
    return _entrances(request)


async def _chosen_file(request: Request) -> bytes | HttpError:
    try:
        upload = await read_upload(request, context_of(request).limits.upload_bytes)
    except HttpError as error:
        return error
    return upload.content


@router.post("/verifications")
def verify_file(
    request: Request,
    file: Annotated[bytes | HttpError, Depends(_chosen_file)],
    context: TheContext,
) -> Response:
    """Verify an uploaded file and show the result; a file nobody can judge gets the form again."""
    return _verified(request, file, context, seal=None)


@router.post("/verifications/receipt")
def verify_with_receipt(
    request: Request,
    file: Annotated[bytes | HttpError, Depends(_chosen_file)],
    context: TheContext,
) -> Response:
    """Verify an uploaded file and seal a receipt; without keys here, verify it all the same."""
    return _verified(request, file, context, seal=context.services.receipts.seal)


def _verified(
    request: Request, file: bytes | HttpError, context: Context, *, seal: SealReceipt | None
) -> Response:
    if isinstance(file, HttpError):
        return _refused(request, file, "file")
    try:
        verdict = context.services.verification.verify_file(file)
        clearance = disclosed(verdict, context.services)
    except Unavailable as error:
        return _outage(request, Way.FILE, error)
    context.metrics.verdict_reached("file", verdict.outcome)
    if verdict.outcome is Outcome.UNREADABLE:
        return _entrances(request, {"file": reason_text(verdict.reasons[0])})
    sealed = refusal = None
    if seal is not None:
        try:
            sealed = sealed_receipt(request, context, seal, verdict, clearance, size=len(file))
        except (HttpError, Unavailable) as error:
            # The verdict stands without a receipt.
            refusal = error_text(error)
    return _shown(
        request,
        result_of(verdict, clearance, Way.FILE),
        report=page_report(verdict, context.services),
        receipt=_receipt_line(sealed) if sealed else None,
        receipt_refusal=refusal,
    )


async def _typed(request: Request) -> dict[str, str] | HttpError:
    try:
        return dict(await read_form(request, context_of(request).limits.form_bytes))
    except HttpError as error:
        return error


Typed = Annotated[dict[str, str] | HttpError, Depends(_typed)]


@router.post("/clearances")
def look_up(request: Request, typed: Typed, context: TheContext) -> Response:
    """Show the register's facts for a typed number and code."""
    if isinstance(typed, HttpError):
        return _refused(request, typed, "number")
    number, code = typed.get("number", ""), typed.get("code", "")
    wrong = _misspelt(number, code)
    if wrong:
        return _entrances(
            request, wrong, number=number, code=code, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    try:
        clearance = find_by_code(request, context, number, code)
    except Unavailable as error:
        return _outage(request, Way.REGISTER, error)
    except (NotFound, HttpError) as error:
        return _refused(request, error, "number", number=number, code=code)
    result = result_of_clearance(clearance, context.services.clock())
    context.metrics.verdict_reached("code", result.outcome)
    return _shown(request, result)


@router.post("/clearances/document")
def fetch_document(request: Request, typed: Typed, context: TheContext) -> Response:
    """Hand out the genuine original, or its archival revision, to whoever has number and code."""
    if isinstance(typed, HttpError):
        return _refused(request, typed, "number")
    archival = typed.get("revision") == DocumentRevision.ARCHIVAL
    respond = archival_response if archival else document_response
    try:
        clearance = find_by_code(request, context, typed.get("number", ""), typed.get("code", ""))
        return respond(request, context.services, clearance)
    except (Conflict, NotFound, HttpError) as error:
        return _refused(request, error, "number")


@router.get("/verifications")
@router.get("/verifications/receipt")
@router.get("/clearances")
@router.get("/clearances/document")
def back_to_start() -> Response:
    """Lead whoever reloads or bookmarks a result back to the entrances."""
    return RedirectResponse("/", HTTPStatus.SEE_OTHER)


@router.get("/q/{token}")
@router.get("/Q/{token}")
def open_token(request: Request, token: str, context: TheContext) -> Response:
    """Show what the phone's camera opens: verdict and facts for a scanned QR code."""
    try:
        verdict = context.services.verification.verify_token(token)
        clearance = disclosed(verdict, context.services)
    except Unavailable as error:
        return _outage(request, Way.REGISTER, error)
    context.metrics.verdict_reached("token", verdict.outcome)
    return _shown(request, result_of(verdict, clearance, Way.REGISTER))


def _misspelt(number: str, code: str) -> Wrong:
    wrong: dict[str, Message] = {}
    try:
        ClearanceNumber.parse(number)
    except InvalidValue as error:
        wrong["number"] = error_text(error)
    try:
        VerificationCode.parse(code)
    except InvalidValue as error:
        wrong["code"] = error_text(error)
    return wrong


def _refused(
    request: Request, error: MohrError, field: str, *, number: str = "", code: str = ""
) -> Response:
    response = _entrances(
        request,
        {field: error_text(error)},
        number=number,
        code=code,
        status=status_of(error),
    )
    response.headers.update(headers_of(error))
    return response


def _entrances(
    request: Request,
    wrong: Wrong | None = None,
    *,
    number: str = "",
    code: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    return page(request, "home.html", status=status, wrong=wrong or {}, number=number, code=code)


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """The receipt that the result page leads to."""

    number: str
    path: str


def _receipt_line(sealed: SealedReceipt) -> ReceiptLine:
    return ReceiptLine(number=sealed.receipt.number, path=receipt_path(sealed))


def _is_archived(context: Context, clearance: IssuedClearance | None) -> bool:
    """Whether the page can offer the archival revision; it does without, rather than fail."""
    try:
        return clearance is not None and (
            context.services.clearances.find_archival(clearance.number) is not None
        )
    except Unavailable:
        return False


def _outage(request: Request, way: Way, error: Unavailable) -> Response:
    """Tell a person that the check could not be done, and a program when to come again."""
    now = context_of(request).services.clock()
    response = _shown(request, result_of_outage(way, now, error))
    response.headers.update(headers_of(error))
    return response


def _shown(
    request: Request,
    result: Result,
    *,
    report: PageReport | None = None,
    receipt: ReceiptLine | None = None,
    receipt_refusal: Message | None = None,
) -> Response:
    unchecked = result.outcome is Outcome.COULD_NOT_CHECK
    status = HTTPStatus.SERVICE_UNAVAILABLE if unchecked else HTTPStatus.OK
    return page(
        request,
        "result.html",
        status=status,
        result=result,
        archived=_is_archived(context_of(request), result.clearance),
        report=report,
        receipt=receipt,
        receipt_refusal=receipt_refusal,
    )
