"""Revoking from the panel: one officer asks, another confirms or rejects.

Asking goes through a warning and a page to check the answers; the register itself demands the
permission, the reach and the second officer once more.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.forms import Form, SentForm, Wrong, wrong_of
from api.panel.shell import done, panel_page
from api.panel.supervised import (
    Supervisor,
    TheSupervision,
    chosen,
    chosen_before,
    clearance_link,
    number_of,
)
from api.panel.tables import Cell, Link, Table
from api.panel.visits import officer_of_session
from api.panel.words import REASONS, REVOCATIONS
from api.toolkit.dependencies import Office, TheOffice
from api.toolkit.problems import HttpError
from clearance.errors import InvalidValue, NotFound
from clearance.roles import Officer, Permission
from clearance.text import clean, persian_digits
from register.records import RevocationState, WithdrawalReason
from register.revocations import (
    LONGEST_REMARK,
    MOST_LISTED,
    Decision,
    Revocation,
    Revocations,
)
from register.supervision.records import History
from templates.catalogues import page_text

router = APIRouter(include_in_schema=False)

Asking = Annotated[Officer, Depends(officer_of_session(Permission.REQUEST_REVOCATION))]
Deciding = Annotated[Officer, Depends(officer_of_session(Permission.CONFIRM_REVOCATION))]

_ALL = "all"
_STATES = {
    RevocationState.OPEN.value: "در انتظار تأیید",
    RevocationState.CONFIRMED.value: "تأییدشده",
    RevocationState.REJECTED.value: "ردشده",
    _ALL: "همه",
}
_COLUMNS = ("درخواست", "مفاصاحساب", "علت", "درخواست‌کننده", "زمان درخواست", "وضعیت")


def _revocations(office: TheOffice) -> Revocations:
    return office.revocations


TheRevocations = Annotated[Revocations, Depends(_revocations)]


@router.get("/panel/revocations")
def show_revocations(
    request: Request,
    officer: Supervisor,
    revocations: TheRevocations,
    supervision: TheSupervision,
) -> Response:
    """List the requests within reach, the newest first."""
    state = chosen(request, "state", _STATES, RevocationState.OPEN.value)
    found = revocations.within_reach(
        officer=officer,
        state=None if state == _ALL else RevocationState(state),
        before=chosen_before(request),
    )
    names = supervision.names_of(each.requested_by for each in found)
    table = Table(
        caption=f"درخواست‌های ابطال: {_STATES[state]}",
        columns=_COLUMNS,
        rows=tuple(_row(each, names, officer) for each in found),
        empty="درخواستی نیست.",
    )
    more = found[-1].id if len(found) == MOST_LISTED else None
    return panel_page(
        request, "revocations.html", state=state, choices=_STATES, data=table, more=more
    )


@router.get("/panel/clearances/{number}/revoke")
def show_form(
    request: Request, number: str, officer: Asking, supervision: TheSupervision
) -> Response:
    """Warn, and ask for reason and remark."""
    history = supervision.history(number_of(number), officer.reach)
    return _form_page(request, history, Form(fields=()))


@router.post("/panel/clearances/{number}/revoke")
def check(
    request: Request, number: str, officer: Asking, form: SentForm, supervision: TheSupervision
) -> Response:
    """Show the answers once more; nothing is recorded yet."""
    history = supervision.history(number_of(number), officer.reach)
    if form.text("back"):
        return _form_page(request, history, form)
    try:
        reason, remark = _reason_and_remark(form)
    except InvalidValue as error:
        return _form_page(request, history, form, wrong=wrong_of(error))
    return panel_page(
        request,
        "revocation-check.html",
        history=history,
        reason=reason,
        reasons=REASONS,
        public=page_text("withdrawals", reason).fa,
        remark=remark,
    )


@router.post("/panel/clearances/{number}/revoke/request")
def ask(
    request: Request,
    number: str,
    officer: Asking,
    form: SentForm,
    revocations: TheRevocations,
    supervision: TheSupervision,
) -> Response:
    """Record the request, and show it with its reference."""
    parsed = number_of(number)
    history = supervision.history(parsed, officer.reach)
    try:
        reason, remark = _reason_and_remark(form)
    except InvalidValue as error:
        return _form_page(request, history, form, wrong=wrong_of(error))
    asked = revocations.open(parsed, reason=reason, remark=remark, officer=officer)
    return done(
        request,
        f"/panel/revocations/{parsed}/{asked.id}",
        f"درخواست ابطال با شمارهٔ {persian_digits(str(asked.id))} ثبت شد. "
        "تا همکار دیگری آن را تأیید نکند، مفاصاحساب معتبر می‌ماند.",
    )


@router.get("/panel/revocations/{number}/{id_}")
def show_revocation(
    request: Request, number: str, id_: str, officer: Supervisor, office: TheOffice
) -> Response:
    """Show one request; to another officer who may decide, with the decision to take."""
    history, asked = _asked(office, number, id_, officer)
    is_open = asked.state is RevocationState.OPEN
    return panel_page(
        request,
        "revocation.html",
        history=history,
        asked=asked,
        state=REVOCATIONS[asked.state],
        reasons=REASONS,
        public=page_text("withdrawals", asked.reason).fa,
        may_decide=is_open
        and officer.may(Permission.CONFIRM_REVOCATION)
        and asked.requested_by != officer.id,
        is_own=is_open and asked.requested_by == officer.id,
    )


@router.post("/panel/revocations/{number}/{id_}/decision")
def decide(
    request: Request,
    number: str,
    id_: str,
    officer: Deciding,
    form: SentForm,
    revocations: TheRevocations,
    office: TheOffice,
) -> Response:
    """Confirm or reject what another officer asked for."""
    _, asked = _asked(office, number, id_, officer)
    try:
        decision = Decision(form.text("decision"))
    except ValueError as error:
        raise HttpError(HTTPStatus.BAD_REQUEST, "request.malformed_form") from error
    revocations.decide(asked.number, asked.id, decision, officer=officer)
    which = f"مفاصاحساب {persian_digits(asked.number)}"
    said = {
        Decision.CONFIRM: f"ابطال تأیید شد و {which} از هم‌اکنون باطل است.",
        Decision.REJECT: f"درخواست ابطال رد شد و {which} معتبر ماند.",
    }
    return done(request, f"/panel/revocations/{asked.number}/{asked.id}", said[decision])


def _asked(office: Office, number: str, id_: str, officer: Officer) -> tuple[History, Revocation]:
    """Return the request that a path names; outside reach as if there were none."""
    history = office.supervision.history(number_of(number), officer.reach)
    for each in history.revocations:
        if str(each.id) == id_:
            return history, each
    raise NotFound("revocation_request.not_found")


def _reason_and_remark(form: Form) -> tuple[WithdrawalReason, str | None]:
    try:
        reason = WithdrawalReason(form.text("reason"))
    except ValueError as error:
        raise InvalidValue("revocation.reason_missing", field="/reason") from error
    # Lines of a text area become one.
    typed = " ".join(form.text("remark").split())
    if not typed:
        return reason, None
    try:
        return reason, clean(typed, limit=LONGEST_REMARK)
    except InvalidValue as error:
        error.field = "/remark"
        raise


def _form_page(
    request: Request, history: History, form: Form, *, wrong: Wrong | None = None
) -> Response:
    if history.issued is None:
        raise NotFound("supervision.clearance_not_found")
    return panel_page(
        request,
        "revoke.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        history=history,
        reasons=tuple((each.value, word) for each, word in REASONS.items()),
        reason=form.text("reason"),
        remark=form.text("remark"),
        longest=LONGEST_REMARK,
        wrong=wrong or {},
    )


def _row(each: Revocation, names: dict[str, str], officer: Officer) -> tuple[Cell, ...]:
    return (
        Link(
            text=f"درخواست {persian_digits(str(each.id))}",
            href=f"/panel/revocations/{each.number}/{each.id}",
        ),
        clearance_link(each.number),
        REASONS[each.reason],
        "شما" if each.requested_by == officer.id else names.get(each.requested_by, "—"),
        each.requested_at,
        REVOCATIONS[each.state],
    )
