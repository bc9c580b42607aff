"""Undertakings before the inspection of the books (R7, R8): one for each fiscal period."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from api.panel.filters import Asked, AskedBySupervisor, Digits
from api.panel.listings import PagedListing
from api.panel.tables import Cell, Code, Link
from clearance.text import persian_digits
from register.supervision.records import FiledUndertaking, Page

router = APIRouter(include_in_schema=False)


def _found(
    asked: Asked, chosen: Mapping[str, str], limit: int, offset: int
) -> Page[FiledUndertaking]:
    return asked.supervision.undertakings(
        asked.officer.reach, chosen["q"], limit=limit, offset=offset
    )


def _cleared(filed: FiledUndertaking) -> Cell:
    if not filed.clearances:
        return filed.clearances
    href = f"/panel/clearances?{urlencode({'q': filed.undertaking.id})}"
    return Link(text=persian_digits(str(filed.clearances)), href=href)


_UNDERTAKINGS = PagedListing[FiledUndertaking](
    name="undertakings",
    path="/panel/undertakings",
    filters=(Digits(name="q"),),
    find=_found,
    file="undertakings",
    columns={
        "id": lambda filed: Code(text=filed.undertaking.id),
        "branch": lambda filed: filed.branch_name,
        "contractor": lambda filed: filed.contractor,
        "identifier": lambda filed: Code(text=filed.undertaking.contractor_identifier),
        "period_start": lambda filed: filed.undertaking.period_start,
        "period_end": lambda filed: filed.undertaking.period_end,
        "received_at": lambda filed: filed.undertaking.received_at,
        "clearances": _cleared,
    },
)


@router.get("/panel/undertakings")
def show_undertakings(asked: AskedBySupervisor) -> Response:
    """List the undertakings within reach, the newest first."""
    return _UNDERTAKINGS.page(asked)


@router.get("/panel/undertakings.csv")
def download_undertakings(asked: AskedBySupervisor) -> Response:
    """Return the same as a file."""
    return _UNDERTAKINGS.download(asked)
