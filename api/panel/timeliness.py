"""Issuing in time (R11): figures with their charts, and what is still open."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.panel.charts import svg_response
from api.panel.figures import Figure, figures
from api.panel.shell import panel_page
from api.panel.supervised import (
    MOST_DOWNLOADED,
    Supervisor,
    TheSupervision,
    branch_options,
    chosen,
    chosen_branch,
    row_link,
)
from api.panel.tables import Cell, Code, Table, csv_response, paging_of
from api.toolkit.dependencies import Office, TheOffice
from api.toolkit.problems import HttpError
from clearance.roles import Officer
from clearance.text import persian_digits
from register.supervision.records import OpenCollection, Timeliness
from register.supervision.service import Supervision

router = APIRouter(include_in_schema=False)

SPANS = ("7", "30", "60", "90")
_DEFAULT_SPAN = "30"
_OPEN = {"overdue": "گذشته از مهلت", "soon": "نزدیک به پایان مهلت"}
_OPEN_COLUMNS = ("شناسهٔ وصول", "شعبه", "ردیف پیمان", "مبلغ (ریال)", "وصول", "پایان مهلت", "وضعیت")


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
        spans=tuple((each, persian_digits(f"{each} روز گذشته")) for each in SPANS),
        span=chosen(request, "days", SPANS, _DEFAULT_SPAN),
        branch=chosen_branch(request) or "",
        branches=branch_options(supervision.branches(officer.reach)),
    )


@router.get("/panel/timeliness/open")
def show_open(request: Request, officer: Supervisor, supervision: TheSupervision) -> Response:
    """Show the collections without a clearance whose deadline has passed, or soon will."""
    state = chosen(request, "state", _OPEN, "overdue")
    overdue = state == "overdue"
    counted = supervision.open_collections(officer.reach, overdue=overdue, limit=0, offset=0)
    paging = paging_of(request, counted.total)
    page = supervision.open_collections(
        officer.reach, overdue=overdue, limit=paging.limit, offset=paging.offset
    )
    table = Table(
        caption=_OPEN[state],
        columns=_OPEN_COLUMNS,
        rows=tuple(map(_open_row, page.rows)),
        csv=f"/panel/timeliness/open.csv?state={state}",
    )
    return panel_page(
        request, "open-collections.html", state=state, choices=_OPEN, data=table, paging=paging
    )


@router.get("/panel/timeliness/open.csv")
def download_open(request: Request, officer: Supervisor, supervision: TheSupervision) -> Response:
    """Return the same as a file."""
    overdue = chosen(request, "state", _OPEN, "overdue") == "overdue"
    page = supervision.open_collections(
        officer.reach, overdue=overdue, limit=MOST_DOWNLOADED, offset=0
    )
    return csv_response("open-collections", _OPEN_COLUMNS, map(_open_row, page.rows))


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


def _open_row(each: OpenCollection) -> tuple[Cell, ...]:
    return (
        Code(text=each.id),
        each.branch_name,
        row_link(each.key),
        int(each.amount),
        each.collected_at,
        each.due_at,
        _OPEN["overdue" if each.overdue else "soon"],
    )
