"""Minutes of the handing over (R12, R13): in order, and only when all adds up."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from clearance.canonical import canonical_bytes
from clearance.errors import Conflict, InvalidValue, NotFound, Refused
from clearance.identifiers import BranchCode
from clearance.minutes import Attendee, Despatch, MinutesKind, MinutesNumber, minutes_object
from clearance.paper_form_request import Closing, MinutesDraft
from clearance.paper_forms import FormSerial, SerialState
from clearance.roles import Reach
from register.paper_forms.ledger import SEAL_MINUTES
from register.paper_forms.records import MinutesState, Step

pytestmark = pytest.mark.integration

PRESENT = (Attendee(name="علی کریمی", role="رئیس شعبه"),)
SENT = Despatch(packages=3, security="پلمب ۱۱۲ تا ۱۱۴، بارنامهٔ ۷۷")
UNUSED, LEGACY, MISSING = SerialState.UNUSED_RETURNED, SerialState.LEGACY, SerialState.MISSING


@pytest.fixture
def draw_up(ledger, officer_of, supervisor_of):
    """Draw minutes up, as whoever may."""

    def draw(kind: str, about: str, *, province: str = "تهران"):
        member = {"branch": "branch_code", "consolidated": "province"}.get(kind, "consolidated")
        makes = {"branch": BranchCode, "consolidated": str}.get(kind, MinutesNumber)
        members = {"branch_code": None, "province": None, "consolidated": None}
        draft = MinutesDraft(kind=MinutesKind(kind), **(members | {member: makes(about)}))
        officer = officer_of(about) if kind == "branch" else supervisor_of(province)
        return ledger.draw_up(draft, officer)

    return draw


@pytest.fixture
def close(ledger, officer_of, supervisor_of):
    def finish(record, *, despatch: Despatch | None = None):
        officer = (
            officer_of(record.branch_code) if record.branch_code else supervisor_of(record.province)
        )
        return ledger.close(record.number, Closing(attendees=PRESENT, despatch=despatch), officer)

    return finish


@pytest.fixture
def hand_over(draw_up, close):
    """Draw up and close the minutes of a branch."""
    return lambda branch: close(draw_up("branch", branch))


def test_r12_branch_minutes_list_the_unused_forms_and_hand_them_over(
    ledger, allot, record, draw_up, close, issue
):
    allot("1234", 100, 199)
    clearance = issue().number
    record("1234", 100, 189, LEGACY)
    draft = draw_up("branch", "1234")
    assert (draft.state, draft.balance.difference) == (MinutesState.DRAFT, 10)
    with pytest.raises(Conflict, match=r"paper\.unbalanced") as refused:
        close(draft)
    assert refused.value.parameters == {
        "difference": "10",
        "allotted": "100",
        "accounted": "90",
        "branches": "1234",
    }

    record("1234", 190, 195, UNUSED)
    record("1234", 196, None, SerialState.USED)
    record("1234", 196, None, SerialState.CANCELLED, hologram=FormSerial(196), clearance=clearance)
    record("1234", 197, 198, MISSING)
    record("1234", 199, None, UNUSED)
    closed = close(draft)

    content = closed.content
    assert closed.state is MinutesState.CLOSED
    assert content.closed_at == datetime(2025, 5, 4, 8, 30, tzinfo=UTC)
    assert [(each.first, each.last) for each in content.unused] == [(190, 195), (199, 199)]
    assert [(each.serial, each.clearance) for each in content.cancelled] == [(196, clearance)]
    assert [(each.first, each.last) for each in content.missing] == [(197, 198)]
    assert content.balance.difference == 0
    assert ledger.form(FormSerial(192), Reach()).handed_over_by == closed.number
    with pytest.raises(Conflict, match=r"paper\.handed_over"):
        record("1234", 192, None, SerialState.ALLOTTED)
    with pytest.raises(Conflict, match=r"paper\.already_closed"):
        close(draft)


def test_a_form_found_later_is_handed_over_by_further_minutes(
    allot, record, hand_over, draw_up, close
):
    allot("1234", 1, 10)
    record("1234", 1, 9, UNUSED)
    record("1234", 10, None, MISSING)
    hand_over("1234")
    record("1234", 10, None, UNUSED)
    second = hand_over("1234")
    assert [(each.first, each.last) for each in second.content.unused] == [(10, 10)]

    together = close(draw_up("consolidated", "تهران")).content
    assert [each.unused for each in together.parts] == [9, 1]
    assert [(each.first, each.last) for each in together.unused] == [(1, 10)]


def test_r13_the_province_consolidates_sends_and_reports_in_this_order(
    ledger, allot, record, hand_over, draw_up, close
):
    for branch, first in (("1234", 1), ("1235", 11), ("2001", 21)):
        allot(branch, first, first + 9)
    record("1234", 1, 10, UNUSED)
    record("2001", 21, 30, UNUSED)
    hand_over("1234")
    draft = draw_up("consolidated", "تهران")
    with pytest.raises(Conflict, match=r"paper\.unbalanced") as refused:
        close(draft)
    assert refused.value.parameters["branches"] == "1235"
    record("1235", 11, 20, LEGACY)
    with pytest.raises(Conflict, match=r"paper\.branches_owe_minutes") as refused:
        close(draft)
    assert refused.value.parameters == {"branches": "1235"}
    hand_over("1235")
    with pytest.raises(Conflict, match=r"paper\.consolidated_not_closed"):
        draw_up("despatch", draft.number)

    together = close(draft)
    assert together.content.balance.allotted == 20
    report = draw_up("report", together.number)
    with pytest.raises(Conflict, match=r"paper\.despatch_not_closed"):
        close(report)
    despatch = draw_up("despatch", together.number)
    with pytest.raises(InvalidValue) as incomplete:
        close(despatch)
    assert (incomplete.value.code, incomplete.value.field) == ("field.missing", "/despatch")
    sent = close(despatch, despatch=SENT)
    with pytest.raises(InvalidValue, match=r"field\.unknown"):
        close(report, despatch=SENT)
    reported = close(report)

    assert sent.content.despatch == reported.content.despatch == SENT
    assert reported.content.despatched_by == sent.number
    assert reported.content.unused == together.content.unused
    with pytest.raises(Conflict, match=r"paper\.already_drawn_up"):
        draw_up("report", together.number)
    with pytest.raises(Conflict, match=r"paper\.nothing_to_collect"):
        close(draw_up("consolidated", "تهران"))


def test_minutes_are_numbered_without_a_gap(draw_up, branches):
    numbers = [draw_up("branch", "1234").number, draw_up("branch", "1235").number]
    assert numbers == ["22-1404-000001", "22-1404-000002"]
    with pytest.raises(Conflict, match=r"paper\.already_drawn_up") as refused:
        draw_up("branch", "1234")
    assert refused.value.parameters == {"number": "22-1404-000001"}


def test_a_branch_without_forms_has_nothing_to_close(draw_up, close):
    with pytest.raises(Conflict, match=r"paper\.nothing_allotted"):
        close(draw_up("branch", "1234"))


def test_everyone_sees_and_keeps_only_their_own(
    ledger, allot, record, draw_up, hand_over, officer_of, supervisor_of
):
    allot("1234", 1, 10)
    record("1234", 1, 10, UNUSED)
    number = hand_over("1234").number
    assert ledger.minutes(number, Reach(province="تهران")).number == number
    assert ledger.minutes(number, Reach(branch=BranchCode("1234"))).number == number
    for reach in (Reach(province="فارس"), Reach(branch=BranchCode("1235"))):
        with pytest.raises(NotFound, match=r"paper\.minutes_not_found"):
            ledger.minutes(number, reach)
        assert ledger.all_minutes(reach) == ()
    with pytest.raises(NotFound, match=r"paper\.branch_unknown"):
        draw_up("consolidated", "فارس", province="تهران")
    draft = draw_up("branch", "1235")
    with pytest.raises(Refused, match=r"access\.not_permitted"):
        ledger.close(
            draft.number, Closing(attendees=PRESENT, despatch=None), supervisor_of("تهران")
        )


def test_closing_sets_the_job_that_seals_and_the_seal_is_entered_once(
    documents, sealed_minutes, ledger, allot, record, hand_over, sql
):
    allot("1234", 1, 10)
    record("1234", 1, 10, UNUSED)
    number = hand_over("1234").number
    jobs = "SELECT args->>'number', queueing_lock FROM procrastinate_jobs WHERE task_name = :task"
    assert sql(jobs, task=SEAL_MINUTES) == [(number, f"{SEAL_MINUTES}:{number}")]
    sql("DELETE FROM procrastinate_jobs")
    ledger.set_lost_jobs()
    ledger.set_lost_jobs()
    assert len(sql(jobs, task=SEAL_MINUTES)) == 1

    content = ledger.to_seal(number)
    assert sql("SELECT content FROM paper_minutes_closing")[0][0].encode() == canonical_bytes(
        minutes_object(content)
    )
    for digest in ("a" * 64, "b" * 64):
        ledger.enter_document(sealed_minutes(number, digest))
    found = documents.find("a" * 64)
    assert (found.document.kind, found.document.number) == ("minutes", number)
    assert documents.find("b" * 64) is None
    assert ledger.to_seal(number) is None
    assert ledger.minutes(number, Reach()).state is MinutesState.SEALED
    sql("DELETE FROM procrastinate_jobs")
    ledger.set_lost_jobs()
    assert sql(jobs, task=SEAL_MINUTES) == []


def test_r13_who_is_late(ledger, clock, allot, record, hand_over, draw_up, close):
    allot("1234", 1, 10)
    allot("1235", 11, 20)
    record("1234", 1, 10, UNUSED)
    hand_over("1234")
    clock.now = datetime(2025, 12, 20, 20, 29, tzinfo=UTC)  # 23:59 in Tehran
    assert ledger.late(Reach()) == ()

    clock.advance(minutes=1)
    late = {(each.branch_code, each.step): each.done_at for each in ledger.late(Reach())}
    assert late == {
        ("1235", Step.BRANCH_MINUTES): None,
        (None, Step.CONSOLIDATED): None,
        (None, Step.DESPATCH): None,
        (None, Step.REPORT): None,
    }
    assert ledger.late(Reach(branch=BranchCode("1234"))) == ()
    assert ledger.late(Reach(province="فارس")) == ()

    record("1235", 11, 20, LEGACY)
    hand_over("1235")
    together = close(draw_up("consolidated", "تهران"))
    close(draw_up("despatch", together.number), despatch=SENT)
    late = {each.step: each.done_at for each in ledger.late(Reach())}
    assert late == {
        Step.BRANCH_MINUTES: clock.now,
        Step.CONSOLIDATED: clock.now,
        Step.DESPATCH: clock.now,
        Step.REPORT: None,
    }


def test_what_minutes_say_stays(allot, record, hand_over, sql):
    allot("1234", 1, 10)
    record("1234", 1, 10, UNUSED)
    hand_over("1234")
    for statement in (
        "UPDATE paper_minutes SET province = 'x'",
        "UPDATE paper_minutes_closing SET content = replace(content, 'تهران', 'فارس')",
        "DELETE FROM paper_handover",
        "TRUNCATE paper_minutes_part CASCADE",
    ):
        with pytest.raises(IntegrityError, match="refused"):
            sql(statement)
