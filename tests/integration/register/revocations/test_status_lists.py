"""What the register knows of status lists: places, publications, and which is the newest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clearance.status_list import LIST_SIZE
from register.status_lists import Publication, StatusLists

pytestmark = pytest.mark.integration

AT = datetime(2025, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
def lists(engine):
    return StatusLists(engine)


def publication(revoked, *, at=AT, number=0):
    return Publication(
        list_number=number,
        revoked=revoked,
        issued_at=at,
        expires_at=at + timedelta(hours=24),
        ttl=timedelta(minutes=5),
        kid=b"12345678",
        token=f"{revoked} at {at}".encode(),
    )


def test_a_withdrawal_sets_the_place_of_its_clearance(lists, issue, prepare, revoke):
    assert lists.counts() == (0,)
    issue()
    revoked = issue()
    prepare()
    revoke(revoked.number)

    assert lists.counts() == (1,)
    assert lists.revoked(0) == [revoked.status_list_index]
    assert lists.revoked(1) == []


def test_a_million_later_there_is_another_list(lists, issue, revoke, sql):
    before = issue()
    revoke(before.number)
    sql(f"ALTER SEQUENCE places_given RESTART WITH {LIST_SIZE // 2 - 1}")
    last, first = issue(), issue()
    assert (last.status_list_index // LIST_SIZE, first.status_list_index // LIST_SIZE) == (0, 1)
    for each in (last, first):
        revoke(each.number)

    assert lists.counts() == (2, 1)
    assert set(lists.revoked(0)) == {before.status_list_index, last.status_list_index}
    assert lists.revoked(1) == [first.status_list_index - LIST_SIZE]


def test_the_newest_is_the_one_with_most_withdrawals(lists):
    assert lists.newest(0) is None
    first, renewed = publication(3), publication(3, at=AT + timedelta(hours=12))
    for each in (first, renewed):
        lists.record(each)
        assert lists.newest(0) == each

    # Made after one more revocation, but recorded before the one that does not know of it.
    knowing = publication(4, at=AT + timedelta(hours=13))
    slow = publication(3, at=AT + timedelta(hours=13, seconds=1))
    for each in (knowing, slow):
        lists.record(each)
    assert lists.newest(0) == knowing
    lists.record(replace(first, list_number=1))
    assert lists.newest(1) == replace(first, list_number=1)
    assert lists.newest(2) is None
