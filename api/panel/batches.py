"""Batches of all clients: how far each is, and what holds it up. Nothing is changed from here."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.shell import panel_page
from api.panel.supervised import TheSupervision
from api.panel.tables import Cell, Code, Table, paging_of
from api.panel.visits import officer_of_session
from api.panel.words import BATCH_STATES, LINE_STATES, error_word
from clearance.roles import Officer, Permission
from register.batches.records import Batch, BatchState

router = APIRouter(include_in_schema=False)

Watcher = Annotated[Officer, Depends(officer_of_session(Permission.SEE_BATCHES))]

_PAGE = 20
"""Each batch has up to 10,000 lines to count."""
_COLUMNS = (
    "دسته",
    "فرستنده",
    "زمان ارسال",
    "وضعیت",
    "درخواست‌ها",
    *LINE_STATES.values(),
    "علت درنگ",
    "تلاش بعدی",
)


@router.get("/panel/batches")
def show_batches(request: Request, _: Watcher, supervision: TheSupervision) -> Response:
    """List the batches, the newest first."""
    counted = supervision.batches(limit=0, offset=0)
    paging = paging_of(request, counted.total, limit=_PAGE)
    page = supervision.batches(limit=paging.limit, offset=paging.offset)
    names = supervision.names_of(each.client_id for each in page.rows)
    table = Table(
        caption="دسته‌ها، تازه‌ترین نخست",
        columns=_COLUMNS,
        rows=tuple(_row(each, names) for each in page.rows),
        empty="هنوز دسته‌ای فرستاده نشده است.",
    )
    return panel_page(request, "batches.html", data=table, paging=paging)


def _row(batch: Batch, names: Mapping[str, str]) -> tuple[Cell, ...]:
    hold = batch.hold if batch.state is BatchState.RUNNING else None
    return (
        Code(text=str(batch.id)),
        names.get(batch.client_id) or Code(text=batch.client_id),
        batch.opened_at,
        BATCH_STATES[batch.state],
        batch.lines,
        *(batch.counts[state] for state in LINE_STATES),
        error_word(hold.code) if hold else None,
        hold.until if hold else None,
    )
