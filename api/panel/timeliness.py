"""Issuing in time (R11): figures with their charts, and what is still open."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.panel.charts import svg_response
from api.panel.figures import Figure, figures
from api.panel.filters import Asked, AskedBySupervisor, OneOf
from api.panel.listings import PagedListing
from api.panel.shell import panel_page
from api.panel.supervised import (
    Supervisor,
    TheSupervision,
    branch_options,
    chosen,
    chosen_branch,
    row_link,
)
from api.panel.tables import Code, csv_response
from api.panel.words import text, words
from api.toolkit.dependencies import Office, TheOffice
from api.toolkit.problems import HttpError
from clearance.roles import Officer
from register.supervision.records import OpenCollection, Page, Timeliness
from register.supervision.service import Supervision

router = APIRouter(include_in_schema=False)

SPANS = ("7", "30", "60", "90")
_DEFAULT_SPAN = "30"


@router.get("/panel/timeliness")
def show_timeliness(
    request: Request, officer: Supervisor, supervision: TheSupervision, office: TheOffice
) -> Response:
    """Show issuing against the one-day rule by branch and day."""
    timely, made, query = _figures(request, officer, supervision, office)
    judged = timely.total.in_time + timely.total.late
    return panel_page(
        request,
        "timeliness.html",
        timely=timely,
        share=round(1000 * timely.total.in_time / judged) / 10 if judged else None,
        overdue=sum(each.overdue for each in timely.branches),
        figures=made.values(),
        query=query,
        spans=tuple((each, text("last_days", days=int(each))) for each in SPANS),
        span=chosen(request, "days", SPANS, _DEFAULT_SPAN),
        branch=chosen_branch(request) or "",
        branches=branch_options(supervision.branches(officer.reach)),
    )


def _found(
    asked: Asked, chosen: Mapping[str, str], limit: int, offset: int
) -> Page[OpenCollection]:
    return asked.supervision.open_collections(
        asked.officer.reach, overdue=chosen["state"] == "overdue", limit=limit, offset=offset
    )


_OPEN_COLLECTIONS = PagedListing[OpenCollection](
    name="open-collections",
    path="/panel/timeliness/open",
    filters=(OneOf(name="state", options=words("collections"), default="overdue"),),
    find=_found,
    file="open-collections",
    columns={
        "id": lambda each: Code(text=each.id),
        "branch": lambda each: each.branch_name,
        "row": lambda each: row_link(each.key),
        "amount": lambda each: int(each.amount),
        "collected_at": lambda each: each.collected_at,
        "due_at": lambda each: each.due_at,
        "state": lambda each: words("collections")["overdue" if each.overdue else "soon"],
    },
)


@router.get("/panel/timeliness/open")
def show_open(asked: AskedBySupervisor) -> Response:
    """Show the collections without a clearance whose deadline has passed, or soon will."""
    return _OPEN_COLLECTIONS.page(asked)


@router.get("/panel/timeliness/open.csv")
def download_open(asked: AskedBySupervisor) -> Response:
    """Return the same as a file."""
    return _OPEN_COLLECTIONS.download(asked)


@router.get("/panel/timeliness/{name}.svg")
def chart(
    request: Request,
    name: str,
    officer: Supervisor,
    supervision: TheSupervision,
    office: TheOffice,
) -> Response:
    """Draw one figure."""
    figure = _figure(request, name, officer, supervision, office)
    return svg_response(figure.chart, narrow="narrow" in request.query_params)


@router.get("/panel/timeliness/{name}.csv")
def download(
    request: Request,
    name: str,
    officer: Supervisor,
    supervision: TheSupervision,
    office: TheOffice,
) -> Response:
    """Return one figure's table as a file."""
    table = _figure(request, name, officer, supervision, office).table
    return csv_response(name, table.columns, table.rows)


def _figure(
    request: Request, name: str, officer: Officer, supervision: Supervision, office: Office
) -> Figure:
    _, made, _ = _figures(request, officer, supervision, office)
    if name not in made:
        raise HttpError(HTTPStatus.NOT_FOUND, "request.no_such_path")
    return made[name]


def _figures(
    request: Request, officer: Officer, supervision: Supervision, office: Office
) -> tuple[Timeliness, Mapping[str, Figure], str]:
    """Return the figures that the address asks for, and the query that asks for them again."""
    span = chosen(request, "days", SPANS, _DEFAULT_SPAN)
    branch = chosen_branch(request)
    last_day = supervision.today()
    timely = supervision.timeliness(
        officer.reach,
        branch=branch,
        first_day=last_day - timedelta(days=int(span) - 1),
        last_day=last_day,
    )
    balances = office.paper.balances(officer.reach, code=branch)
    query = urlencode({"days": span, **({"branch": branch} if branch else {})})
    return timely, figures(timely, balances, query), query
