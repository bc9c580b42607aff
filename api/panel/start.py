"""The panel's first page: what needs attention first."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.shell import panel_page
from api.panel.visits import TheSession, officer_of_session
from api.toolkit.dependencies import Office, TheContext
from clearance.roles import Officer, Permission
from templates.catalogues import catalogue

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class Concern:
    """One thing that may need attention."""

    title: str
    count: int
    href: str
    tone: str
    """``refused`` is urgent, ``withdrawn`` soon, ``unchecked`` when there is time."""
    why: str


@router.get("/panel")
def start(
    request: Request,
    officer: Annotated[Officer, Depends(officer_of_session())],
    session: TheSession,
    context: TheContext,
) -> Response:
    """Show what needs attention within reach, and what the reader's role opens."""
    office = context.services.office
    concerns = _concerns(officer, office) if office and officer.may(Permission.SUPERVISE) else None
    return panel_page(
        request,
        "start.html",
        last_login=session.member.last_login_at,
        concerns=concerns and [each for each in concerns if each.count],
        settled=concerns and [each for each in concerns if not each.count],
        now=context.services.clock(),
    )


def _concerns(officer: Officer, office: Office) -> list[Concern]:
    """Return all concerns, the most urgent first; also those that are empty."""
    counts = office.supervision.attention(officer)
    late = office.paper.late(officer.reach)
    undone = sum(each.done_at is None for each in late)
    may_confirm = officer.may(Permission.CONFIRM_REVOCATION)
    found = (
        ("overdue", counts.overdue, "/panel/timeliness/open?state=overdue", "refused"),
        ("stuck", counts.stuck, "/panel/clearances/waiting?awaits=person", "refused"),
        ("dead", counts.dead, "/panel/notices?state=dead", "refused"),
        ("to_confirm", counts.to_confirm, "/panel/revocations?state=open", "withdrawn"),
        ("due_soon", counts.due_soon, "/panel/timeliness/open?state=soon", "withdrawn"),
        ("mismatched", counts.mismatched, "/panel/rows?finding=mismatched", "withdrawn"),
        ("incomplete", counts.incomplete, "/panel/rows?finding=incomplete", "withdrawn"),
        ("late_paper", undone, "/panel/paper#late", "withdrawn"),
        ("unreviewed", counts.unreviewed, "/panel/rows?finding=unreviewed", "unchecked"),
        ("waiting", counts.waiting, "/panel/clearances/waiting?awaits=worker", "unchecked"),
        ("undelivered", counts.undelivered, "/panel/notices?state=waiting", "unchecked"),
        ("own_requests", counts.own_requests, "/panel/revocations?state=open", "unchecked"),
    )
    return [
        _concern(name, count, href, tone, yours=may_confirm) for name, count, href, tone in found
    ]


def _concern(name: str, count: int, href: str, tone: str, *, yours: bool) -> Concern:
    words = catalogue("concerns")[name]
    title = words.get("yours", words["title"]) if yours else words["title"]
    return Concern(title=title, count=count, href=href, tone=tone, why=words["why"])
