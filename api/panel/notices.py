"""Notices that have not reached the assigner's account yet (R4), and sending them again.

Sending again goes through a page that names the notices; those and no others are then sent.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.forms import SentForm
from api.panel.shell import done, panel_page
from api.panel.supervised import MOST_DOWNLOADED, Supervisor, TheSupervision, chosen, clearance_link
from api.panel.tables import PAGE_SIZE, Cell, Code, Link, Table, csv_response, paging_of
from api.panel.visits import officer_of_session
from api.panel.words import NOTICE_EVENTS, error_word
from api.toolkit.dependencies import Office, TheOffice
from clearance.errors import Conflict, NotFound
from clearance.notices import Notice
from clearance.roles import Officer, Permission
from clearance.text import persian_digits

router = APIRouter(include_in_schema=False)

Sender = Annotated[Officer, Depends(officer_of_session(Permission.RESEND_NOTICES))]

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
    may_resend = dead and officer.may(Permission.RESEND_NOTICES)
    table = Table(
        caption=f"ابلاغ‌های {_STATES[state]}",
        columns=(*_COLUMNS, "اقدام") if may_resend else _COLUMNS,
        rows=tuple(
            (*_row(each), *([_resending(each)] if may_resend else [])) for each in page.rows
        ),
        empty="ابلاغی در این وضعیت نیست.",
        csv=f"/panel/notices.csv?state={state}",
    )
    return panel_page(
        request,
        "notices.html",
        state=state,
        choices=_STATES,
        data=table,
        paging=paging,
        may_resend=may_resend,
    )


@router.get("/panel/notices.csv")
def download_notices(
    request: Request, officer: Supervisor, supervision: TheSupervision
) -> Response:
    """Return the same as a file."""
    dead = chosen(request, "state", _STATES, "dead") == "dead"
    page = supervision.undelivered(officer.reach, dead=dead, limit=MOST_DOWNLOADED, offset=0)
    return csv_response("notices", _COLUMNS, map(_row, page.rows))


@router.get("/panel/notices/resend")
def check(request: Request, officer: Sender, office: TheOffice) -> Response:
    """Show what would be sent again: the notice named, or else the oldest that were given up."""
    named = request.query_params.get("notice")
    found = _oldest(office, officer) if named is None else (_named(office, officer, named),)
    table = Table(
        caption="ابلاغ‌هایی که دوباره فرستاده می‌شوند",
        columns=_COLUMNS,
        rows=tuple(map(_row, found)),
        empty="ابلاغ ناموفقی در حوزهٔ شما نیست.",
    )
    return panel_page(
        request, "notices-check.html", data=table, ids=tuple(each.id for each in found)
    )


@router.post("/panel/notices/resend")
def resend(request: Request, officer: Sender, form: SentForm, office: TheOffice) -> Response:
    """Have the notices that were shown sent again; what has arrived meanwhile stays as it is."""
    sent = 0
    for each in form.all("notice"):
        try:
            office.notices.resend(_id_of(each), actor=officer.id, reach=officer.reach)
        except Conflict:
            continue
        sent += 1
    return done(
        request,
        "/panel/notices?state=waiting",
        f"{persian_digits(str(sent))} ابلاغ دوباره در صف ارسال قرار گرفت."
        if sent
        else "ابلاغی برای ارسال دوباره نمانده بود.",
    )


def _oldest(office: Office, officer: Officer) -> tuple[Notice, ...]:
    return office.supervision.undelivered(officer.reach, dead=True, limit=PAGE_SIZE, offset=0).rows


def _named(office: Office, officer: Officer, named: str) -> Notice:
    found = office.notices.find(_id_of(named), reach=officer.reach)
    if found.delivered_at is not None:
        raise Conflict("notice.delivered")
    return found


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("notice.not_found") from error


def _resending(notice: Notice) -> Link:
    return Link(text="ارسال دوباره", href=f"/panel/notices/resend?notice={notice.id}")


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
