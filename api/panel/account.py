"""One's own account: password, recovery codes, open sessions."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.panel.first_login import new_password
from api.panel.forms import SentForm, Wrong, wrong_of
from api.panel.login import refusal_status
from api.panel.shell import done, logged_in, panel_page
from api.panel.visits import ThePanel, TheSession, TheVisitor
from api.panel.words import said
from clearance.errors import InvalidValue, Refused
from register.staff.passwords import SHORTEST
from register.staff.sessions import Session

router = APIRouter(include_in_schema=False)

ACCOUNT = "/panel/account"


@router.get("/panel/account")
def show_account(request: Request, session: TheSession, panel: ThePanel) -> Response:
    """Show the reader's own account."""
    return _account_page(request, session, panel)


@router.post("/panel/account/password")
def change_password(
    request: Request, session: TheSession, form: SentForm, panel: ThePanel, visitor: TheVisitor
) -> Response:
    """Change the password; all other sessions end."""
    try:
        new = new_password(form.raw("new"), form.raw("again"))
        secret = panel.staff.logins.change_password(session, form.raw("current"), new, visitor)
    except (InvalidValue, Refused) as error:
        wrong = wrong_of(error, "new")
        return _account_page(request, session, panel, wrong=wrong, status=refusal_status(error))
    response = done(request, ACCOUNT, said("password_changed"))
    logged_in(request, response, secret)
    return response


@router.post("/panel/account/recovery-codes")
def renew_recovery_codes(
    request: Request, session: TheSession, form: SentForm, panel: ThePanel, visitor: TheVisitor
) -> Response:
    """Make fresh recovery codes and show them once."""
    try:
        codes = panel.staff.logins.renew_recovery_codes(session, form.text("code"), visitor)
    except (InvalidValue, Refused) as error:
        wrong = wrong_of(error, "code")
        return _account_page(request, session, panel, wrong=wrong, status=refusal_status(error))
    return panel_page(request, "recovery-codes.html", codes=codes)


@router.post("/panel/account/sessions/end")
def end_session(request: Request, session: TheSession, form: SentForm, panel: ThePanel) -> Response:
    """End one of the reader's own sessions."""
    try:
        id_hash = bytes.fromhex(form.text("session"))
    except ValueError:
        id_hash = b""
    panel.staff.logins.end_session(session, id_hash)
    return done(request, ACCOUNT, said("session_ended"))


@router.post("/panel/account/sessions/end-others")
def end_others(request: Request, session: TheSession, _: SentForm, panel: ThePanel) -> Response:
    """End all of the reader's sessions but this one."""
    ended = panel.staff.logins.end_other_sessions(session)
    return done(request, ACCOUNT, said("sessions_ended", count=ended))


def _account_page(
    request: Request,
    session: Session,
    panel: ThePanel,
    *,
    wrong: Wrong | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    return panel_page(
        request,
        "account.html",
        status=status,
        member=session.member,
        this=session,
        sessions=panel.staff.sessions.of(session.member.id),
        least=SHORTEST,
        wrong=wrong or {},
    )
