"""Breaches of the one-day rule (R11), as officers see them within their reach."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from api.toolkit.access import officer_with
from api.toolkit.answers import JsonAnswer
from api.toolkit.csv_files import csv_file
from api.toolkit.dependencies import office_part
from api.toolkit.json_bodies import KEY_ONLY
from clearance.clock import format_moment, parse_moment
from clearance.collection import parse_collection_id
from clearance.identifiers import BranchCode
from clearance.jalali import parse_date, tehran_day
from clearance.request import read_whole
from clearance.roles import Officer, Permission
from clearance.shapes import Leaf, Record, one_of
from register.collections import Breach, Deadlines, Place

PAGE: Final = 200
"""Breaches on a page of JSON."""
LARGEST_PAGE: Final = 1000
"""Breaches that a download reads at once."""

_STATES = {"open": True, "closed": False}

Reader = Annotated[Officer, Depends(officer_with(Permission.SUPERVISE))]
ReadPage = Callable[[Place | None, int], tuple[Breach, ...]]


class BreachAnswer(BaseModel):
    """A clearance that was not issued in time; moments RFC 3339, UTC."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "collection": "1404-0041-77",
                "branch_code": "0041",
                "row": "00000123",
                "sequence": "01",
                "state": "closed",
                "day": "2026-02-02",
                "collected_at": "2026-02-01T07:30:00Z",
                "due_at": "2026-02-02T20:29:59Z",
                "raised_at": "2026-02-02T20:30:05Z",
                "number": "1404-0041-000001-9",
                "ended_at": "2026-02-03T08:30:00Z",
            }
        },
    )

    collection: str = Field(description="Id of the collection.")
    branch_code: str
    row: str
    sequence: str
    state: str = Field(description="`open`, or `closed` by a late issue; it stays on record.")
    day: str = Field(description="The day in Tehran that the deadline passed on (Gregorian).")
    collected_at: str
    due_at: str
    raised_at: str = Field(description="When the register noticed.")
    number: str | None = Field(description="The clearance that ended it.")
    ended_at: str | None = Field(description="When that was issued.")


COLUMNS: Final = tuple(BreachAnswer.model_fields)


class BreachesAnswer(JsonAnswer):
    """A page of breaches, the oldest first."""

    breaches: list[BreachAnswer]
    next: str | None = Field(description="Path of the rest, where there are more than fit.")


def breach_answer(breach: Breach) -> BreachAnswer:
    """Return a breach."""
    return BreachAnswer(
        collection=breach.collection_id,
        branch_code=breach.key.branch_code,
        row=breach.key.row,
        sequence=breach.key.sequence,
        state="open" if breach.number is None else "closed",
        day=tehran_day(breach.due_at).isoformat(),
        collected_at=format_moment(breach.collected_at),
        due_at=format_moment(breach.due_at),
        raised_at=format_moment(breach.raised_at),
        number=breach.number,
        ended_at=format_moment(breach.ended_at) if breach.ended_at else None,
    )


def _place(text: str) -> Place:
    moment, _, collection_id = text.partition("~")
    return Place(due_at=parse_moment(moment), collection_id=parse_collection_id(collection_id))


_CHOSEN = Record(
    members={
        "state": one_of(*_STATES, makes=_STATES.__getitem__),
        "branch": Leaf(json_type=str, parse=BranchCode.parse),
        "from": Leaf(json_type=str, parse=parse_date),
        "to": Leaf(json_type=str, parse=parse_date),
        "after": Leaf(json_type=str, parse=_place),
        "format": one_of("json", "csv"),
    },
    optional=frozenset({"state", "branch", "from", "to", "after"}),
    build=lambda **members: members,
)


router = APIRouter(tags=["collections"])

TheDeadlines = Annotated[Deadlines, Depends(office_part(lambda office: office.deadlines))]


@router.get(
    "/v1/breaches",
    response_model=BreachesAnswer,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string", "description": ", ".join(COLUMNS)}}
            }
        }
    },
    openapi_extra=KEY_ONLY,
)
def read_breaches(
    deadlines: TheDeadlines,
    officer: Reader,
    state: Annotated[
        str | None, Query(description="`open` or `closed` ones; both without it.")
    ] = None,
    branch: Annotated[str | None, Query(description="Those of one branch.")] = None,
    first_day: Annotated[
        str | None,
        Query(alias="from", description="First day in Tehran, Jalali or Gregorian."),
    ] = None,
    last_day: Annotated[str | None, Query(alias="to", description="Last day.")] = None,
    after: Annotated[str | None, Query(description="As in `next`.")] = None,
    format: Annotated[  # noqa: A002 - the name in the address
        str,
        Query(
            description="`json` answers a page, `csv` all to the end.",
            json_schema_extra={"enum": ["json", "csv"]},
        ),
    ] = "json",
) -> Response:
    """Return the breaches of the one-day rule within one's reach, the oldest first."""
    given = {"state": state, "branch": branch, "from": first_day, "to": last_day}
    asked: Any = read_whole(_CHOSEN, {**given, "after": after, "format": format}, now=None)

    def page(after: Place | None, limit: int) -> tuple[Breach, ...]:
        return deadlines.breaches(
            officer.reach,
            is_open=asked["state"],
            branch=asked["branch"],
            first_day=asked["from"],
            last_day=asked["to"],
            after=after,
            limit=limit,
        )

    if asked["format"] == "csv":
        return _download(page, asked["after"])
    found = page(asked["after"], PAGE)
    answer = BreachesAnswer(
        breaches=list(map(breach_answer, found)),
        next=_next(given, found[-1]) if len(found) == PAGE else None,
    )
    return JSONResponse(answer.model_dump(mode="json"))


def _next(given: dict[str, str | None], last: Breach) -> str:
    chosen = {name: value for name, value in given.items() if value is not None}
    place = f"{format_moment(last.due_at)}~{last.collection_id}"
    return f"/v1/breaches?{urlencode({**chosen, 'after': place}, safe=':~')}"


def _download(page: ReadPage, after: Place | None) -> Response:
    # The first page before the answer begins, so that what goes wrong has its status.
    first = page(after, LARGEST_PAGE)
    return csv_file("breaches", COLUMNS, _rows(page, first))


def _rows(page: ReadPage, found: tuple[Breach, ...]) -> Iterator[Iterable[str | int | None]]:
    while found:
        for breach in found:
            yield breach_answer(breach).model_dump().values()
        if len(found) < LARGEST_PAGE:
            return
        last = found[-1]
        found = page(Place(due_at=last.due_at, collection_id=last.collection_id), LARGEST_PAGE)
