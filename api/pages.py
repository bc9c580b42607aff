"""The pages for people: entrances, results, and what to do next. They need no JavaScript."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import find_by_code
from api.bodies import read_form, read_upload
from api.dependencies import TheContext, context_of
from api.html import page
from api.messages import Message, error_text, reason_text
from api.problems import HttpError, headers_of, status_of
from api.reading import document_response
from api.results import Result, Way, disclosed, result_of, result_of_clearance, result_of_outage
from clearance.errors import InvalidValue, MohrError, NotFound, Unavailable
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.verdict import Outcome

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Wrong = Mapping[str, Message]
"""What is wrong, by the id of the field that it concerns."""


@router.get("/")
def home(request: Request) -> Response:
    """Offer the entrances: a file, or number and code."""
    return _entrances(request)


async def _chosen_file(request: Request) -> bytes | HttpError:
    try:
        return await read_upload(request, context_of(request).limits.upload_bytes)
    except HttpError as error:
        return error


@router.post("/verifications")
def verify_file(
    request: Request,
    file: Annotated[bytes | HttpError, Depends(_chosen_file)],
    context: TheContext,
) -> Response:
    """Verify an uploaded file and show the result; a file nobody can judge gets the form again."""
    if isinstance(file, HttpError):
        return _refused(request, file, "file")
    try:
        verdict = context.services.verify_file(file)
        clearance = disclosed(verdict, context.services)
    except Unavailable:
        return _shown(request, result_of_outage(Way.FILE, context.services.clock()))
    context.metrics.verdict_reached("file", verdict.outcome)
    if verdict.outcome is Outcome.UNREADABLE:
        return _entrances(request, {"file": reason_text(verdict.reasons[0])})
    return _shown(request, result_of(verdict, clearance, Way.FILE))


async def _typed(request: Request) -> dict[str, str] | HttpError:
    try:
        return await read_form(request, context_of(request).limits.form_bytes)
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
    except Unavailable:
        return _shown(request, result_of_outage(Way.REGISTER, context.services.clock()))
    except (NotFound, HttpError) as error:
        return _refused(request, error, "number", number=number, code=code)
    result = result_of_clearance(clearance, context.services.clock())
    context.metrics.verdict_reached("code", result.outcome)
    return _shown(request, result)


@router.post("/clearances/document")
def fetch_document(request: Request, typed: Typed, context: TheContext) -> Response:
    """Hand out the genuine original to whoever has its number and code."""
    if isinstance(typed, HttpError):
        return _refused(request, typed, "number")
    try:
        clearance = find_by_code(request, context, typed.get("number", ""), typed.get("code", ""))
    except (NotFound, HttpError) as error:
        return _refused(request, error, "number")
    return document_response(request, context.services, clearance)


@router.get("/verifications")
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
        verdict = context.services.verify_token(token)
        clearance = disclosed(verdict, context.services)
    except Unavailable:
        return _shown(request, result_of_outage(Way.REGISTER, context.services.clock()))
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


def _shown(request: Request, result: Result) -> Response:
    unchecked = result.outcome is Outcome.COULD_NOT_CHECK
    status = HTTPStatus.SERVICE_UNAVAILABLE if unchecked else HTTPStatus.OK
    return page(request, "result.html", status=status, result=result)
