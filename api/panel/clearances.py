"""Finding clearances, what waits to be issued, and a clearance's whole history."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.panel.histories import told_events
from api.panel.shell import panel_page
from api.panel.supervised import (
    MOST_DOWNLOADED,
    Supervisor,
    TheSupervision,
    branch_options,
    chosen,
    chosen_branch,
    clearance_link,
    number_of,
    same_address,
    typed_text,
)
from api.panel.tables import Cell, Table, csv_response, paging_of
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
from clearance.roles import Officer, Permission
from register.records import IssuedClearance, RevocationState, StandingState
from register.supervision.records import Awaited, Found, WaitingRequest
from register.supervision.service import Supervision
from templates.catalogues import channel_text

router = APIRouter(include_in_schema=False)

PDF_TYPE = "application/pdf"
_COLUMNS = (
    "شماره",
    "تاریخ صدور",
    "واگذارندهٔ کار",
    "پیمانکار",
    "مبلغ وصول‌شده (ریال)",
    "نوع",
    "وضعیت",
)
_WAITING_COLUMNS = ("شماره", "شعبه", "از", "تلاش‌ها", "علت", "تلاش بعدی")
_WAITING = {Awaited.WORKER: "در صف صدور", Awaited.PERSON: "نیازمند اقدام"}


@router.get("/panel/clearances")
def show_clearances(request: Request, officer: Supervisor, supervision: TheSupervision) -> Response:
    """Find clearances by their words; without any, show the newest."""
    typed = typed_text(request, "q")
    branch = chosen_branch(request)
    # The count is the query's own, so that no page beyond it is asked for.
    counted = supervision.search(officer.reach, typed, branch=branch, limit=0, offset=0)
    paging = paging_of(request, counted.total)
    page = supervision.search(
        officer.reach, typed, branch=branch, limit=paging.limit, offset=paging.offset
    )
    table = Table(
        caption="مفاصاحساب‌ها، تازه‌ترین نخست",
        columns=_COLUMNS,
        rows=tuple(map(_row, page.rows)),
        empty="هیچ مفاصاحسابی با همهٔ این واژه‌ها در حوزهٔ شما نیست.",
        csv=same_address(request, "/panel/clearances.csv"),
    )
    return panel_page(
        request,
        "clearances.html",
        typed=typed,
        branch=branch or "",
        branches=branch_options(supervision.branches(officer.reach)),
        data=table,
        paging=paging,
    )


@router.get("/panel/clearances.csv")
def download_clearances(
    request: Request, officer: Supervisor, supervision: TheSupervision
) -> Response:
    """Return the same as a file."""
    page = supervision.search(
        officer.reach,
        typed_text(request, "q"),
        branch=chosen_branch(request),
        limit=MOST_DOWNLOADED,
        offset=0,
    )
    return csv_response("clearances", _COLUMNS, map(_row, page.rows))


@router.get("/panel/clearances/waiting")
def show_waiting(request: Request, officer: Supervisor, supervision: TheSupervision) -> Response:
    """Show the numbers that are given and not issued."""
    awaits = Awaited(chosen(request, "awaits", Awaited, Awaited.PERSON))
    counted = supervision.waiting_requests(officer.reach, awaits, limit=0, offset=0)
    paging = paging_of(request, counted.total)
    page = supervision.waiting_requests(
        officer.reach, awaits, limit=paging.limit, offset=paging.offset
    )
    table = Table(
        caption=_WAITING[awaits],
        columns=_WAITING_COLUMNS,
        rows=tuple(map(_waiting_row, page.rows)),
        csv=f"/panel/clearances/waiting.csv?awaits={awaits.value}",
    )
    return panel_page(
        request, "waiting.html", awaits=awaits, choices=_WAITING, data=table, paging=paging
    )


@router.get("/panel/clearances/waiting.csv")
def download_waiting(
    request: Request, officer: Supervisor, supervision: TheSupervision
) -> Response:
    """Return the same as a file."""
    awaits = Awaited(chosen(request, "awaits", Awaited, Awaited.PERSON))
    page = supervision.waiting_requests(officer.reach, awaits, limit=MOST_DOWNLOADED, offset=0)
    return csv_response("waiting", _WAITING_COLUMNS, map(_waiting_row, page.rows))


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
        events=told_events(history.events),
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


def _row(found: Found) -> tuple[Cell, ...]:
    return (
        clearance_link(found.number),
        found.issued_at,
        found.work_assigner,
        found.contractor,
        int(found.amount_collected),
        KINDS[found.kind],
        STANDINGS[found.state],
    )


def _waiting_row(waiting: WaitingRequest) -> tuple[Cell, ...]:
    return (
        clearance_link(waiting.number),
        waiting.branch_name,
        waiting.prepared_at,
        waiting.attempts,
        error_word(waiting.last_error) if waiting.last_error else "در حال صدور",
        waiting.resume_at,
    )
