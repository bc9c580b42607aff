"""Numbers that are given and not issued."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from api.panel.filters import Asked, AskedBySupervisor, OneOf
from api.panel.listings import PagedListing
from api.panel.supervised import clearance_link
from api.panel.words import AWAITED, error_word, text
from register.supervision.records import Awaited, Page, WaitingRequest

router = APIRouter(include_in_schema=False)


def _found(
    asked: Asked, chosen: Mapping[str, str], limit: int, offset: int
) -> Page[WaitingRequest]:
    return asked.supervision.waiting_requests(
        asked.officer.reach, Awaited(chosen["awaits"]), limit=limit, offset=offset
    )


def _reason(waiting: WaitingRequest) -> str:
    return error_word(waiting.last_error) if waiting.last_error else text("being_issued")


_WAITING = PagedListing[WaitingRequest](
    name="waiting",
    path="/panel/clearances/waiting",
    filters=(
        OneOf(
            name="awaits",
            options={each.value: word for each, word in AWAITED.items()},
            default=Awaited.PERSON.value,
        ),
    ),
    find=_found,
    file="waiting",
    columns={
        "number": lambda waiting: clearance_link(waiting.number),
        "branch": lambda waiting: waiting.branch_name,
        "since": lambda waiting: waiting.prepared_at,
        "attempts": lambda waiting: waiting.attempts,
        "reason": _reason,
        "next": lambda waiting: waiting.resume_at,
    },
)


@router.get("/panel/clearances/waiting")
def show_waiting(asked: AskedBySupervisor) -> Response:
    """Show the numbers that wait, for a worker or for a person."""
    return _WAITING.page(asked)


@router.get("/panel/clearances/waiting.csv")
def download_waiting(asked: AskedBySupervisor) -> Response:
    """Return the same as a file."""
    return _WAITING.download(asked)
