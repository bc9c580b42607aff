"""Two provinces with everything that supervisors read, and the panel over both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from api.panel.config import Panel
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.paper_form_request import parse_allotment, parse_draft
from clearance.roles import Officer, Reach, Role
from register.batches.client_batches import Batches
from register.collections import Deadlines
from register.database import open_database
from register.directory import Directory
from register.inboxes import Notices
from register.records import RevocationReason

URL = "https://panel.test"
OWN, FOREIGN = "8642", "9753"
PROVINCES = {OWN: "تهران", FOREIGN: "هرمزگان"}


@dataclass(frozen=True, kw_only=True)
class There:
    """What lies in one province; all of its keys hold the branch's code."""

    branch: str
    number: ClearanceNumber
    waiting: ClearanceNumber
    revocation: int
    minutes: str
    serial: int
    notice: str


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database of each test's own again: these fill more tables than accounts do."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def provinces(sql, issue, prepare, register, revocations, ledger, clock) -> dict[str, There]:
    """Fill both provinces alike."""
    return {
        branch: _fill(branch, sql, issue, prepare, register, revocations, ledger, clock)
        for branch in PROVINCES
    }


def _fill(branch, sql, issue, prepare, register, revocations, ledger, clock) -> There:
    province, workshop = PROVINCES[branch], f"001000{branch}"
    sql(
        "INSERT INTO branch VALUES (:code, :name, :province, 1, now())",
        code=branch,
        name=f"شعبهٔ {branch}",
        province=province,
    )
    sql(
        "INSERT INTO workshop VALUES (:number, :name, :code, 'نشانی', '1345678901', "
        "'10380284790', NULL, now(), 1, now())",
        number=workshop,
        name=f"کارگاه {branch}",
        code=branch,
    )
    for row in ("123", "124"):
        sql(
            "INSERT INTO contract_row (branch_code, contract_row, contract_sequence, state, "
            "version, updated_at, contract_number, work_assigner_workshop) "
            "VALUES (:code, :row, '01', 'active', 1, now(), :number, :workshop)",
            code=branch,
            row=row,
            number=f"K-{branch}",
            workshop=workshop,
        )
    sql(
        "INSERT INTO inspection_undertaking VALUES (:id, :code, '10380284790', :start, :end, "
        "now(), 'backend', now())",
        id=f"U-{branch}",
        code=branch,
        start=date(2020 + (branch == FOREIGN), 3, 21),
        end=date(2021 + (branch == FOREIGN), 3, 20),
    )
    sql(
        "INSERT INTO collection (id, branch_code, contract_row, contract_sequence, sum_of_debits, "
        "amount, collected_at, deadline_rule, warn_at, due_at, recorded_at, recorded_by) "
        "VALUES (:id, :code, '124', '01', 10, 10, :at, 'next_calendar_day', :warn, :due, :at, 'b')",
        id=f"C-{branch}",
        code=branch,
        at=clock.now - timedelta(days=3),
        warn=clock.now - timedelta(days=2),
        due=clock.now - timedelta(days=1),
    )
    issued = issue(branch=branch, subject=f"کار شمارهٔ {branch}")
    waiting = prepare(branch=branch)
    register.release(waiting, "keys.certificate_expired")
    asking = officer_of(Role.BRANCH_OFFICER, Reach(branch=BranchCode(branch)))
    asked = revocations.open(
        issued.number,
        reason=RevocationReason.DATA_CORRECTED,
        remark=f"توضیح {branch}",
        officer=asking,
    )
    serial = int(branch) * 100
    supervisor = officer_of(Role.PROVINCIAL_SUPERVISOR, Reach(province=province))
    ledger.allot(
        parse_allotment({"branch_code": branch, "first": str(serial), "last": str(serial + 9)}),
        supervisor,
    )
    minutes = ledger.draw_up(parse_draft({"kind": "branch", "branch_code": branch}), asking)
    return There(
        branch=branch,
        number=issued.number,
        waiting=waiting.number,
        revocation=asked.id,
        minutes=minutes.number,
        serial=serial,
        notice=str(sql("SELECT id FROM notice WHERE number = :number", number=issued.number)[0][0]),
    )


def officer_of(role: Role, reach: Reach) -> Officer:
    return Officer(id=f"someone-{reach.branch or 'else'}", name="", role=role, reach=reach)


@pytest.fixture
def supervised_app(
    open_panel, office_with, staff, engine, clock, supervision, ledger, revocations
) -> Callable[..., Any]:
    """Make the application with everything that the pages read; ``officer`` holds any API key."""

    def make(officer: Officer | None = None) -> Any:
        @dataclass(frozen=True)
        class Client:
            id: str = "client"
            scopes: frozenset[str] = frozenset()
            officer: Officer | None = None

        office = office_with(
            panel=Panel(staff=staff, url=URL, secure=True),
            supervision=supervision,
            directory=Directory(engine, clock=clock),
            paper=ledger,
            revocations=revocations,
            notices=Notices(engine, clock=clock),
            deadlines=Deadlines(engine, clock=clock),
            batches=Batches(engine, clock=clock, random_bytes=bytes),
        )
        return open_panel(
            office=office,
            authenticate=lambda _secret: Client(officer=officer),
            read_document=lambda _sha256: b"%PDF-1.7",
        )

    return make


@pytest.fixture
def member(browser, supervised_app, person_of, clock):
    """Log somebody in, and answer their browser."""

    def make(role: Role, reach: Reach):
        opened = replace(browser, app=supervised_app())
        opened.log_in(person_of(role=role, reach=reach), clock)
        return opened

    return make
