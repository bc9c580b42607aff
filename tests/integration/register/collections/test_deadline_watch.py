"""The watch raises what the clock brings, once, and a breach stays for good."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from clearance.identifiers import BranchCode
from clearance.roles import Reach
from register.collections import deadlines as module
from register.collections.deadlines import Place

pytestmark = pytest.mark.integration

WARN = datetime(2025, 5, 5, 12, 41, 59, tzinfo=UTC)
DUE = datetime(2025, 5, 5, 20, 29, 59, tzinfo=UTC)
RECORDED = "collection.recorded"
WARNING = "deadline.warning"
BREACHED = "deadline.breached"
COUNTRY = Reach()


@pytest.fixture
def breaches(deadlines):
    """Return the breaches on record."""
    return lambda reach=COUNTRY, **only: deadlines.breaches(reach, limit=100, **only)


def test_a_warning_at_four_fifths_and_a_breach_at_the_end_each_once(
    record, deadlines, clock, events, sql
):
    record()
    for moment, names in (
        (WARN - timedelta(seconds=1), []),
        (WARN, [WARNING]),
        (DUE, [WARNING]),
        (DUE + timedelta(seconds=1), [WARNING, BREACHED]),
        (DUE + timedelta(days=30), [WARNING, BREACHED]),
    ):
        clock.now = moment
        deadlines.watch()
        deadlines.watch()
        assert events() == [RECORDED, *names]

    assert sql("SELECT kind, at, raised_at FROM deadline_event ORDER BY at") == [
        ("warning", WARN, WARN),
        ("breached", DUE, DUE + timedelta(seconds=1)),
    ]


def test_after_an_outage_of_the_watch_both_are_raised_and_dated_when_they_came_to_pass(
    record, deadlines, clock, events, breaches
):
    record()
    clock.now = DUE + timedelta(days=3)

    deadlines.watch()

    assert events() == [RECORDED, WARNING, BREACHED]
    (breach,) = breaches()
    assert (breach.due_at, breach.raised_at) == (DUE, clock.now)


def test_a_collection_recorded_after_its_deadline_is_a_breach_at_once(
    record, collection, deadlines, breaches, clock
):
    record(at=clock.now - timedelta(days=10))

    deadlines.watch()

    assert len(breaches()) == 1


def test_in_time_there_is_no_breach_and_the_clock_stands(
    record, collections, issue_for, deadlines, clock, events, breaches
):
    collection = record().collection
    clock.now = DUE.replace(microsecond=999_999)
    issued = issue_for(collection)
    clock.advance(days=9)

    deadlines.watch()

    assert breaches() == ()
    assert events() == [RECORDED]
    assert collections.settled_by(issued.number).in_time is True


def test_a_breach_stays_after_the_late_issue_with_the_number_that_ended_it(
    record, collections, issue_for, deadlines, clock, events, breaches
):
    collection = record().collection
    clock.now = DUE + timedelta(hours=1)
    deadlines.watch()
    assert breaches(is_open=True) == breaches()
    clock.advance(hours=1)

    issued = issue_for(collection)
    deadlines.watch()

    (breach,) = breaches()
    assert (breach.number, breach.ended_at) == (issued.number, clock.now)
    assert breaches(is_open=True) == ()
    assert breaches(is_open=False) == (breach,)
    assert collections.settled_by(issued.number).in_time is False
    assert events() == [RECORDED, WARNING, BREACHED, "deadline.breach_ended"]


def test_a_late_issue_between_two_watches_is_a_breach_too(
    record, issue_for, deadlines, clock, events, breaches
):
    collection = record().collection
    clock.now = DUE + timedelta(seconds=1)

    issued = issue_for(collection)
    deadlines.watch()

    (breach,) = breaches()
    assert (breach.number, breach.due_at) == (issued.number, DUE)
    assert events() == [RECORDED, BREACHED, "deadline.breach_ended"]


def test_what_began_in_time_and_was_entered_late_is_late(
    record, prepare_for, finish, clock, breaches
):
    """The watch may have come by in between: both must say the same."""
    collection = record().collection
    clock.now = DUE
    ticket = prepare_for(collection)
    clock.advance(seconds=5)

    finish(ticket)

    assert len(breaches()) == 1


def test_a_breach_stays_when_the_clearance_is_withdrawn(
    record, issue_for, revoke, deadlines, clock, breaches
):
    collection = record().collection
    clock.now = DUE + timedelta(hours=1)
    issued = issue_for(collection)
    before = breaches()

    revoke(issued)
    deadlines.watch()

    assert breaches() == before
    assert before[0].number == issued.number


def test_with_nothing_to_collect_the_clock_runs_too(record, deadlines, clock, breaches):
    record(assessed=True)
    clock.now = DUE + timedelta(seconds=1)

    deadlines.watch()

    assert [breach.due_at for breach in breaches()] == [DUE]


def test_two_watches_at_once_raise_each_once(record, deadlines, clock, events, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 3)
    for n in range(10):
        record(f"C-{n}")
    clock.now = DUE + timedelta(hours=1)

    with ThreadPoolExecutor(4) as pool:
        for watch in [pool.submit(deadlines.watch) for _ in range(4)]:
            watch.result()

    assert Counter(events()) == {RECORDED: 10, WARNING: 10, BREACHED: 10}


def test_breaches_are_told_by_reach_branch_day_and_page(record, deadlines, clock, breaches):
    day = timedelta(days=1)
    record("C-1")
    record("C-2", at=clock.now - 3 * day)
    record("C-3", branch="2345")
    clock.now = DUE + day
    deadlines.watch()

    def told(*args, **only):
        return [breach.collection_id for breach in breaches(*args, **only)]

    assert told() == ["C-2", "C-1", "C-3"]
    assert told(Reach(province="فارس")) == ["C-3"]
    assert told(Reach(branch=BranchCode("1234"))) == ["C-2", "C-1"]
    assert told(Reach(province="فارس"), branch=BranchCode("1234")) == []
    assert told(branch=BranchCode("2345")) == ["C-3"]
    assert told(first_day=date(2025, 5, 5)) == ["C-1", "C-3"]
    assert told(last_day=date(2025, 5, 4)) == ["C-2"]
    assert told(first_day=date(2025, 5, 5), last_day=date(2025, 5, 5)) == ["C-1", "C-3"]
    assert told(after=Place(due_at=DUE, collection_id="C-1")) == ["C-3"]
    assert deadlines.breaches(COUNTRY, limit=2)[1].collection_id == "C-1"


def test_running_and_overdue_clocks_are_counted(record, issue_for, deadlines, clock):
    done = record("C-1").collection
    record("C-2")
    record("C-3", at=clock.now - timedelta(days=5))
    issue_for(done)

    counts = deadlines.counts()

    assert (counts.open, counts.overdue) == (2, 1)
