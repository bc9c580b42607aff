"""Revoking from the panel: one officer asks, another confirms or rejects.

Asking goes through a warning and a page to check the answers; the register itself demands the
permission, the reach and the second officer once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.filters import Asked, AskedBySupervisor, OneOf, id_of
from api.panel.forms import Form, SentForm, Wrong, wrong_of
from api.panel.listings import CursorListing
from api.panel.shell import done, panel_page
from api.panel.supervised import Supervisor, TheSupervision, clearance_link, number_of
from api.panel.tables import Link
from api.panel.visits import officer_of_session
from api.panel.words import REASONS, REVOCATIONS, said, text
from api.toolkit.dependencies import Office, TheOffice
from api.toolkit.problems import HttpError
from clearance.errors import InvalidValue, NotFound
from clearance.roles import Officer, Permission
from clearance.text import clean, persian_digits
from register.records import RevocationReason, RevocationState
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


def _revocations(office: TheOffice) -> Revocations:
    return office.revocations


TheRevocations = Annotated[Revocations, Depends(_revocations)]


@dataclass(frozen=True, kw_only=True)
class _Request:
    revocation: Revocation
    requested_by: str
    """Name of who asked."""


def _found(
    asked: Asked, chosen: Mapping[str, str], behind: int | None, limit: int
) -> tuple[_Request, ...]:
    found = asked.office.revocations.within_reach(
        officer=asked.officer,
        state=None if chosen["state"] == _ALL else RevocationState(chosen["state"]),
        before=behind,
        limit=limit,
    )
    names = asked.supervision.names_of(each.requested_by for each in found)
    names[asked.officer.id] = text("you")
    return tuple(
        _Request(revocation=each, requested_by=names.get(each.requested_by, "—")) for each in found
    )


def _link(asked: _Request) -> Link:
    revocation = asked.revocation
    return Link(
        text=text("revocation_request", id=revocation.id),
        href=f"/panel/revocations/{revocation.number}/{revocation.id}",
    )


_REQUESTS = CursorListing[_Request, int](
    name="revocations",
    path="/panel/revocations",
    filters=(
        OneOf(
            name="state",
            options={
                **{each.value: badge.word for each, badge in REVOCATIONS.items()},
                _ALL: text("all"),
            },
            default=RevocationState.OPEN.value,
        ),
    ),
    cursor="before",
    find=_found,
    place=lambda each: each.revocation.id,
    read=id_of,
    page_size=MOST_LISTED,
    columns={
        "request": _link,
        "number": lambda each: clearance_link(each.revocation.number),
        "reason": lambda each: REASONS[each.revocation.reason],
        "requested_by": lambda each: each.requested_by,
        "requested_at": lambda each: each.revocation.requested_at,
        "state": lambda each: REVOCATIONS[each.revocation.state],
    },
)


@router.get("/panel/revocations")
def show_revocations(asked: AskedBySupervisor) -> Response:
    """List the requests within reach, the newest first."""
    return _REQUESTS.page(asked)


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
        public=page_text("revocation_reasons", reason).fa,
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
        said("revocation_asked", id=asked.id),
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
        public=page_text("revocation_reasons", asked.reason).fa,
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
    done_as = {
        Decision.CONFIRM: "revocation_confirmed",
        Decision.REJECT: "revocation_rejected",
    }
    notice = said(done_as[decision], number=persian_digits(asked.number))
    return done(request, f"/panel/revocations/{asked.number}/{asked.id}", notice)


def _asked(office: Office, number: str, id_: str, officer: Officer) -> tuple[History, Revocation]:
    """Return the request that a path names; outside reach as if there were none."""
    history = office.supervision.history(number_of(number), officer.reach)
    for each in history.revocations:
        if str(each.id) == id_:
            return history, each
    raise NotFound("revocation_request.not_found")


def _reason_and_remark(form: Form) -> tuple[RevocationReason, str | None]:
    try:
        reason = RevocationReason(form.text("reason"))
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
