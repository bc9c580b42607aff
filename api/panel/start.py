"""The panel's first page."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.shell import panel_page
from api.panel.visits import TheSession, officer_of_session
from clearance.roles import Officer

router = APIRouter(include_in_schema=False)


@router.get("/panel")
def start(
    request: Request,
    _: Annotated[Officer, Depends(officer_of_session())],
    session: TheSession,
) -> Response:
    """Show what the reader's role opens."""
    return panel_page(request, "start.html", last_login=session.member.last_login_at)
