"""Joins the invented province with the register and with what issues."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from clearance.certificate import ClearanceRequest
from clearance.clock import format_moment, parse_moment, system_clock
from demonstration import loading
from demonstration.clearance_maker import PlannedClearance
from demonstration.directory_maker import PROVINCE
from demonstration.province import make_province
from demonstration.staff import Account, provide_headquarters, provide_officer
from keys.files import write_durably
from register.directory import Directory
from register.paper_forms.ledger import PaperFormLedger
from register.records import IssuedClearance, Ticket
from register.repository import Register
from register.revocations import Revocations
from service.settings import Settings
from service.wiring.deadline import collections_over
from service.wiring.issuing import Issuing
from service.wiring.memory import Memory
from service.wiring.panel import open_staff_of

CLEARANCES = 300
MOMENT_FILE = "province_moment"
"""The moment that the province was made for: a load that goes on must go on with the same."""
ACCOUNTS_FILE = "panel_accounts"

Track = Callable[[tuple[PlannedClearance, ...]], Iterable[PlannedClearance]]
"""Hands out the clearances one by one and shows how far it is."""


def load_demonstration(
    settings: Settings,
    memory: Memory,
    issuing: Issuing,
    track: Track,
    *,
    clearances: int = CLEARANCES,
) -> None:
    """Load the province; what is there already stays as it is.

    No worker may run meanwhile: its watch would take a premium collected long ago, whose
    clearance is loaded a moment later, for one that is overdue. The one-time passwords of the
    panel's accounts are written to ``ACCOUNTS_FILE`` among the secrets.
    """
    now = _moment(settings)
    province = make_province(now, clearances=clearances)
    parts = _parts(settings, memory, issuing)
    accounts = open_staff_of(settings, memory.engine).accounts
    loading.load_directory(province, parts, now)
    heads = tuple(provide_headquarters(accounts, PROVINCE))
    staff = {branch.code: provide_officer(accounts, branch) for branch in province.branches}
    _write_down(settings, (*heads, *staff.values()))
    supervisor = heads[0].officer
    officers = {code: account.officer for code, account in staff.items()}
    loading.load_reviews(province, parts, now, officers)
    issued = tuple(
        (planned, loading.load_clearance(planned, parts).number)
        for planned in track(province.clearances)
    )
    loading.load_uncleared(province, parts)
    loading.load_revocations(issued, parts, now, officers, supervisor)
    loading.load_paper_forms(province, parts, now, officers, supervisor)


def accounts_file(settings: Settings) -> Path:
    """Return where the accounts of the panel stand with their one-time passwords."""
    return settings.home / "secrets" / ACCOUNTS_FILE


def _parts(settings: Settings, memory: Memory, issuing: Issuing) -> loading.Parts:
    engine = memory.engine

    def issue(at: datetime, request: ClearanceRequest, *, idempotency_key: str) -> IssuedClearance:
        def clock() -> datetime:
            return at

        register = Register(engine, clock=clock, random_bytes=secrets.token_bytes)
        issuance = issuing.issuance_with(register, clock)
        prepared = issuance.prepare(
            request,
            idempotency_key=idempotency_key,
            request_hash=loading.request_digest(request),
            client_id=loading.ACTOR,
        )
        return issuance.issue(prepared) if isinstance(prepared, Ticket) else prepared

    return loading.Parts(
        directory=lambda clock: Directory(engine, clock=clock),
        collections=collections_over(memory, settings.deadline),
        revocations=lambda clock: Revocations(engine, clock=clock),
        ledger=lambda clock: PaperFormLedger(
            engine, clock=clock, deadline=settings.paper.handover_deadline
        ),
        issue=issue,
    )


def _moment(settings: Settings) -> datetime:
    file = settings.home / "demo" / MOMENT_FILE
    if not file.exists():
        file.parent.mkdir(mode=0o700, exist_ok=True)
        write_durably(file, format_moment(system_clock().replace(microsecond=0)).encode())
    return parse_moment(file.read_text())


def _write_down(settings: Settings, accounts: Iterable[Account]) -> None:
    """Keep the one-time passwords of new accounts where only the operator reads."""
    lines = [f"{each.username} {each.password}\n" for each in accounts if each.password]
    if lines:
        write_durably(accounts_file(settings), "".join(lines).encode(), mode=0o600)
