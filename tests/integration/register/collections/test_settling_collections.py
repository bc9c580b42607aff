"""Which collection a clearance rests on: one of its row, that no other rests on."""

from datetime import timedelta

import pytest

from clearance.certificate import PaymentReceipt
from clearance.errors import Conflict
from clearance.money import Rials
from register.collections import collection_for

pytestmark = pytest.mark.integration


@pytest.fixture
def rests_on(engine, request_for):
    """Return what a request like that for a collection rests on."""

    def rests_on(collection, **changes):
        with engine.begin() as connection:
            return collection_for(connection, request_for(collection, **changes))

    return rests_on


def test_a_request_rests_on_the_collection_with_its_receipts(record, rests_on, collection):
    one, other = record("C-1").collection, record("C-2").collection

    assert rests_on(one) == one
    assert rests_on(other) == other
    assert rests_on(collection("C-9")) is None


def test_receipts_of_another_row_do_not_count(record, rests_on, collection):
    receipts = record("C-1").collection.receipts

    assert rests_on(collection(row="124", receipts=receipts)) is None
    assert rests_on(collection(branch="2345", receipts=receipts)) is None


def test_of_spread_receipts_the_collection_with_most_counts(record, rests_on, collection, clock):
    receipts = tuple(
        PaymentReceipt(id=f"R-{n}", amount=Rials(2_800_000_000), collected_at=clock.now)
        for n in range(4)
    )
    record("C-1", receipts=receipts[:2])
    most = record("C-2", receipts=receipts[2:]).collection

    assert rests_on(collection(receipts=receipts[1:])) == most


def test_without_receipts_the_oldest_free_assessment_of_the_row_counts(
    record, rests_on, issue_for, clock
):
    hour = timedelta(hours=1)
    newer = record("C-1", assessed=True, at=clock.now - hour).collection
    older = record("C-2", assessed=True, at=clock.now - 2 * hour).collection
    record("C-3")

    assert rests_on(newer) == older
    first = issue_for(newer)
    assert rests_on(newer) == newer
    issue_for(newer)
    # Both serve a clearance: the rules then say which.
    assert rests_on(newer).number == first.number


def test_a_collection_serves_one_clearance_whoever_is_first(
    record, prepare_for, finish, register, collections
):
    collection = record().collection
    first, second = prepare_for(collection), prepare_for(collection)
    issued = finish(second)

    with pytest.raises(Conflict) as refused:
        finish(first)

    assert refused.value.code == "collection.used"
    assert refused.value.parameters == {"number": issued.number}
    assert register.find(first.number) is None
    assert collections.find("C-1").collection.number == issued.number


@pytest.mark.parametrize("assessed", [True, False])
def test_a_replacement_rests_on_what_it_replaces_on_and_leaves_the_clock_alone(
    record, rests_on, issue_for, revoke, collections, clock, assessed
):
    collection = record(assessed=assessed).collection
    record("C-2", assessed=assessed)
    first = issue_for(collection)
    settled = collections.find("C-1")
    for _ in range(2):
        clock.advance(days=5)
        revoke(first)
        replacement = issue_for(collection, replaces=first.number)
        assert rests_on(collection, replaces=replacement.number).number == replacement.number
        first = replacement

    assert collections.find("C-1") == settled
    assert collections.settled_by(first.number) is None


def test_a_replacement_may_rest_on_a_collection_of_its_own(record, issue_for, revoke, collections):
    first = issue_for(record("C-1").collection)
    revoke(first)

    replacement = issue_for(record("C-2").collection, replaces=first.number)

    assert collections.find("C-2").collection.number == replacement.number


def test_without_a_collection_nothing_is_settled(issue, sql):
    issue()

    assert sql("SELECT FROM collection") == []
