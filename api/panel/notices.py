"""Notices that have not reached the assigner's account yet (R4)."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.panel.shell import panel_page
from api.panel.supervised import (
    MOST_DOWNLOADED,
    Supervisor,
    TheSupervision,
    chosen,
    clearance_link,
)
from api.panel.tables import Cell, Code, Table, csv_response, paging_of
from api.panel.words import NOTICE_EVENTS, error_word
from clearance.notices import Notice

router = APIRouter(include_in_schema=False)

_STATES = {"dead": "ناموفق", "waiting": "در راه"}
_COLUMNS = (
    "مفاصاحساب",
    "موضوع",
    "کارگاه",
    "آغاز",
    "تلاش‌ها",
    "آخرین علت",
    "تلاش بعدی",
    "پایان تلاش‌ها",
)


@router.get("/panel/notices")
def show_notices(request: Request, officer: Supervisor, supervision: TheSupervision) -> Response:
    """List the undelivered notices within reach, the oldest first."""
    state = chosen(request, "state", _STATES, "dead")
    dead = state == "dead"
    counted = supervision.undelivered(officer.reach, dead=dead, limit=0, offset=0)
    paging = paging_of(request, counted.total)
    page = supervision.undelivered(
        officer.reach, dead=dead, limit=paging.limit, offset=paging.offset
    )
    table = Table(
        caption=f"ابلاغ‌های {_STATES[state]}",
        columns=_COLUMNS,
        rows=tuple(map(_row, page.rows)),
        empty="ابلاغی در این وضعیت نیست.",
        csv=f"/panel/notices.csv?state={state}",
    )
    return panel_page(
        request, "notices.html", state=state, choices=_STATES, data=table, paging=paging
    )


@router.get("/panel/notices.csv")
def download_notices(
    request: Request, officer: Supervisor, supervision: TheSupervision
) -> Response:
    """Answer the same as a file."""
    dead = chosen(request, "state", _STATES, "dead") == "dead"
    page = supervision.undelivered(officer.reach, dead=dead, limit=MOST_DOWNLOADED, offset=0)
    return csv_response("notices", _COLUMNS, map(_row, page.rows))


def _row(notice: Notice) -> tuple[Cell, ...]:
    return (
        clearance_link(notice.number),
        NOTICE_EVENTS[notice.event],
        Code(text=notice.workshop_number) if notice.workshop_number else "حسابی یافت نشده",
        notice.opened_at,
        notice.attempts,
        error_word(notice.last_error) if notice.last_error else None,
        notice.due_at,
        notice.gave_up_at,
    )
