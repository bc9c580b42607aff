"""The way in by the organization's identity provider."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.panel.config import Panel
from api.panel.cookies import PROVIDER, drop_cookie, put_cookie, read_cookie
from api.panel.provider import AWAY, CALLBACK, Provider
from api.panel.shell import panel_page
from api.panel.visits import STEP_PATHS, ThePanel, TheVisitor, adopt, way_back
from api.toolkit.problems import HttpError
from clearance.errors import Refused
from templates.catalogues import error_text

router = APIRouter(include_in_schema=False)


@router.get("/panel/login/provider")
def leave(request: Request, panel: ThePanel) -> Response:
    """Send the browser to the provider."""
    departure = _provider_of(panel).begin(way_back(request.query_params.get("next", "")))
    response = RedirectResponse(departure.url, HTTPStatus.SEE_OTHER)
    # Lax: the browser comes back from another site, and has to bring this along.
    put_cookie(
        response,
        panel,
        PROVIDER,
        departure.kept,
        same_site="lax",
        seconds=int(AWAY.total_seconds()),
    )
    return response


@router.get(CALLBACK)
def arrive(request: Request, panel: ThePanel, visitor: TheVisitor) -> Response:
    """Take whom the provider vouches for, and open the panel or the next step."""
    provider = _provider_of(panel)
    try:
        arrival = provider.finish(
            read_cookie(request, panel, PROVIDER) or "", dict(request.query_params)
        )
        secret = panel.staff.logins.with_provider(arrival.username, visitor)
    except Refused as error:
        response: Response = panel_page(
            request,
            "problem.html",
            status=HTTPStatus.FORBIDDEN,
            message=error_text(error),
            code=error.code,
            request_id=request.state.request_id,
        )
    else:
        visit = adopt(request, panel, secret)
        step = visit.session.step if visit.session else None
        # A page instead of a redirect: browsers hold strict cookies back along a chain of
        # redirects that began on another site.
        address = arrival.next_path if step is None else STEP_PATHS[step]
        response = panel_page(request, "arrived.html", address=address)
    drop_cookie(response, panel, PROVIDER)
    return response


def _provider_of(panel: Panel) -> Provider:
    if panel.provider is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "request.no_such_path")
    return panel.provider
