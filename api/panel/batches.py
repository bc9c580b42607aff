"""Batches of all clients: how far each is, and what holds it up. Nothing is changed from here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.filters import Asked
from api.panel.listings import PagedListing
from api.panel.tables import Cell, Code
from api.panel.visits import officer_of_session
from api.panel.words import BATCH_STATES, LINE_STATES, error_word
from api.toolkit.dependencies import TheOffice
from clearance.roles import Officer, Permission
from register.batches.records import Batch, BatchState, Hold, LineState
from register.supervision.records import Page

router = APIRouter(include_in_schema=False)

Watcher = Annotated[Officer, Depends(officer_of_session(Permission.SEE_BATCHES))]


@dataclass(frozen=True, kw_only=True)
class _Sent:
    batch: Batch
    client: str | None
    """Name of who sent it."""

    @property
    def hold(self) -> Hold | None:
        """What holds it up while it runs."""
        return self.batch.hold if self.batch.state is BatchState.RUNNING else None


def _found(asked: Asked, _: Mapping[str, str], limit: int, offset: int) -> Page[_Sent]:
    page = asked.supervision.batches(limit=limit, offset=offset)
    names = asked.supervision.names_of(each.client_id for each in page.rows)
    rows = tuple(_Sent(batch=each, client=names.get(each.client_id)) for each in page.rows)
    return Page(rows=rows, total=page.total)


def _count(state: LineState) -> Callable[[_Sent], Cell]:
    return lambda each: each.batch.counts[state]


_BATCHES = PagedListing[_Sent](
    name="batches",
    path="/panel/batches",
    find=_found,
    page_size=20,  # each batch has up to 10,000 lines to count
    headings={state.value: word for state, word in LINE_STATES.items()},
    columns={
        "id": lambda each: Code(text=str(each.batch.id)),
        "client": lambda each: each.client or Code(text=each.batch.client_id),
        "opened_at": lambda each: each.batch.opened_at,
        "state": lambda each: BATCH_STATES[each.batch.state],
        "lines": lambda each: each.batch.lines,
        **{state.value: _count(state) for state in LINE_STATES},
        "hold": lambda each: error_word(each.hold.code) if each.hold else None,
        "next": lambda each: each.hold.until if each.hold else None,
    },
)


@router.get("/panel/batches")
def show_batches(request: Request, officer: Watcher, office: TheOffice) -> Response:
    """List the batches, the newest first."""
    return _BATCHES.page(Asked(request=request, officer=officer, office=office))
