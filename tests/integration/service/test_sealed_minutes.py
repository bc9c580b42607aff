"""Minutes of the paper channel, sealed by the service's own worker and shown to its verifier."""

import time
from datetime import date

import pytest
from sqlalchemy import text

from clearance.clock import system_clock
from clearance.identifiers import BranchCode
from clearance.minutes import Attendee, MinutesKind
from clearance.paper_form_request import Allotment, Closing, MinutesDraft
from clearance.paper_forms import FormEntry, FormSerial, SerialRange, SerialState
from clearance.roles import Officer, Reach, Role
from register.paper_forms.ledger import PaperFormLedger
from register.paper_forms.records import MinutesState

pytestmark = pytest.mark.integration

BRANCH = BranchCode("7731")
PROVINCE = "استان صورتجلسه"
SEALED_WITHIN_SECONDS = 60


@pytest.fixture(scope="module")
def minutes(running_service) -> bytes:
    """The sealed PDF of a branch's minutes."""
    memory = running_service.memory
    with memory.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO branch VALUES (:code, 'شعبهٔ آزمون', :province, 1, now())"),
            {"code": BRANCH, "province": PROVINCE},
        )
    ledger = PaperFormLedger(memory.engine, clock=system_clock, deadline=date(2020, 12, 20))
    clerk = Officer(
        id="clerk", name="کارشناس", role=Role.BRANCH_OFFICER, reach=Reach(branch=BRANCH)
    )
    supervisor = Officer(
        id="supervisor",
        name="ناظر",
        role=Role.PROVINCIAL_SUPERVISOR,
        reach=Reach(province=PROVINCE),
    )
    forms = SerialRange(first=FormSerial(9_731_000_001), last=FormSerial(9_731_000_050))
    ledger.allot(Allotment(branch_code=BRANCH, serials=forms), supervisor)
    returned = FormEntry(serials=forms, state=SerialState.UNUSED_RETURNED, hologram=forms.first)
    ledger.record((returned,), clerk)
    draft = MinutesDraft(
        kind=MinutesKind.BRANCH, branch_code=BRANCH, province=None, consolidated=None
    )
    drawn = ledger.draw_up(draft, clerk)
    present = Closing(attendees=(Attendee(name="علی کریمی", role="رئیس شعبه"),), despatch=None)
    ledger.close(drawn.number, present, clerk)

    deadline = time.monotonic() + SEALED_WITHIN_SECONDS
    while (record := ledger.minutes(drawn.number, Reach())).state is not MinutesState.SEALED:
        assert time.monotonic() < deadline, "nobody sealed the minutes"
        time.sleep(0.05)
    return memory.documents.get(record.document_sha256)


def test_sealed_minutes_are_genuine_and_no_clearance(running_service, minutes) -> None:
    verdict = running_service.verify(minutes)
    assert verdict["outcome"] == "other_document"
    assert verdict["reasons"] == ["register.minutes", "signature.valid"]
    assert (verdict["number"], verdict["clearance"]) == (None, None)
    assert {each["level"] for each in verdict["findings"]} == {"passed"}


def test_changed_minutes_are_altered_and_no_clearance_either(running_service, minutes) -> None:
    changed = minutes.replace(b"%%EOF", b"%%EoF")
    for forged in (minutes + b"\n% more", changed):
        verdict = running_service.verify(forged)
        assert (verdict["outcome"], verdict["number"]) == ("altered", None)


def test_the_result_page_says_that_it_is_no_clearance(running_service, minutes) -> None:
    page = running_service.http.post(
        "/verifications", files={"file": ("minutes.pdf", minutes, "application/pdf")}
    )
    assert 'data-outcome="other_document"' in page.text
    assert "این سند اصیل است، اما مفاصاحساب نیست" in page.text
