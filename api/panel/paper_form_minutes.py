"""Minutes of the paper channel (R12, R13): drawn up, closed by those present, sealed."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.panel.forms import Form, SentForm, Wrong
from api.panel.paper_forms import TheLedger
from api.panel.shell import done, panel_page
from api.panel.supervised import Supervisor, TheSupervision
from api.panel.words import MINUTES_KINDS, MINUTES_STATES, SERIAL_STATES, said
from api.toolkit.dependencies import TheContext
from api.toolkit.problems import HttpError
from clearance.errors import Conflict, InvalidRequest, InvalidValue, NotFound
from clearance.minutes import MinutesKind, MinutesNumber
from clearance.paper_form_request import parse_closing, parse_draft
from clearance.paper_forms import ACCOUNTED
from clearance.roles import Officer, Permission
from clearance.text import ascii_digits, persian_digits
from register.paper_forms.records import MinutesRecord
from templates.catalogues import error_text

router = APIRouter(include_in_schema=False)

SEATS = 4
"""Lines for those present; the API takes more."""


@router.post("/panel/paper/minutes")
def draw_up(officer: Supervisor, request: Request, form: SentForm, ledger: TheLedger) -> Response:
    """Draw minutes up for one's own branch or province, or about consolidated ones."""
    kind = form.text("kind")
    draft = parse_draft({"kind": kind, **_about(kind, form, officer)})
    record = ledger.draw_up(draft, officer)
    return done(
        request,
        f"/panel/paper/minutes/{record.number}",
        said(
            "minutes_drawn_up",
            kind=MINUTES_KINDS[record.kind],
            number=persian_digits(record.number),
        ),
    )


@router.get("/panel/paper/minutes/{number}")
def show_minutes(
    request: Request,
    number: str,
    officer: Supervisor,
    ledger: TheLedger,
    supervision: TheSupervision,
) -> Response:
    """Show minutes: a draft with its balance of now, or what was closed."""
    record = ledger.minutes(_number(number), officer.reach)
    return _minutes_page(request, officer, record, supervision, Form(fields=()))


@router.post("/panel/paper/minutes/{number}/closing")
def close(
    request: Request,
    number: str,
    officer: Supervisor,
    form: SentForm,
    ledger: TheLedger,
    supervision: TheSupervision,
) -> Response:
    """Close minutes; refused while the totals differ."""
    record = ledger.minutes(_number(number), officer.reach)
    try:
        closed = ledger.close(record.number, parse_closing(_closing(form, record)), officer)
    except (InvalidRequest, InvalidValue, Conflict) as error:
        problems = error.problems if isinstance(error, InvalidRequest) else (error,)
        wrong = {_field(each.field): error_text(each) for each in problems}
        return _minutes_page(request, officer, record, supervision, form, wrong=wrong)
    return done(
        request,
        f"/panel/paper/minutes/{closed.number}",
        said("minutes_closed", number=persian_digits(closed.number)),
    )


@router.get("/panel/paper/minutes/{number}/document.pdf")
def document(number: str, officer: Supervisor, ledger: TheLedger, context: TheContext) -> Response:
    """Fetch the sealed PDF."""
    record = ledger.minutes(_number(number), officer.reach)
    if record.document_sha256 is None:
        raise Conflict("paper.not_sealed_yet")
    return Response(
        context.services.clearances.read_document(record.document_sha256),
        media_type="application/pdf",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="minutes-{record.number}.pdf"',
        },
    )


def _about(kind: str, form: Form, officer: Officer) -> dict[str, Any]:
    match kind:
        case MinutesKind.BRANCH if officer.reach.branch is not None:
            return {"branch_code": str(officer.reach.branch)}
        case MinutesKind.CONSOLIDATED if officer.reach.province is not None:
            return {"province": officer.reach.province}
        case MinutesKind.DESPATCH | MinutesKind.REPORT:
            return {"consolidated": form.text("consolidated")}
        case _:
            raise HttpError(HTTPStatus.BAD_REQUEST, "request.malformed_form")


def _closing(form: Form, record: MinutesRecord) -> dict[str, Any]:
    pairs = zip(form.all("name"), form.all("role"), strict=False)
    attendees = [
        {"name": name.strip(), "role": role.strip()}
        for name, role in pairs
        if name.strip() or role.strip()
    ]
    closing: dict[str, Any] = {"attendees": attendees}
    if record.kind is MinutesKind.DESPATCH:
        packages = ascii_digits(form.text("packages"))
        closing["despatch"] = {
            "packages": int(packages)
            if packages.isdecimal() and len(packages) < len("0" * 9)
            else 0,
            "security": form.text("security"),
        }
    return closing


def _field(pointer: str) -> str:
    """Return the name of the form's field that a JSON Pointer belongs to."""
    last = pointer.rpartition("/")[2]
    return last if last in {"packages", "security"} else "name"


def _minutes_page(
    request: Request,
    officer: Officer,
    record: MinutesRecord,
    supervision: TheSupervision,
    form: Form,
    *,
    wrong: Wrong | None = None,
) -> Response:
    permission = (
        Permission.KEEP_BRANCH_FORMS
        if record.kind is MinutesKind.BRANCH
        else Permission.KEEP_PROVINCE_FORMS
    )
    names, roles = form.all("name"), form.all("role")
    people = [record.drawn_up_by, *([record.closed_by] if record.closed_by else [])]
    return panel_page(
        request,
        "minutes.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        record=record,
        kind=MINUTES_KINDS[record.kind],
        state=MINUTES_STATES[record.state],
        counts=[(SERIAL_STATES[each], record.balance.count(each)) for each in ACCOUNTED],
        names=supervision.names_of(people),
        keeps=officer.may(permission),
        seats=[
            (names[place] if place < len(names) else "", roles[place] if place < len(roles) else "")
            for place in range(SEATS)
        ],
        packages=form.text("packages"),
        security=form.text("security"),
        wrong=wrong or {},
    )


def _number(text: str) -> MinutesNumber:
    try:
        return MinutesNumber.parse(text)
    except InvalidValue as error:
        raise NotFound("paper.minutes_not_found", parameters={"number": text}) from error
