"""What supervision counts and finds, over a real database."""

from datetime import date, timedelta

import pytest

from clearance.deadline import Collection, DeadlineRule
from clearance.identifiers import BranchCode
from clearance.roles import Officer, Reach, Role
from clearance.rules import key_of
from clearance.working_days import WorkingCalendar
from register.collections import Collections, Deadlines
from register.supervision.service import Supervision
from register.supervision.trail import TrailFilter

pytestmark = pytest.mark.integration

AUDITOR = Officer(id="x", name="", role=Role.HEADQUARTERS_AUDITOR, reach=Reach())


@pytest.fixture
def supervision(engine, clock) -> Supervision:
    return Supervision(engine, clock=clock)


@pytest.fixture
def late(engine, clock, sql, prepare, finish):
    """A clearance three days after its collection, and its number."""
    sql("INSERT INTO branch VALUES ('1234', 'شعبهٔ ۵', 'تهران', 1, now())")
    sql(
        "INSERT INTO contract_row (branch_code, contract_row, contract_sequence, state, version, "
        "updated_at) VALUES ('1234', '123', '01', 'active', 1, now())"
    )
    ticket = prepare()
    collections = Collections(
        engine, clock=clock, rule=DeadlineRule.NEXT_CALENDAR_DAY, calendar=WorkingCalendar()
    )
    premium = ticket.request.premium
    collections.record(
        Collection(
            id="C-1",
            key=key_of(ticket.request),
            sum_of_debits=premium.sum_of_debits,
            receipts=premium.receipts,
            assessed_at=None,
        ),
        actor="backend",
    )
    clock.advance(days=3)
    Deadlines(engine, clock=clock).watch()
    return lambda: finish(prepare("another")).number


def test_a_late_clearance_is_overdue_first_and_late_for_good(late, supervision, clock):
    assert supervision.attention(AUDITOR).overdue == 1
    number = late()

    assert supervision.attention(AUDITOR).overdue == 0
    timely = supervision.timeliness(Reach(), first_day=date(2025, 5, 1), last_day=date(2025, 5, 31))
    assert (timely.total.issued, timely.total.in_time, timely.total.late) == (1, 0, 1)
    assert timely.total.longest_hours == pytest.approx(75, abs=1)
    assert [(each.day, each.tally.late) for each in timely.days if each.tally.issued] == [
        (date(2025, 5, 7), 1)
    ]
    assert [(each.low, each.late) for each in timely.hours if each.late] == [(48, 1)]
    assert [(each.code, each.tally.late, each.overdue) for each in timely.branches] == [
        ("1234", 1, 0)
    ]
    history = supervision.history(number, Reach(branch=BranchCode("1234")))
    assert history.collection.breached
    assert history.events[0].at < history.issued.issued_at
    assert "deadline.breached" in {each.name for each in history.events}


def test_a_clearance_counts_on_its_day_in_tehran(issue, supervision, clock):
    clock.now = clock.now.replace(hour=20, minute=29, second=59)  # 23:59:59 in Tehran
    issue()
    clock.advance(seconds=1)
    issue()

    timely = supervision.timeliness(Reach(), first_day=date(2025, 5, 4), last_day=date(2025, 5, 5))
    assert [each.tally.issued for each in timely.days] == [1, 1]
    assert timely.total.median_hours is None


@pytest.mark.parametrize(
    "typed",
    ["۱۴۰۴-۱۲۳۴", "شهرداري", "سازنده احداث", "٠١٢٣٤٥٦٧٨٩", "10380284790", "1402/77", "R-1"],
)
def test_a_clearance_is_found_by_what_people_type(issue, supervision, typed):
    issued = issue()

    page = supervision.search(Reach(), typed, limit=10, offset=0)
    assert [each.number for each in page.rows] == [issued.number]
    assert page.total == 1


@pytest.mark.parametrize("typed", ["شهرداری ناموجود", "'; DROP TABLE clearance", "\\", "!!"])
def test_nothing_is_found_by_anything_else(issue, supervision, typed):
    issue()
    assert supervision.search(Reach(), typed, limit=10, offset=0).rows == ()


def test_each_clearance_and_each_event_is_entered_under_its_branch(sql, issue, revoke):
    number = issue().number
    revoke(number)

    assert sql("SELECT number, branch_code, kind FROM clearance_search") == [
        (number, "1234", "final")
    ]
    assert {branch for (branch,) in sql("SELECT branch_code FROM audit_event")} == {"1234"}


def test_the_trail_goes_on_where_a_page_ended(issue, supervision, clock):
    for _ in range(3):
        issue()
        clock.advance(days=1)
    asked = TrailFilter(area="clearance", last_day=date(2025, 5, 5))
    whole = supervision.trail(Reach(), asked, limit=100)
    first = supervision.trail(Reach(), asked, limit=2)
    rest = supervision.trail(Reach(), asked, before=first[-1].id, limit=100)

    assert (*first, *rest) == whole
    assert len(whole) == 6
    assert all(each.at < clock.now - timedelta(days=1) for each in whole)
