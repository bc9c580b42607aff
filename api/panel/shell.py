"""Makes the panel's pages: template, navigation, notice of what was done, cookies, headers."""

from datetime import date, datetime
from functools import cache
from http import HTTPStatus
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.panel.cookies import (
    NOTICE,
    SESSION,
    decoded,
    drop_cookie,
    encoded,
    put_cookie,
    read_cookie,
)
from api.panel.navigation import Section, sections_for
from api.panel.tables import Badge, Code, Link
from api.panel.visits import START, Visit, panel_of
from api.panel.words import ROLES, office_of
from api.toolkit.dependencies import context_of
from api.toolkit.html import pages
from api.toolkit.problems import headers_of, status_of
from clearance.errors import MohrError
from templates.catalogues import error_text

_HEADERS = {
    # With "no-referrer" browsers hide the origin of forms even from the page's own host.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NOTICE_SECONDS = 60


def panel_page(
    request: Request, template: str, *, status: int = HTTPStatus.OK, **values: Any
) -> HTMLResponse:
    """Fill a template of ``templates/panel`` for whoever is asking."""
    panel = panel_of(request)
    visit: Visit | None = getattr(request.state, "panel_visit", None)
    officer = visit.officer if visit else None
    kept = read_cookie(request, panel, NOTICE)
    services = context_of(request).services
    content = (
        templates()
        .get_template(template)
        .render(
            demo=services.demo,
            officer=officer,
            role=ROLES[officer.role] if officer else "",
            office=office_of(officer.reach) if officer else "",
            sections=sections_for(officer) if officer else (),
            here=_section_of(request.url.path, sections_for(officer) if officer else ()),
            form_token=visit.form_token if visit else "",
            notice=decoded(kept) if kept else None,
            **values,
        )
    )
    response = HTMLResponse(content, status_code=status, headers=_HEADERS)
    if visit is not None and visit.is_new:
        put_cookie(response, panel, SESSION, visit.secret)
    if kept is not None:
        drop_cookie(response, panel, NOTICE)
    return response


def belongs_to_panel(request: Request) -> bool:
    """Whether a path is one of the panel, on a machine that has one."""
    office = context_of(request).services.office
    below = request.url.path == START or request.url.path.startswith(f"{START}/")
    return below and office is not None


def panel_problem(request: Request, error: MohrError) -> Response:
    """Return an error as a page of the panel."""
    status = status_of(error)
    if status in {HTTPStatus.OK, HTTPStatus.SEE_OTHER}:
        return Response(status_code=status, headers=headers_of(error))
    response = panel_page(
        request,
        "problem.html",
        status=status,
        message=error_text(error),
        code=error.code,
        request_id=request.state.request_id,
    )
    response.headers.update(headers_of(error))
    return response


def done(request: Request, address: str, notice: str | None = None) -> RedirectResponse:
    """Lead to ``address`` after a form has done its work, and say there what was done."""
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER, headers=_HEADERS)
    if notice is not None:
        put_cookie(response, panel_of(request), NOTICE, encoded(notice), seconds=_NOTICE_SECONDS)
    return response


def logged_in(request: Request, response: Response, secret: str) -> None:
    """Give the browser the session's new secret."""
    put_cookie(response, panel_of(request), SESSION, secret)


@cache
def templates() -> Environment:
    """Return the templates of the panel, with tests for the cells of its tables."""
    # The facts of a clearance are those of the public's pages, in the panel's own parts.
    made = pages("panel", "pages")
    made.tests.update(
        link=lambda value: isinstance(value, Link),
        code_cell=lambda value: isinstance(value, Code),
        badge_cell=lambda value: isinstance(value, Badge),
        moment_cell=lambda value: isinstance(value, datetime),
        day_cell=lambda value: isinstance(value, date),
    )
    return made


def _section_of(path: str, sections: tuple[Section, ...]) -> str:
    below = [
        each.path for each in sections if path == each.path or path.startswith(f"{each.path}/")
    ]
    return max(below, key=len, default="")
