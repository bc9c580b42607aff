"""Serials of Form 22: allotted once, in one state each, and what is written stays."""

import pytest
from sqlalchemy.exc import IntegrityError

from clearance.errors import Conflict, InvalidValue, NotFound, Refused
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.paper_form_request import Allotment
from clearance.paper_forms import FormEntry, FormMeaning, FormSerial, SerialState
from clearance.roles import Reach
from register.paper_forms.lookup import PaperFormLookup

pytestmark = pytest.mark.integration

COUNTRY = Reach()


def states(ledger, branch: str) -> dict[str, int]:
    (line,) = ledger.balances(COUNTRY, code=BranchCode(branch))
    counted = {state.value: line.balance.count(state) for state in SerialState}
    return {name: count for name, count in counted.items() if count} | {
        "difference": line.balance.difference
    }


def test_allotted_ranges_never_overlap(ledger, allot, sql):
    allot("1234", 1000, 1999)
    for first, last in ((1999, 2500), (500, 1000), (1200, 1300), (1, 5000)):
        with pytest.raises(Conflict, match=r"paper\.overlap") as refused:
            allot("2001", first, last)
        assert refused.value.parameters == {"first": "1000", "last": "1999"}
    allot("2001", 2000, 2000)
    with pytest.raises(IntegrityError, match="paper_range_no_overlap"):
        sql(
            "INSERT INTO paper_range (branch_code, serials, allotted_at, allotted_by) "
            "VALUES ('2001', '[1500,1501)', now(), 'x')"
        )


def test_only_the_province_of_a_branch_allots(ledger, branches, officer_of, supervisor_of, serials):
    allotment = Allotment(branch_code=BranchCode("1234"), serials=serials(1, 9))
    with pytest.raises(NotFound, match=r"paper\.branch_unknown"):
        ledger.allot(allotment, supervisor_of("فارس"))
    with pytest.raises(Refused, match=r"access\.not_permitted"):
        ledger.allot(allotment, officer_of("1234"))
    unknown = Allotment(branch_code=BranchCode("9999"), serials=serials(1, 9))
    with pytest.raises(NotFound, match=r"paper\.branch_unknown"):
        ledger.allot(unknown, supervisor_of("تهران"))


def test_states_of_single_serials_and_ranges_add_up(ledger, allot, record):
    allot("1234", 100, 199)
    record("1234", 100, 149, SerialState.LEGACY)
    record("1234", 150, None, SerialState.USED)
    record("1234", 160, 199, SerialState.UNUSED_RETURNED)
    record("1234", 155, 156, SerialState.MISSING)

    assert states(ledger, "1234") == {
        "issued_before_effective_date": 50,
        "used": 1,
        "unused_returned": 40,
        "missing": 2,
        "difference": 7,
    }
    form = ledger.form(FormSerial(155), COUNTRY)
    assert (form.state, form.branch_code) == (SerialState.MISSING, "1234")
    assert [each.explanation for each in form.entries] == ["به اشتباه ثبت شده بود"]


def test_an_entry_may_span_ranges_of_one_branch_and_no_gap(ledger, allot, record):
    allot("1234", 100, 149)
    allot("1234", 150, 199)
    allot("1234", 300, 309)
    record("1234", 140, 160, SerialState.UNUSED_RETURNED)
    assert states(ledger, "1234") == {"unused_returned": 21, "difference": 89}
    for first, last in ((190, 305), (310, 310), (1, 100)):
        with pytest.raises(NotFound, match=r"paper\.not_allotted"):
            record("1234", first, last, SerialState.LEGACY)


def test_a_branch_records_its_own_serials_only(ledger, allot, record, supervisor_of, serials):
    allot("1234", 1, 10)
    allot("1235", 11, 20)
    for first, last in ((11, 12), (10, 11)):
        with pytest.raises(NotFound, match=r"paper\.not_allotted"):
            record("1234", first, last, SerialState.LEGACY)
    with pytest.raises(Refused, match=r"access\.not_permitted"):
        ledger.record(
            (FormEntry(serials=serials(1), state=SerialState.LEGACY),), supervisor_of("تهران")
        )


def test_entries_are_recorded_together_or_not_at_all(ledger, allot, officer_of, serials):
    allot("1234", 1, 10)
    entries = tuple(
        FormEntry(serials=serials(first), state=SerialState.LEGACY) for first in (1, 2, 11)
    )
    with pytest.raises(NotFound) as refused:
        ledger.record(entries, officer_of("1234"))
    assert refused.value.field == "/entries/2"
    assert states(ledger, "1234") == {"difference": 10}


