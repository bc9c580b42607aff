"""The way in: password, then a code; at the first login a new password and a second factor."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.config import Panel
from api.panel.cookies import SESSION, drop_cookie
from api.panel.forms import SentForm, Wrong
from api.panel.shell import done, logged_in, panel_page
from api.panel.visits import (
    LOGIN,
    START,
    STEP_PATHS,
    ThePanel,
    TheVisit,
    TheVisitor,
    session_at,
    way_back,
)
from api.panel.words import said
from api.toolkit.problems import HttpError
from clearance.errors import InvalidValue, MohrError, Refused, TooManyAttempts
from register.staff.sessions import Session, Step
from templates.catalogues import error_text

router = APIRouter(include_in_schema=False)


@router.get("/panel/login")
def show_login(request: Request, visit: TheVisit, panel: ThePanel) -> Response:
    """Ask for user name and password."""
    if visit.officer is not None:
        return done(request, START)
    return login_page(request, panel, next_path=request.query_params.get("next", ""))


@router.post("/panel/login")
def log_in(
    request: Request, form: SentForm, visit: TheVisit, panel: ThePanel, visitor: TheVisitor
) -> Response:
    """Take user name and password, and lead to the next step."""
    if not panel.passwords:
        raise HttpError(HTTPStatus.NOT_FOUND, "request.no_such_path")
    username, next_path = form.text("username"), form.text("next")
    try:
        secret = panel.staff.logins.with_password(username, form.raw("password"), visitor)
    except Refused as error:
        return login_page(
            request,
            panel,
            next_path=next_path,
            username=username,
            wrong={"username": error_text(error)},
            status=refusal_status(error),
        )
    if visit.session is not None:
        panel.staff.logins.log_out(visit.session)
    response = done(request, with_way_back(STEP_PATHS[Step.CODE], next_path))
    logged_in(request, response, secret)
    return response


@router.get("/panel/login/code")
def show_code(request: Request, _: Annotated[Session, Depends(session_at(Step.CODE))]) -> Response:
    """Ask for a code of the second factor."""
    return _code_page(request, request.query_params.get("next", ""))


@router.post("/panel/login/code")
def take_code(
    request: Request,
    session: Annotated[Session, Depends(session_at(Step.CODE))],
    form: SentForm,
    panel: ThePanel,
    visitor: TheVisitor,
) -> Response:
    """Take the code, and open the panel."""
    next_path = form.text("next")
    try:
        secret = panel.staff.logins.with_code(session, form.text("code"), visitor)
    except (InvalidValue, Refused) as error:
        return _code_page(
            request, next_path, wrong={"code": error_text(error)}, status=refusal_status(error)
        )
    response = done(request, way_back(next_path))
    logged_in(request, response, secret)
    return response


@router.post("/panel/logout")
def log_out(request: Request, _: SentForm, visit: TheVisit, panel: ThePanel) -> Response:
    """End the session."""
    if visit.session is not None:
        panel.staff.logins.log_out(visit.session)
    response = done(request, LOGIN, said("logged_out"))
    drop_cookie(response, panel, SESSION)
    return response


def refusal_status(error: MohrError) -> int:
    """Return the status of a page that refuses a password or a code."""
    if isinstance(error, TooManyAttempts):
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.UNPROCESSABLE_ENTITY


def with_way_back(path: str, next_path: str) -> str:
    """Let a step of the login remember where its person wanted to go."""
    wanted = way_back(next_path)
    return path if wanted == START else f"{path}?{urlencode({'next': wanted})}"


def login_page(
    request: Request,
    panel: Panel,
    *,
    next_path: str,
    username: str = "",
    wrong: Wrong | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    """Ask who it is, in the ways that this panel knows."""
    return panel_page(
        request,
        "login.html",
        status=status,
        url=panel.url,
        passwords=panel.passwords,
        provider=panel.provider.config.name if panel.provider else None,
        next=way_back(next_path),
        username=username,
        wrong=wrong or {},
    )


def _code_page(
    request: Request,
    next_path: str,
    *,
    wrong: Wrong | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    return panel_page(
        request, "code.html", status=status, next=way_back(next_path), wrong=wrong or {}
    )
