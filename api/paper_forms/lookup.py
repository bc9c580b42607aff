"""What a paper Form 22 means today (R10), for everyone: by its serial, as JSON and as a page.

A serial alone tells its class and nothing else: neither branch nor number of a clearance. So there
is nothing to fish for, and no code is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.paper_forms.schemas import FormMeaningAnswer, form_answer
from api.toolkit.access import client_of
from api.toolkit.dependencies import Context, TheContext
from api.toolkit.html import page
from api.verification.results import Look
from clearance.errors import InvalidValue, NotPermitted, Unavailable
from clearance.paper_forms import FormMeaning, FormSerial
from clearance.roles import Permission
from register.paper_forms.records import PaperForm
from templates.catalogues import Message, error_text, page_text

router = APIRouter()

_COULD_NOT_CHECK = "could_not_check"

LOOKS: Mapping[str, Look] = {
    FormMeaning.VOID: Look(shape="cross", tone="refused"),
    FormMeaning.VOID_SINCE: Look(shape="compare", tone="unchecked"),
    FormMeaning.REPLACED: Look(shape="barred", tone="withdrawn"),
    FormMeaning.LEGACY: Look(shape="question", tone="unchecked"),
    FormMeaning.NEVER_EXISTED: Look(shape="cross", tone="refused"),
    _COULD_NOT_CHECK: Look(shape="question", tone="unchecked"),
}


@router.get(
    "/v1/paper-forms/{serial}",
    tags=["paper forms"],
    openapi_extra={"security": [{}, {"apiKey": []}]},
)
def read_form(request: Request, serial: str, context: TheContext) -> FormMeaningAnswer:
    """Say what a paper Form 22 with this serial means today; to its officers, its whole record."""
    parsed = FormSerial.parse(serial)
    form = _record(request, context, parsed)
    return form_answer(str(parsed), context.services.find_paper_form(parsed), form)


def _record(request: Request, context: Context, serial: FormSerial) -> PaperForm | None:
    """Return the record of a serial to an officer within whose reach it lies."""
    office = context.services.office
    if office is None:
        return None
    client = client_of(request, context)
    if client is None:
        return None
    if client.officer is None:
        raise NotPermitted(
            "access.not_permitted", parameters={"permission": Permission.SUPERVISE.value}
        )
    client.officer.demand(Permission.SUPERVISE)
    return office.paper.form(serial, client.officer.reach)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the page says of a serial."""

    serial: str
    meaning: str
    look: Look
    word: Message
    heading: Message
    lead: Message
    next: Message
    effective_date: date | None
    checked_at: datetime


@router.get("/paper-forms", include_in_schema=False, response_class=HTMLResponse)
def look_up(request: Request, context: TheContext, serial: str | None = None) -> Response:
    """Ask for a serial, and show what a paper with it means."""
    if serial is None:
        return _page(request, "")
    try:
        parsed = FormSerial.parse(serial)
    except InvalidValue as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(request, serial, wrong=error_text(error), status=status)
    now = context.services.clock()
    try:
        answer = context.services.find_paper_form(parsed)
    except Unavailable:
        shown = _shown(parsed, _COULD_NOT_CHECK, None, now)
        return _page(request, str(parsed), shown=shown, status=HTTPStatus.SERVICE_UNAVAILABLE)
    shown = _shown(parsed, answer.meaning, answer.effective_date, now)
    return _page(request, str(parsed), shown=shown)


def _shown(
    serial: FormSerial, meaning: str, effective_date: date | None, checked_at: datetime
) -> Shown:
    return Shown(
        serial=str(serial),
        meaning=meaning,
        look=LOOKS[meaning],
        word=page_text("paper", "meanings", meaning, "word"),
        heading=page_text("paper", "meanings", meaning, "heading"),
        lead=page_text("paper", "meanings", meaning, "lead"),
        next=page_text("paper", "meanings", meaning, "next"),
        effective_date=effective_date,
        checked_at=checked_at,
    )


def _page(
    request: Request,
    serial: str,
    *,
    shown: Shown | None = None,
    wrong: Message | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    return page(request, "paper.html", status=status, serial=serial, shown=shown, wrong=wrong)