def test_what_is_recorded_by_mistake_is_taken_back_and_stays_on_record(ledger, allot, record):
    allot("1234", 1, 10)
    record("1234", 1, 10, SerialState.LEGACY)
    with pytest.raises(Conflict, match=r"paper\.transition"):
        record("1234", 5, None, SerialState.UNUSED_RETURNED)
    record("1234", 5, None, SerialState.ALLOTTED)
    record("1234", 5, None, SerialState.UNUSED_RETURNED)
    form = ledger.form(FormSerial(5), COUNTRY)
    assert [each.state for each in form.entries] == [
        SerialState.LEGACY,
        SerialState.ALLOTTED,
        SerialState.UNUSED_RETURNED,
    ]
    assert ledger.form(FormSerial(6), COUNTRY).state is SerialState.LEGACY


def test_r14_a_cancelled_form_names_its_electronic_clearance(ledger, allot, record, issue):
    allot("1234", 1, 10)
    clearance = issue().number
    elsewhere = ClearanceNumber.make(1404, BranchCode("1234"), 999)
    record("1234", 7, None, SerialState.USED)
    cancelled = {"state": SerialState.CANCELLED, "hologram": FormSerial(7)}
    with pytest.raises(InvalidValue, match=r"paper\.clearance_unknown"):
        record("1234", 7, None, clearance=elsewhere, **cancelled)
    record("1234", 7, None, clearance=clearance, **cancelled)

    form = ledger.form(FormSerial(7), COUNTRY)
    assert form.entries[-1].clearance == clearance
    with pytest.raises(Conflict, match=r"paper\.transition"):
        record("1234", 7, None, SerialState.LEGACY)


def test_r14_the_clearance_is_of_the_same_branch(allot, record, issue):
    allot("1235", 1, 10)
    clearance = issue().number
    with pytest.raises(InvalidValue, match=r"paper\.clearance_unknown"):
        record(
            "1235",
            1,
            None,
            SerialState.CANCELLED,
            hologram=FormSerial(1),
            clearance=clearance,
        )


def test_the_public_learns_a_class_and_nothing_else(engine, clock, allot, record):
    today = clock.now.date()
    lookup = PaperFormLookup(engine, clock=clock, effective_date=today)
    before = PaperFormLookup(engine, clock=clock, effective_date=None)
    allot("1234", 1, 10)
    record("1234", 1, None, SerialState.LEGACY)
    record("1234", 2, 3, SerialState.UNUSED_RETURNED)

    found = {serial: lookup.form(FormSerial(serial)).meaning for serial in (1, 2, 4, 11)}

    assert found == {
        1: FormMeaning.LEGACY,
        2: FormMeaning.VOID,
        4: FormMeaning.VOID_SINCE,
        11: FormMeaning.NEVER_EXISTED,
    }
    assert before.form(FormSerial(4)).meaning is FormMeaning.LEGACY


def test_the_database_keeps_each_serial_in_one_segment(allot, record, sql):
    allot("1234", 1, 10)
    record("1234", 4, 6, SerialState.LEGACY)
    for statement, message in (
        ("DELETE FROM paper_segment WHERE state <> 'allotted'", "one segment"),
        ("UPDATE paper_segment SET state = 'missing'", "refused"),
        ("UPDATE paper_entry SET state = 'missing'", "refused"),
        ("DELETE FROM paper_entry", "refused"),
        ("DELETE FROM paper_range", "refused"),
        ("TRUNCATE paper_segment", "refused"),
    ):
        with pytest.raises(IntegrityError, match=message):
            sql(statement)


def test_the_database_wants_hologram_clearance_and_explanation(allot, sql):
    allot("1234", 1, 10)
    statement = (
        "INSERT INTO paper_entry (serials, state, hologram_first, explanation, recorded_at, "
        "recorded_by) VALUES (int8range(:first, :end), :state, :hologram, NULL, now(), 'x')"
    )
    for state, end, hologram, message in (
        ("unused_returned", 3, None, "hologram_is_attached"),
        ("unused_returned", 3, 2, "hologram_is_the_matching_one"),
        ("cancelled", 2, 1, "cancelled_names_its_clearance"),
        ("missing", 2, None, "explained"),
        ("lost", 2, None, "state_check"),
    ):
        with pytest.raises(IntegrityError, match=message):
            sql(statement, first=1, end=end, state=state, hologram=hologram)


def test_every_act_is_in_the_audit_trail(allot, record, sql):
    allot("1234", 1, 10)
    record("1234", 2, None, SerialState.LEGACY)
    assert sql("SELECT name, actor, subject, details FROM audit_event ORDER BY id") == [
        ("paper.allotted", "supervisor-تهران", "1234", {"first": "1", "last": "10"}),
        (
            "paper.recorded",
            "officer-1234",
            "1234",
            {
                "first": "2",
                "last": "2",
                "state": "issued_before_effective_date",
                "clearance": None,
            },
        ),
    ]
