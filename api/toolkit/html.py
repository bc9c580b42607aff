"""Makes pages of templates: escaped, strict about missing names, Persian dates and numbers."""

from base64 import b64encode
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.toolkit.dependencies import context_of
from api.toolkit.messages import error_text, page_text
from api.toolkit.problems import headers_of, status_of
from clearance.clock import format_moment
from clearance.errors import MohrError
from clearance.identifiers import NationalId
from clearance.jalali import format_date, tehran_day, tehran_time
from clearance.money import grouped_digits, in_words
from clearance.text import paper_digits, persian_digits, reading_direction

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
        environment("pages")
        .get_template(template)
        .render(
            demo=context.services.demo,
            domain=urlsplit(context.services.public_url).netloc,
            upload_limit=context.limits.upload_bytes,
            seals_receipts=context.services.seal_receipt is not None,
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


def _base64(content: str | bytes) -> str:
    return b64encode(content.encode() if isinstance(content, str) else content).decode()


@cache
def environment(folder: str) -> Environment:
    """Return the templates of a folder of ``templates``, with what they need for Persian text."""
    made = Environment(
        loader=PackageLoader("templates", folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        base64=_base64,
        digits=lambda value: persian_digits(str(value)),
        jalali=format_date,
        paper_digits=paper_digits,
        reading_direction=reading_direction,
        rfc3339=format_moment,
        rials=grouped_digits,
        tehran_day=tehran_day,
        tehran_time=tehran_time,
        words=in_words,
    )
    made.globals["label"] = lambda name: page_text("labels", name)
    made.tests["national_id"] = lambda value: isinstance(value, NationalId)
    return made
