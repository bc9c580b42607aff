"""Notices that have not reached the assigner's account yet (R4), and sending them again.

Sending again goes through a page that names the notices; those and no others are then sent.
"""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.filters import Asked, AskedBySupervisor, OneOf
from api.panel.forms import SentForm
from api.panel.listings import Listing, PagedListing
from api.panel.shell import done, panel_page
from api.panel.supervised import clearance_link
from api.panel.tables import PAGE_SIZE, Cell, Code, Link
from api.panel.visits import officer_of_session
from api.panel.words import NOTICE_EVENTS, error_word, said, text, words
from api.toolkit.dependencies import Office, TheOffice
from clearance.errors import Conflict, NotFound
from clearance.notices import Notice
from clearance.roles import Officer, Permission
from register.supervision.records import Page
from templates.catalogues import catalogue

router = APIRouter(include_in_schema=False)

Sender = Annotated[Officer, Depends(officer_of_session(Permission.RESEND_NOTICES))]


def _found(asked: Asked, chosen: Mapping[str, str], limit: int, offset: int) -> Page[Notice]:
    return asked.supervision.undelivered(
        asked.officer.reach, dead=chosen["state"] == "dead", limit=limit, offset=offset
    )


def _workshop(notice: Notice) -> Cell:
    return Code(text=notice.workshop_number) if notice.workshop_number else text("no_workshop")


def _resending(notice: Notice) -> Cell:
    return Link(text=text("resend"), href=f"/panel/notices/resend?notice={notice.id}")


_NOTICES = PagedListing[Notice](
    name="notices",
    path="/panel/notices",
    filters=(OneOf(name="state", options=words("notice_states"), default="dead"),),
    find=_found,
    file="notices",
    columns={
        "number": lambda notice: clearance_link(notice.number),
        "event": lambda notice: NOTICE_EVENTS[notice.event],
        "workshop": _workshop,
        "opened_at": lambda notice: notice.opened_at,
        "attempts": lambda notice: notice.attempts,
        "reason": lambda notice: error_word(notice.last_error) if notice.last_error else None,
        "next": lambda notice: notice.due_at,
        "gave_up_at": lambda notice: notice.gave_up_at,
    },
)
_TO_RESEND = Listing[Notice](
    name="notices-check",
    columns=_NOTICES.columns,
    headings=catalogue("listings")["notices"]["columns"],
)


@router.get("/panel/notices")
def show_notices(asked: AskedBySupervisor) -> Response:
    """List the undelivered notices within reach, the oldest first."""
    dead = _NOTICES.chosen(asked)["state"] == "dead"
    may_resend = dead and asked.officer.may(Permission.RESEND_NOTICES)
    return _NOTICES.page(
        asked, further={"resend": _resending} if may_resend else None, may_resend=may_resend
    )


@router.get("/panel/notices.csv")
def download_notices(asked: AskedBySupervisor) -> Response:
    """Return the same as a file."""
    return _NOTICES.download(asked)


@router.get("/panel/notices/resend")
def check(request: Request, officer: Sender, office: TheOffice) -> Response:
    """Show what would be sent again: the notice named, or else the oldest that were given up."""
    named = request.query_params.get("notice")
    found = _oldest(office, officer) if named is None else (_named(office, officer, named),)
    return panel_page(
        request,
        "notices-check.html",
        data=_TO_RESEND.table(found),
        ids=tuple(each.id for each in found),
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
        said("notices_resent", count=sent) if sent else said("no_notices_left"),
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
