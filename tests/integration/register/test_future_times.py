"""A clock that was two days ahead: what it stored holds nobody up once it is right again."""

import re
from datetime import timedelta

import pytest

from clearance.errors import Conflict
from register import archive, intents, queue
from register.future_times import CAPPED, NOTICE_DELAY, cap_future_times
from register.tables.metadata import metadata

pytestmark = pytest.mark.integration

NO_LEASE = frozenset({("staff", "one_time_until"), ("collection", "due_at")})
"""Of that form, but no lease, retry or bar: how long a password is valid, the day of the law."""


@pytest.fixture
def cap(engine, clock):
    return lambda: cap_future_times(engine, clock=clock)


def test_the_same_key_is_told_the_length_of_a_lease_and_not_two_days(prepare, clock):
    clock.advance(days=2)
    prepare("key")
    clock.advance(days=-2)
    with pytest.raises(Conflict, match=r"idempotency\.in_progress") as refused:
        prepare("key")
    assert int(refused.value.parameters["seconds"]) <= intents.LEASE / timedelta(seconds=1) + 1


def test_after_a_round_the_same_key_goes_on_when_a_lease_is_over(prepare, clock, cap):
    clock.advance(days=2)
    first = prepare("key")
    clock.advance(days=-2)
    cap()
    clock.advance(seconds=60)
    assert prepare("key").number == first.number


def test_a_retry_comes_within_its_longest_delay(register, prepare, clock, cap, sql):
    clock.advance(days=2)
    register.release(prepare("key"), "tsa.unavailable", passes=True)
    clock.advance(days=-2)
    cap()
    ((resume_at,),) = sql("SELECT resume_at FROM intent")
    ((scheduled_at,),) = sql(
        "SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'resume'"
    )
    assert max(resume_at, scheduled_at) <= clock.now + queue.LONGEST_DELAY


def test_notices_and_archival_revisions_are_capped_too(issue, clock, cap, sql):
    issue("key")
    sql("UPDATE notice SET due_at = due_at + interval '2 days'")
    sql("UPDATE archive SET next_at = next_at + interval '2 days'")
    cap()
    assert sql("SELECT due_at FROM notice") == [(clock.now + NOTICE_DELAY,)]
    assert sql("SELECT next_at FROM archive") == [(clock.now + archive.LONGEST_DELAY,)]


def test_times_that_are_not_too_far_ahead_stay(register, prepare, clock, cap, sql):
    prepare("held")
    register.release(prepare("put off"), "tsa.unavailable", passes=True)
    before = sql("SELECT number, leased_until, resume_at FROM intent ORDER BY number")
    cap()
    assert sql("SELECT number, leased_until, resume_at FROM intent ORDER BY number") == before


def test_every_column_that_holds_such_a_time_is_capped():
    capped = {(each.table.name, name) for each in CAPPED for name in each.longest}
    stored = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if re.search(r"(_until|^due_at|^next_at|^resume_at)$", column.name)
    }
    assert stored - NO_LEASE == capped
