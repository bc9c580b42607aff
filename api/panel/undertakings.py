"""Undertakings before the inspection of the books (R7, R8): one for each fiscal period."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.panel.shell import panel_page
from api.panel.supervised import (
    MOST_DOWNLOADED,
    Supervisor,
    TheSupervision,
    same_address,
    typed_text,
)
from api.panel.tables import Cell, Code, Link, Table, csv_response, paging_of
from clearance.text import ascii_digits, persian_digits
from register.supervision.records import FiledUndertaking

router = APIRouter(include_in_schema=False)

_COLUMNS = (
    "شناسه",
    "شعبه",
    "پیمانکار",
    "شناسهٔ پیمانکار",
    "شروع دورهٔ مالی",
    "پایان دورهٔ مالی",
    "دریافت",
    "مفاصاحساب‌ها",
)


@router.get("/panel/undertakings")
def show_undertakings(
    request: Request, officer: Supervisor, supervision: TheSupervision
) -> Response:
    """List the undertakings within reach, the newest first."""
    typed = ascii_digits(typed_text(request, "q"))
    counted = supervision.undertakings(officer.reach, typed, limit=0, offset=0)
    paging = paging_of(request, counted.total)
    page = supervision.undertakings(officer.reach, typed, limit=paging.limit, offset=paging.offset)
    table = Table(
        caption="تعهدنامه‌ها، تازه‌ترین نخست",
        columns=_COLUMNS,
        rows=tuple(map(_row, page.rows)),
        empty="تعهدنامه‌ای در حوزهٔ شما نیست.",
        csv=same_address(request, "/panel/undertakings.csv"),
    )
    return panel_page(request, "undertakings.html", typed=typed, data=table, paging=paging)


@router.get("/panel/undertakings.csv")
def download_undertakings(
    request: Request, officer: Supervisor, supervision: TheSupervision
) -> Response:
    """Return the same as a file."""
    typed = ascii_digits(typed_text(request, "q"))
    page = supervision.undertakings(officer.reach, typed, limit=MOST_DOWNLOADED, offset=0)
    return csv_response("undertakings", _COLUMNS, map(_row, page.rows))


def _row(filed: FiledUndertaking) -> tuple[Cell, ...]:
    undertaking = filed.undertaking
    issued: Cell = filed.clearances
    if filed.clearances:
        href = f"/panel/clearances?{urlencode({'q': undertaking.id})}"
        issued = Link(text=persian_digits(str(filed.clearances)), href=href)
    return (
        Code(text=undertaking.id),
        filed.branch_name,
        filed.contractor,
        Code(text=undertaking.contractor_identifier),
        undertaking.period_start,
        undertaking.period_end,
        undertaking.received_at,
        issued,
    )
