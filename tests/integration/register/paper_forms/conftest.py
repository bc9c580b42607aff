"""A ledger over a directory of three branches in two provinces."""

from collections.abc import Callable
from datetime import date

import pytest

from clearance.identifiers import BranchCode
from clearance.paper_form_request import Allotment
from clearance.paper_forms import FormEntry, FormSerial, SerialRange, SerialState
from clearance.roles import Officer, Reach, Role
from register.paper_forms.ledger import PaperFormLedger

DEADLINE = date(2025, 12, 20)
"""After the standing clock's 4 May 2025."""


def _serials(first: int, last: int | None = None) -> SerialRange:
    return SerialRange(first=FormSerial(first), last=FormSerial(last or first))


def _officer_of(branch: str) -> Officer:
    reach = Reach(branch=BranchCode(branch))
    return Officer(id=f"officer-{branch}", name="کارشناس", role=Role.BRANCH_OFFICER, reach=reach)


def _supervisor_of(province: str) -> Officer:
    return Officer(
        id=f"supervisor-{province}",
        name="ناظر",
        role=Role.PROVINCIAL_SUPERVISOR,
        reach=Reach(province=province),
    )


@pytest.fixture
def serials() -> Callable[..., SerialRange]:
    return _serials


@pytest.fixture
def officer_of() -> Callable[[str], Officer]:
    return _officer_of


@pytest.fixture
def supervisor_of() -> Callable[[str], Officer]:
    return _supervisor_of


@pytest.fixture
def branches(sql) -> None:
    for code, name, province in (
        ("1234", "شعبه ۵ تهران", "تهران"),
        ("1235", "شعبه ۶ تهران", "تهران"),
        ("2001", "شعبه یک شیراز", "فارس"),
    ):
        sql(
            "INSERT INTO branch VALUES (:code, :name, :province, 1, now())",
            code=code,
            name=name,
            province=province,
        )


@pytest.fixture
def ledger(engine, clock, branches) -> PaperFormLedger:
    return PaperFormLedger(engine, clock=clock, deadline=DEADLINE)


@pytest.fixture
def allot(ledger) -> Callable[..., None]:
    """Give serials to a branch, as the supervisor of its province."""

    def give(branch: str, first: int, last: int) -> None:
        province = "فارس" if branch == "2001" else "تهران"
        allotment = Allotment(branch_code=BranchCode(branch), serials=_serials(first, last))
        ledger.allot(allotment, _supervisor_of(province))

    return give


@pytest.fixture
def record(ledger) -> Callable[..., None]:
    """Record a state, as an officer of the branch, with what the state wants."""

    def enter(branch: str, first: int, last: int | None, state: SerialState, **more) -> None:
        if state is SerialState.UNUSED_RETURNED:
            more.setdefault("hologram", FormSerial(first))
        if state in (SerialState.MISSING, SerialState.ALLOTTED):
            more.setdefault("explanation", "به اشتباه ثبت شده بود")
        entry = FormEntry(serials=_serials(first, last), state=state, **more)
        ledger.record((entry,), _officer_of(branch))

    return enter
