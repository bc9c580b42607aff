"""Makes pages of templates, and problems into pages."""

from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.toolkit.dependencies import context_of
from api.toolkit.problems import headers_of, status_of
from clearance.errors import MohrError
from templates.catalogues import TEMPLATES, error_text, page_text
from templates.jinja import environment

_FOR_PROGRAMS = ("/v1/", "/health/", "/.well-known/", "/metrics", "/openapi.json", "/s/")


def wants_page(request: Request) -> bool:
    """Whether the caller is a person with a browser, on a path that is meant for people."""
    if request.url.path.startswith(_FOR_PROGRAMS):
        return False
    return "text/html" in request.headers.get("accept", "")


def page(
    request: Request, template: str, *, status: int = HTTPStatus.OK, **values: Any
) -> HTMLResponse:
    """Fill a template of ``templates/pages``."""
    return HTMLResponse(filled(request, template, **values), status_code=status)


def filled(request: Request, template: str, **values: Any) -> str:
    """Return the text of a filled template of ``templates/pages``."""
    context = context_of(request)
    return (
        pages("pages")
        .get_template(template)
        .render(
            demo=context.services.demo,
            domain=urlsplit(context.services.public_url).netloc,
            upload_limit=context.limits.upload_bytes,
            seals_receipts=context.services.receipts.seal is not None,
            **values,
        )
    )


def problem_page(request: Request, error: MohrError) -> HTMLResponse:
    """Return an error as a page for people."""
    response = page(
        request,
        "problem.html",
        status=status_of(error),
        message=error_text(error),
        request_id=request.state.request_id,
        code=error.code,
    )
    response.headers.update(headers_of(error))
    return response


@cache
def pages(*folders: str) -> Environment:
    """Return what fills in the templates of folders of ``templates``, with labels of facts."""
    return environment(
        *(TEMPLATES / each for each in folders), label=lambda name: page_text("labels", name)
    )
