"""Finding clearances, and a clearance's whole history."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.panel.filters import Asked, AskedBySupervisor, Branch, Filter
from api.panel.histories import listed_events
from api.panel.listings import PagedListing
from api.panel.shell import panel_page
from api.panel.supervised import Supervisor, TheSupervision, clearance_link, number_of
from api.panel.words import (
    DEADLINE_RULES,
    KINDS,
    NOTICE_EVENTS,
    REASONS,
    REVOCATIONS,
    STANDINGS,
    error_word,
    hours_word,
)
from api.toolkit.dependencies import Context, TheContext
from clearance.errors import Conflict, NotFound
from clearance.identifiers import BranchCode
from clearance.roles import Officer, Permission
from register.records import IssuedClearance, RevocationState, StandingState
from register.supervision.records import Found, Page
from register.supervision.service import Supervision
from templates.catalogues import channel_text

router = APIRouter(include_in_schema=False)

PDF_TYPE = "application/pdf"


def _found(asked: Asked, chosen: Mapping[str, str], limit: int, offset: int) -> Page[Found]:
    branch = BranchCode.parse(chosen["branch"]) if chosen["branch"] else None
    return asked.supervision.search(
        asked.officer.reach, chosen["q"], branch=branch, limit=limit, offset=offset
    )


_CLEARANCES = PagedListing[Found](
    name="clearances",
    path="/panel/clearances",
    filters=(Filter(name="q"), Branch()),
    find=_found,
    file="clearances",
    columns={
        "number": lambda found: clearance_link(found.number),
        "issued_at": lambda found: found.issued_at,
        "work_assigner": lambda found: found.work_assigner,
        "contractor": lambda found: found.contractor,
        "amount": lambda found: int(found.amount_collected),
        "kind": lambda found: KINDS[found.kind],
        "standing": lambda found: STANDINGS[found.state],
    },
)


@router.get("/panel/clearances")
def show_clearances(asked: AskedBySupervisor) -> Response:
    """Find clearances by their words; without any, show the newest."""
    return _CLEARANCES.page(asked)


@router.get("/panel/clearances.csv")
def download_clearances(asked: AskedBySupervisor) -> Response:
    """Return the same as a file."""
    return _CLEARANCES.download(asked)


@router.get("/panel/clearances/{number}")
def show_history(
    request: Request,
    number: str,
    officer: Supervisor,
    supervision: TheSupervision,
    context: TheContext,
) -> Response:
    """Show a clearance's whole history."""
    history = supervision.history(number_of(number), officer.reach)
    asked_for = any(each.state is RevocationState.OPEN for each in history.revocations)
    in_force = (
        history.issued is not None and history.issued.standing.state is StandingState.IN_FORCE
    )
    clock = history.collection
    return panel_page(
        request,
        "clearance.html",
        history=history,
        standing=STANDINGS[history.issued.standing.state] if history.issued else None,
        reasons=REASONS,
        decisions=REVOCATIONS,
        notice_events=NOTICE_EVENTS,
        delivered_by=lambda way: channel_text(way).fa,
        deadline_rules=DEADLINE_RULES,
        took=hours_word(
            (history.issued.issued_at - clock.collection.collected_at).total_seconds() / 3600
            if history.issued and clock
            else None
        ),
        events=listed_events(history.events),
        last_error=error_word(history.pending.last_error)
        if history.pending and history.pending.last_error
        else None,
        archived=context.services.clearances.find_archival(history.number) is not None,
        may_ask=in_force and not asked_for and officer.may(Permission.REQUEST_REVOCATION),
        may_read_trail=officer.may(Permission.READ_AUDIT),
    )


@router.get("/panel/clearances/{number}/document.pdf")
def document(
    number: str, officer: Supervisor, supervision: TheSupervision, context: TheContext
) -> Response:
    """Fetch the sealed PDF."""
    issued = _issued(number, officer, supervision)
    return _pdf(context, issued.document.sha256, issued.number)


@router.get("/panel/clearances/{number}/archival.pdf")
def archival_document(
    number: str, officer: Supervisor, supervision: TheSupervision, context: TheContext
) -> Response:
    """Fetch the newest archival revision of the sealed PDF."""
    issued = _issued(number, officer, supervision)
    archival = context.services.clearances.find_archival(issued.number)
    if archival is None:
        raise Conflict("clearance.not_archived_yet")
    return _pdf(context, archival.sha256, f"{issued.number}-archival-{archival.revision}")


def _issued(number: str, officer: Officer, supervision: Supervision) -> IssuedClearance:
    issued = supervision.history(number_of(number), officer.reach).issued
    if issued is None:
        raise NotFound("supervision.clearance_not_found")
    return issued


def _pdf(context: Context, sha256: str, name: str) -> Response:
    return Response(
        context.services.clearances.read_document(sha256),
        media_type=PDF_TYPE,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}.pdf"',
        },
    )
