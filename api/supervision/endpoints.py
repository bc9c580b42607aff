"""The figures of supervision (R15), as officers see them within their reach."""

import re
from datetime import date, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import JSONResponse

from api.supervision.schemas import (
    AttentionAnswer,
    TimelinessAnswer,
    TrailAnswer,
    attention_answer,
    event_answer,
    timeliness_answer,
)
from api.toolkit.access import officer_with
from api.toolkit.dependencies import office_part
from api.toolkit.json_bodies import KEY_ONLY
from clearance.errors import InvalidValue
from clearance.identifiers import BranchCode
from clearance.jalali import parse_date
from clearance.request import read_whole
from clearance.roles import Officer, Permission
from clearance.shapes import Leaf, Record
from register.paper_forms.ledger import PaperFormLedger
from register.supervision.records import Event
from register.supervision.service import Supervision
from register.supervision.trail import TrailFilter

LONGEST_SPAN: Final = 366
"""Days of figures in one answer."""
USUAL_SPAN: Final = 30
PAGE: Final = 200
"""Events in one answer."""

Reader = Annotated[Officer, Depends(officer_with(Permission.SUPERVISE))]
Auditor = Annotated[Officer, Depends(officer_with(Permission.READ_AUDIT))]

_ID = re.compile("[0-9]{1,18}")


def _given_span(
    branch: Annotated[str | None, Query(description="Of one branch.")] = None,
    first_day: Annotated[
        str | None, Query(alias="from", description="First day in Tehran, Jalali or Gregorian.")
    ] = None,
    last_day: Annotated[str | None, Query(alias="to", description="Last day, included.")] = None,
) -> dict[str, str | None]:
    return {"branch": branch, "from": first_day, "to": last_day}


Span = Annotated[dict[str, str | None], Depends(_given_span)]
"""Endpoint parameter: branch and days as they stand in the address."""


def _event_id(text: str) -> int:
    if _ID.fullmatch(text) is None:
        raise InvalidValue("audit.event_id_invalid")
    return int(text)


_DAY = Leaf(json_type=str, parse=parse_date)
_BRANCH = Leaf(json_type=str, parse=BranchCode.parse)
_TEXT = Leaf(json_type=str, parse=lambda text: text)
_SPAN = Record(
    members={"branch": _BRANCH, "from": _DAY, "to": _DAY},
    optional=frozenset({"branch", "from", "to"}),
    build=lambda **members: members,
)
_TRAIL = Record(
    members={
        "name": _TEXT,
        "actor": _TEXT,
        "subject": _TEXT,
        "branch": _BRANCH,
        "from": _DAY,
        "to": _DAY,
        "before": Leaf(json_type=str, parse=_event_id),
    },
    optional=frozenset({"name", "actor", "subject", "branch", "from", "to", "before"}),
    build=lambda **members: members,
)


router = APIRouter(tags=["supervision"])

TheSupervision = Annotated[Supervision, Depends(office_part(lambda office: office.supervision))]
TheLedger = Annotated[PaperFormLedger, Depends(office_part(lambda office: office.paper))]


@router.get("/v1/supervision/attention", response_model=AttentionAnswer, openapi_extra=KEY_ONLY)
def read_attention(supervision: TheSupervision, ledger: TheLedger, officer: Reader) -> Response:
    """Count what needs attention within one's reach."""
    late = ledger.late(officer.reach)
    undone = sum(each.done_at is None for each in late)
    answer = attention_answer(supervision.attention(officer), undone)
    return JSONResponse(answer.model_dump(mode="json"))


@router.get("/v1/supervision/timeliness", response_model=TimelinessAnswer, openapi_extra=KEY_ONLY)
def read_timeliness(
    supervision: TheSupervision,
    officer: Reader,
    given: Span,
) -> Response:
    """Return issuing against the one-day rule by branch and day; without days, the last 30."""
    asked: Any = read_whole(_SPAN, given, now=None)
    first, last = _span(asked["from"], asked["to"], supervision.today())
    timely = supervision.timeliness(
        officer.reach, branch=asked["branch"], first_day=first, last_day=last
    )
    answer = timeliness_answer(timely)
    return JSONResponse(answer.model_dump(mode="json", by_alias=True))


@router.get("/v1/supervision/audit", response_model=TrailAnswer, openapi_extra=KEY_ONLY)
def read_trail(
    supervision: TheSupervision,
    officer: Auditor,
    span: Span,
    name: Annotated[str | None, Query(description="Name of the event, or its first part.")] = None,
    actor: Annotated[str | None, Query(description="Id of who did it.")] = None,
    subject: Annotated[str | None, Query(description="What it is about.")] = None,
    before: Annotated[str | None, Query(description="As in `next`.")] = None,
) -> Response:
    """Return events of the audit trail within one's reach, the newest first."""
    given = {"name": name, "actor": actor, "subject": subject, **span}
    asked: Any = read_whole(_TRAIL, {**given, "before": before}, now=None)
    found = supervision.trail(officer.reach, _filter(asked), before=asked["before"], limit=PAGE + 1)
    answer = TrailAnswer(
        events=list(map(event_answer, found[:PAGE])),
        next=_next(given, found[PAGE - 1]) if len(found) > PAGE else None,
    )
    return JSONResponse(answer.model_dump(mode="json"))


def _span(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    last = last or today
    first = first or last - timedelta(days=USUAL_SPAN - 1)
    if last < first:
        raise InvalidValue("period.end_before_start", field="/to")
    if (last - first).days >= LONGEST_SPAN:
        raise InvalidValue(
            "supervision.span_too_long", field="/from", parameters={"limit": str(LONGEST_SPAN)}
        )
    return first, last


def _filter(asked: dict[str, Any]) -> TrailFilter:
    name = asked["name"]
    whole = name is not None and "." in name
    return TrailFilter(
        area=None if whole else name,
        name=name if whole else None,
        actor=asked["actor"],
        subject=asked["subject"],
        branch=asked["branch"],
        first_day=asked["from"],
        last_day=asked["to"],
    )


def _next(given: dict[str, str | None], last: Event) -> str:
    kept = {name: value for name, value in given.items() if value is not None}
    return f"/v1/supervision/audit?{urlencode({**kept, 'before': last.id})}"
