"""The audit trail: who did what, when, within the reader's reach."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.filters import Asked, Branch, Filter, OneOf, id_of
from api.panel.histories import AREAS, details_word, event_word, subject_cell
from api.panel.listings import CursorListing
from api.panel.tables import Code
from api.panel.visits import officer_of_session
from api.toolkit.dependencies import TheOffice
from clearance.errors import InvalidValue
from clearance.identifiers import BranchCode
from clearance.jalali import parse_date
from clearance.roles import Officer, Permission
from clearance.text import ascii_digits
from register.supervision.records import Event
from register.supervision.trail import TrailFilter

router = APIRouter(include_in_schema=False)

Auditor = Annotated[Officer, Depends(officer_of_session(Permission.READ_AUDIT))]


def _found(
    asked: Asked, chosen: Mapping[str, str], behind: int | None, limit: int
) -> tuple[Event, ...]:
    wanted = TrailFilter(
        area=chosen["area"] or None,
        actor=chosen["actor"] or None,
        subject=ascii_digits(chosen["subject"]) or None,
        branch=BranchCode.parse(chosen["branch"]) if chosen["branch"] else None,
        first_day=_day(chosen["from"]),
        last_day=_day(chosen["to"]),
    )
    return asked.supervision.trail(asked.officer.reach, wanted, before=behind, limit=limit)


def _day(text: str) -> date | None:
    try:
        return parse_date(text) if text else None
    except InvalidValue:
        return None


_TRAIL = CursorListing[Event, int](
    name="trail",
    path="/panel/trail",
    filters=(
        OneOf(name="area", options=AREAS),
        Filter(name="subject"),
        Filter(name="actor"),
        Branch(),
        Filter(name="from"),
        Filter(name="to"),
    ),
    cursor="before",
    find=_found,
    place=lambda event: event.id,
    read=id_of,
    file="audit-trail",
    columns={
        "at": lambda event: event.at,
        "event": lambda event: event_word(event.name),
        "subject": subject_cell,
        "actor": lambda event: event.actor_name or Code(text=event.actor),
        "branch": lambda event: Code(text=event.branch_code) if event.branch_code else None,
        "details": lambda event: details_word(event) or None,
    },
    file_columns={
        "name": lambda event: Code(text=event.name),
        "actor_id": lambda event: Code(text=event.actor),
    },
)


def _asked(request: Request, officer: Auditor, office: TheOffice) -> Asked:
    return Asked(request=request, officer=officer, office=office)


AskedByAuditor = Annotated[Asked, Depends(_asked)]


@router.get("/panel/trail")
def show_trail(asked: AskedByAuditor) -> Response:
    """Show events, the newest first."""
    return _TRAIL.page(asked)


@router.get("/panel/trail.csv")
def download_trail(asked: AskedByAuditor) -> Response:
    """Return the same as a file."""
    return _TRAIL.download(asked)
