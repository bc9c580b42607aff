"""Who is asking: the session behind a cookie, and what it opens.

Before the login a cookie holds a random value that stands for nothing yet; forms need it too.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, cast
from urllib.parse import quote

from fastapi import Depends, Request

from api.panel.config import Panel
from api.panel.cookies import SESSION, read_cookie
from api.toolkit.dependencies import office_of
from api.toolkit.limits import network_of
from api.toolkit.problems import HttpError
from clearance.roles import Officer, Permission
from register.staff.sessions import Session, Step, Visitor

START = "/panel"
LOGIN = "/panel/login"
STEP_PATHS = {
    Step.CODE: "/panel/login/code",
    Step.PASSWORD: "/panel/login/password",
    Step.ENROLMENT: "/panel/login/enrolment",
}
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_WAY_BACK = re.compile(r"/panel(?:[/?][!-\[\]-~]*)?")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One browser's visit."""

    secret: str
    """What its cookie holds, or is about to hold."""
    is_new: bool
    """Whether the cookie has yet to be set."""
    session: Session | None

    @property
    def form_token(self) -> str:
        """What each form sends along: only who has the cookie can know it."""
        return form_token(self.secret)

    @property
    def officer(self) -> Officer | None:
        """Who is logged in, with nothing left to do before the panel opens."""
        ready = self.session is not None and self.session.step is None
        return self.session.member.officer() if self.session is not None and ready else None


def form_token(secret: str) -> str:
    """Derive the token of forms from a cookie's value."""
    return hmac.new(secret.encode(), b"mohr panel form", hashlib.sha256).hexdigest()


def panel_of(request: Request) -> Panel:
    """Return the panel of the application that the request came to."""
    return cast("Panel", office_of(request).panel)


ThePanel = Annotated[Panel, Depends(panel_of)]


def visit_of(request: Request, panel: ThePanel) -> Visit:
    """Return the visit that the request belongs to; looked up once for each request."""
    known: Visit | None = getattr(request.state, "panel_visit", None)
    if known is not None:
        return known
    secret = cookie_secret(request, panel)
    if secret is None and _comes_from_elsewhere(request):
        raise _asked_again(request)
    visit = Visit(
        secret=secret or secrets.token_urlsafe(32),
        is_new=secret is None,
        session=panel.staff.sessions.find(secret) if secret is not None else None,
    )
    request.state.panel_visit = visit
    return visit


def cookie_secret(request: Request, panel: Panel) -> str | None:
    """Return the cookie's value if it may be one of ours."""
    value = read_cookie(request, panel, SESSION)
    return value if value is not None and _SECRET.fullmatch(value) else None


TheVisit = Annotated[Visit, Depends(visit_of)]
"""Endpoint parameter: the visit, logged in or not."""


def session_of(request: Request, visit: TheVisit) -> Session:
    """Demand a session with nothing left to do; else lead to what is to be done."""
    if visit.session is None:
        raise redirected(_login_address(request))
    if visit.session.step is not None:
        raise redirected(STEP_PATHS[visit.session.step])
    return visit.session


TheSession = Annotated[Session, Depends(session_of)]
"""Endpoint parameter: the session of somebody who is logged in."""


def session_at(step: Step) -> Callable[[TheVisit], Session]:
    """Make a dependency that demands a session whose next step is ``step``."""

    def demand(visit: TheVisit) -> Session:
        if visit.session is None:
            raise redirected(LOGIN)
        if visit.session.step is not step:
            here = visit.session.step
            raise redirected(START if here is None else STEP_PATHS[here])
        return visit.session

    return demand


def officer_of_session(permission: Permission | None = None) -> Callable[[TheSession], Officer]:
    """Make a dependency that demands a login, and a role that has ``permission``.

    Without a login it leads there and back. Raises ``NotPermitted``. What lies
    outside ``Officer.reach`` is for the page to hide.
    """

    def demand(session: TheSession) -> Officer:
        officer = session.member.officer()
        if permission is not None:
            officer.demand(permission)
        return officer

    return demand


def adopt(request: Request, panel: Panel, secret: str) -> Visit:
    """Go on with a session's new secret within this very answer, which gives it to the browser."""
    visit = Visit(secret=secret, is_new=True, session=panel.staff.sessions.find(secret))
    request.state.panel_visit = visit
    return visit


def visitor_of(request: Request) -> Visitor:
    """Return where a request comes from."""
    address = request.client.host if request.client else ""
    return Visitor(
        address=address,
        network=network_of(address),
        agent=request.headers.get("user-agent", ""),
    )


TheVisitor = Annotated[Visitor, Depends(visitor_of)]


def way_back(wanted: str) -> str:
    """Return where to go after the login: a path of the panel, whatever was asked for."""
    return wanted if _WAY_BACK.fullmatch(wanted) else START


def redirected(address: str) -> HttpError:
    """Make the error that leads the browser elsewhere."""
    return HttpError(HTTPStatus.SEE_OTHER, "access.login_required", headers={"Location": address})


def _comes_from_elsewhere(request: Request) -> bool:
    """Whether somebody followed a link of another site: strict cookies stayed behind then."""
    site = request.headers.get("sec-fetch-site")
    return request.method == "GET" and site in {"cross-site", "same-site"}


def _asked_again(request: Request) -> HttpError:
    """Have the browser ask once more, now from here, before a new cookie replaces an old one."""
    return HttpError(
        HTTPStatus.OK,
        "access.login_required",
        headers={"Refresh": f"0; url={_address_of(request)}"},
    )


def _address_of(request: Request) -> str:
    # The path comes decoded; a header takes neither letters beyond Latin-1 nor control characters.
    path = quote(str(request.scope["path"]))
    return path + (f"?{request.url.query}" if request.url.query else "")


def _login_address(request: Request) -> str:
    path = _address_of(request)
    if request.method != "GET" or path == START:
        return LOGIN
    return f"{LOGIN}?next={quote(path, safe='')}"
