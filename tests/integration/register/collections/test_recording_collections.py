"""A collection is recorded once and stays as it was."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from clearance.certificate import PaymentReceipt
from clearance.deadline import DeadlineRule
from clearance.errors import Conflict, NotFound
from clearance.identifiers import BranchCode
from clearance.money import Rials
from clearance.roles import Reach
from clearance.working_days import WorkingCalendar

pytestmark = pytest.mark.integration

DUE = datetime(2025, 5, 5, 20, 29, 59, tzinfo=UTC)


def test_what_was_recorded_reads_back_with_its_due_time(record, collections, collection, events):
    recorded = record()

    assert recorded.collection == collection()
    assert (recorded.due_at, recorded.rule) == (DUE, DeadlineRule.NEXT_CALENDAR_DAY)
    assert recorded.in_time is None
    assert collections.find("C-1") == recorded
    assert events() == ["collection.recorded"]


def test_repeating_a_report_changes_nothing(record, collections, collection, clock, events):
    early, late = (
        PaymentReceipt(
            id=name, amount=Rials(2_800_000_000), collected_at=clock.now - timedelta(hours=n)
        )
        for name, n in (("R-9", 2), ("R-1", 1))
    )
    recorded = record(receipts=(early, late))
    clock.advance(hours=1)

    assert collections.record(collection(receipts=(late, early)), actor="other") == (
        recorded,
        False,
    )
    assert events() == ["collection.recorded"]


def test_a_report_is_answered_with_its_clearance_once_there_is_one(
    record, collections, collection, issue_for
):
    issued = issue_for(record().collection)

    known, is_new = collections.record(collection(), actor="backend")

    assert (known.collection.number, is_new) == (issued.number, False)
    assert known.in_time is True


def test_another_collection_under_the_same_id_is_refused(record, collections, collection, clock):
    record()

    for other in (
        collection(row="124"),
        collection(at=clock.now),
        collection(assessed=True),
    ):
        with pytest.raises(Conflict) as refused:
            collections.record(other, actor="backend")
        assert refused.value.code == "collection.conflict"


def test_a_receipt_belongs_to_one_collection(record, collections, collection):
    receipts = record().collection.receipts

    with pytest.raises(Conflict) as refused:
        collections.record(collection("C-2", receipts=receipts, row="124"), actor="backend")

    assert refused.value.code == "collection.receipt_taken"
    assert refused.value.parameters == {"receipt": "R-C-1", "collection": "C-1"}
    with pytest.raises(NotFound):
        collections.find("C-2")


def test_of_two_reports_at_once_one_gets_the_receipt(collections, collection, clock):
    receipts = tuple(
        PaymentReceipt(id=f"R-{n}", amount=Rials(2_800_000_000), collected_at=clock.now)
        for n in (1, 2)
    )

    def report(n):
        shuffled = receipts if n % 2 else receipts[::-1]
        try:
            return collections.record(collection(f"C-{n}", receipts=shuffled), actor="backend")[1]
        except Conflict as conflict:
            return conflict.code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(report, range(8)))

    assert sorted(outcomes, key=str) == [True] + ["collection.receipt_taken"] * 7


def test_an_unknown_contract_row_is_refused(collections, collection):
    with pytest.raises(Conflict) as refused:
        collections.record(collection(row="999"), actor="backend")
    assert refused.value.code == "collection.row_unknown"
    assert refused.value.parameters == {"row": "1234/999/01"}


def test_a_later_setting_does_not_rewrite_history(record, open_collections, collection, clock):
    recorded = record()
    hours = open_collections(DeadlineRule.TWENTY_FOUR_HOURS)

    assert hours.find("C-1") == recorded
    assert hours.record(collection(), actor="backend") == (recorded, False)
    newer, _ = hours.record(collection("C-2"), actor="backend")
    assert newer.rule is DeadlineRule.TWENTY_FOUR_HOURS
    assert newer.due_at == newer.collection.collected_at + timedelta(hours=24)


def test_a_year_without_known_holidays_is_warned_of(open_collections, collection, caplog):
    known = WorkingCalendar(holidays={date(2025, 5, 5): "تعطیل"})
    with caplog.at_level(logging.WARNING):
        recorded, _ = open_collections(DeadlineRule.NEXT_WORKING_DAY, known).record(
            collection("C-1"), actor="backend"
        )
        assert recorded.due_at == DUE + timedelta(days=1)
        assert not caplog.messages
        open_collections(DeadlineRule.NEXT_WORKING_DAY).record(collection("C-2"), actor="backend")
    assert caplog.messages == ["the holidays of 1404 are not known"]


def test_outside_ones_reach_a_collection_does_not_exist(record, collections):
    record()

    for reach in (Reach(), Reach(province="تهران"), Reach(branch=BranchCode("1234"))):
        assert collections.find("C-1", reach=reach).collection.id == "C-1"
    for reach in (Reach(province="فارس"), Reach(branch=BranchCode("2345"))):
        with pytest.raises(NotFound):
            collections.find("C-1", reach=reach)


def test_the_database_keeps_what_is_on_record(record, issue_for, deadlines, clock, sql):
    clock.advance(days=9)
    collection = record().collection
    deadlines.watch()
    issue_for(collection)

    for message, *statements in (
        (
            "entered once",
            "UPDATE collection SET due_at = due_at + interval '1 day'",
            "UPDATE collection SET number = NULL, settled_at = NULL",
            "UPDATE collection SET settled_at = settled_at - interval '1 day'",
        ),
        (
            "refused",
            "DELETE FROM collection",
            "TRUNCATE collection CASCADE",
            "UPDATE collection_receipt SET amount = 1",
            "DELETE FROM collection_receipt",
            "UPDATE deadline_event SET raised_at = now()",
            "DELETE FROM deadline_event",
            "TRUNCATE deadline_event",
        ),
    ):
        for statement in statements:
            with pytest.raises(IntegrityError, match=message):
                sql(statement)
