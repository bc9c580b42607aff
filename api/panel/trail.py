"""The audit trail: who did what, when, within the reader's reach."""

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.histories import AREAS, details_word, event_word, subject_cell
from api.panel.shell import panel_page
from api.panel.supervised import (
    MOST_DOWNLOADED,
    TheSupervision,
    branch_options,
    chosen,
    chosen_before,
    chosen_branch,
    typed_text,
)
from api.panel.tables import PAGE_SIZE, Cell, Code, Table, csv_response
from api.panel.visits import officer_of_session
from clearance.errors import InvalidValue
from clearance.jalali import parse_date
from clearance.roles import Officer, Permission
from clearance.text import ascii_digits
from register.supervision.records import Event
from register.supervision.trail import TrailFilter

router = APIRouter(include_in_schema=False)

Auditor = Annotated[Officer, Depends(officer_of_session(Permission.READ_AUDIT))]

_COLUMNS = ("زمان", "رویداد", "موضوع", "انجام‌دهنده", "شعبه", "جزئیات")
_FILTERS = ("area", "subject", "actor", "branch", "from", "to")


@router.get("/panel/trail")
def show_trail(request: Request, officer: Auditor, supervision: TheSupervision) -> Response:
    """Show events, the newest first."""
    found = supervision.trail(
        officer.reach,
        _asked(request),
        before=chosen_before(request),
        limit=PAGE_SIZE + 1,
    )
    shown = found[:PAGE_SIZE]
    query = _query(request)
    table = Table(
        caption="رویدادها، تازه‌ترین نخست",
        columns=_COLUMNS,
        rows=tuple(map(_row, shown)),
        empty="رویدادی با این نشانی‌ها در حوزهٔ شما نیست.",
        csv=f"/panel/trail.csv?{urlencode(query)}",
    )
    older = urlencode({**query, "before": shown[-1].id}) if len(found) > len(shown) else None
    return panel_page(
        request,
        "trail.html",
        data=table,
        older=older,
        newest=urlencode(query) if chosen_before(request) else None,
        areas=tuple(AREAS.items()),
        branches=branch_options(supervision.branches(officer.reach)),
        typed={name: typed_text(request, name) for name in _FILTERS},
    )


@router.get("/panel/trail.csv")
def download_trail(request: Request, officer: Auditor, supervision: TheSupervision) -> Response:
    """Return the same as a file."""
    found = supervision.trail(officer.reach, _asked(request), limit=MOST_DOWNLOADED)
    return csv_response(
        "audit-trail",
        (*_COLUMNS, "نام رویداد", "شناسهٔ انجام‌دهنده"),
        ((*_row(each), Code(text=each.name), Code(text=each.actor)) for each in found),
    )


def _asked(request: Request) -> TrailFilter:
    typed = {name: typed_text(request, name) for name in _FILTERS}
    return TrailFilter(
        area=chosen(request, "area", AREAS, "") or None,
        actor=typed["actor"] or None,
        subject=ascii_digits(typed["subject"]) or None,
        branch=chosen_branch(request),
        first_day=_day(typed["from"]),
        last_day=_day(typed["to"]),
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text) if text else None
    except InvalidValue:
        return None


def _query(request: Request) -> dict[str, str | int]:
    return {name: value for name in _FILTERS if (value := typed_text(request, name))}


def _row(event: Event) -> tuple[Cell, ...]:
    return (
        event.at,
        event_word(event.name),
        subject_cell(event),
        event.actor_name or Code(text=event.actor),
        Code(text=event.branch_code) if event.branch_code else None,
        details_word(event) or None,
    )
