"""The panel's first page: what needs attention first."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.shell import panel_page
from api.panel.visits import TheSession, officer_of_session
from api.toolkit.dependencies import Office, TheContext
from clearance.roles import Officer, Permission

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
    return [
        Concern(
            title="وصول‌های گذشته از مهلت، بدون مفاصاحساب",
            count=counts.overdue,
            href="/panel/timeliness/open?state=overdue",
            tone="refused",
            why="حق بیمه وصول شده و مهلت یک‌روزهٔ صدور گذشته است (تبصرهٔ ۲).",
        ),
        Concern(
            title="درخواست‌های نیازمند اقدام",
            count=counts.stuck,
            href="/panel/clearances/waiting?awaits=person",
            tone="refused",
            why="شماره گرفته‌اند ولی صدورشان متوقف شده و خودبه‌خود ادامه نمی‌یابد.",
        ),
        Concern(
            title="ابلاغ‌های ناموفق",
            count=counts.dead,
            href="/panel/notices?state=dead",
            tone="refused",
            why="تلاش برای تحویل به حساب واگذارندهٔ کار پایان یافته است (بند ۲).",
        ),
        Concern(
            title="ابطال‌های در انتظار تأیید شما" if may_confirm else "ابطال‌های در انتظار تأیید",
            count=counts.to_confirm,
            href="/panel/revocations?state=open",
            tone="withdrawn",
            why="همکار دیگری درخواست کرده است؛ تا تأیید نشود، مفاصاحساب معتبر می‌ماند.",
        ),
        Concern(
            title="وصول‌های نزدیک به پایان مهلت",
            count=counts.due_soon,
            href="/panel/timeliness/open?state=soon",
            tone="withdrawn",
            why="هشتاد درصد مهلت گذشته و مفاصاحساب صادر نشده است.",
        ),
        Concern(
            title="ردیف‌های مغایر با پروندهٔ مطالباتی",
            count=counts.mismatched,
            href="/panel/rows?finding=mismatched",
            tone="withdrawn",
            why="تا رفع مغایرت، بر این ردیف‌ها مفاصاحساب صادر نمی‌شود (تبصرهٔ ۱).",
        ),
        Concern(
            title="ردیف‌های ناقص",
            count=counts.incomplete,
            href="/panel/rows?finding=incomplete",
            tone="withdrawn",
            why="داده‌ای در سامانه یا پروندهٔ مطالباتی کم است (تبصرهٔ ۱).",
        ),
        Concern(
            title="مراحل دیرکردهٔ تحویل فرم‌های کاغذی",
            count=undone,
            href="/panel/paper#late",
            tone="withdrawn",
            why="مهلت تحویل، تجمیع، ارسال یا گزارش گذشته است (بند ۵).",
        ),
        Concern(
            title="ردیف‌های بررسی‌نشده",
            count=counts.unreviewed,
            href="/panel/rows?finding=unreviewed",
            tone="unchecked",
            why="با پروندهٔ مطالباتی تطبیق داده نشده‌اند (تبصرهٔ ۱).",
        ),
        Concern(
            title="درخواست‌های در صف صدور",
            count=counts.waiting,
            href="/panel/clearances/waiting?awaits=worker",
            tone="unchecked",
            why="پس از رفع قطعی یا پایان کارِ در جریان، خودبه‌خود صادر می‌شوند.",
        ),
        Concern(
            title="ابلاغ‌های در راه",
            count=counts.undelivered,
            href="/panel/notices?state=waiting",
            tone="unchecked",
            why="هنوز تحویل نشده‌اند و دوباره ارسال می‌شوند.",
        ),
        Concern(
            title="درخواست‌های ابطال شما در انتظار همکار دیگر",
            count=counts.own_requests,
            href="/panel/revocations?state=open",
            tone="unchecked",
            why="درخواست خود را نمی‌توانید تأیید کنید.",
        ),
    ]
