"""The ledger of paper forms (R10, R12-R14): balances, serials, who is late."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.forms import Form, SentForm, Wrong
from api.panel.paper_tables import BALANCES, ENTRIES, LATE, MINUTES, RANGES
from api.panel.shell import done, panel_page
from api.panel.supervised import Supervisor, TheSupervision, branch_options
from api.panel.words import SERIAL_STATES, said
from api.toolkit.dependencies import TheOffice
from clearance.errors import Conflict, InvalidRequest, InvalidValue, MohrError, NotFound
from clearance.paper_form_request import parse_allotment, parse_entries
from clearance.paper_forms import EMPTY, WITH_HOLOGRAM, FormSerial
from clearance.roles import Officer, Permission
from register.paper_forms.ledger import PaperFormLedger
from templates.catalogues import Message, error_text

router = APIRouter(include_in_schema=False)


def ledger_of(office: TheOffice) -> PaperFormLedger:
    """Return the ledger."""
    return office.paper


TheLedger = Annotated[PaperFormLedger, Depends(ledger_of)]


@router.get("/panel/paper")
def show_ledger(
    request: Request, officer: Supervisor, ledger: TheLedger, supervision: TheSupervision
) -> Response:
    """Show the ledger within reach, and the forms of those who keep it."""
    return _ledger_page(request, officer, ledger, supervision, Form(fields=()))


@router.get("/panel/paper.csv")
def download_ledger(officer: Supervisor, ledger: TheLedger) -> Response:
    """Return the balances as a file."""
    lines = ledger.balances(officer.reach)
    return BALANCES.sheet(lines)


@router.get("/panel/paper/forms")
def show_form(request: Request, officer: Supervisor, ledger: TheLedger) -> Response:
    """Show what became of one serial."""
    typed = request.query_params.get("serial", "")
    try:
        serial = FormSerial.parse(typed)
    except InvalidValue as error:
        raise NotFound("paper.not_allotted", parameters={"first": typed, "last": typed}) from error
    form = ledger.form(serial, officer.reach)
    if form is None:
        parameters = {"first": str(serial), "last": str(serial)}
        raise NotFound("paper.not_allotted", parameters=parameters)
    return panel_page(
        request,
        "paper-form.html",
        form=form,
        state=SERIAL_STATES[form.state],
        data=ENTRIES.table(form.entries),
    )


@router.post("/panel/paper/states")
def record_states(
    request: Request,
    officer: Supervisor,
    form: SentForm,
    ledger: TheLedger,
    supervision: TheSupervision,
) -> Response:
    """Record the state of serials of one's branch."""
    officer.demand(Permission.KEEP_BRANCH_FORMS)
    try:
        entries = parse_entries({"entries": [_entry(form)]})
        ledger.record(entries, officer)
    except (InvalidRequest, InvalidValue, Conflict, NotFound) as error:
        wrong = _by_field(error, "state-")
        return _ledger_page(request, officer, ledger, supervision, form, wrong=wrong)
    serials = entries[0].serials
    return done(
        request,
        "/panel/paper",
        said("serials_recorded", count=serials.count, state=SERIAL_STATES[entries[0].state]),
    )


@router.post("/panel/paper/ranges")
def allot(
    request: Request,
    officer: Supervisor,
    form: SentForm,
    ledger: TheLedger,
    supervision: TheSupervision,
) -> Response:
    """Give serials to a branch of one's province."""
    officer.demand(Permission.KEEP_PROVINCE_FORMS)
    names = ("branch_code", "first", "last")
    try:
        given = ledger.allot(
            parse_allotment({name: form.text(f"range-{name}") for name in names}), officer
        )
    except (InvalidRequest, InvalidValue, Conflict, NotFound) as error:
        wrong = _by_field(error, "range-")
        return _ledger_page(request, officer, ledger, supervision, form, wrong=wrong)
    return done(
        request,
        "/panel/paper",
        said("serials_allotted", count=given.serials.count, branch=given.branch_name),
    )


def _entry(form: Form) -> dict[str, Any]:
    """Read the form's one entry; the hologram of a form bears the form's own serial."""
    typed = {
        name: form.text(f"state-{name}") or None
        for name in ("first", "last", "clearance", "explanation")
    }
    state = form.text("state-state")
    attached = state in WITH_HOLOGRAM and form.text("state-hologram") == "yes"
    return {
        **{name: value for name, value in typed.items() if value is not None},
        "first": typed["first"] or "",
        "state": state,
        **({"hologram": typed["first"] or ""} if attached else {}),
    }


def _by_field(error: MohrError, prefix: str) -> dict[str, Message]:
    problems = error.problems if isinstance(error, InvalidRequest) else (error,)
    return {
        prefix + (each.field.rpartition("/")[2] or "first"): error_text(each) for each in problems
    }


def _ledger_page(
    request: Request,
    officer: Officer,
    ledger: PaperFormLedger,
    supervision: TheSupervision,
    form: Form,
    *,
    wrong: Wrong | None = None,
) -> Response:
    lines = ledger.balances(officer.reach)
    late = ledger.late(officer.reach)
    total = sum((each.balance for each in lines), EMPTY)
    branches = supervision.branches(officer.reach)
    return panel_page(
        request,
        "paper.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        deadline=ledger.deadline,
        total=total,
        outstanding=sum(each.outstanding for each in lines),
        balances=BALANCES.table(lines, csv="/panel/paper.csv"),
        late=LATE.table(late),
        minutes=MINUTES.table(ledger.all_minutes(officer.reach)),
        ranges=RANGES.table(ledger.ranges(officer.reach)),
        states=tuple((each.value, word) for each, word in SERIAL_STATES.items()),
        branches=branch_options(branches),
        typed=dict(form.fields),
        keeps_branch=officer.may(Permission.KEEP_BRANCH_FORMS),
        keeps_province=officer.may(Permission.KEEP_PROVINCE_FORMS),
        wrong=wrong or {},
    )
