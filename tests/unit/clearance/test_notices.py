"""When a delivery is tried again, and how far a notice has come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.directory import ContractRowKey
from clearance.identifiers import BranchCode, ClearanceNumber, ContractRow, ContractSequence
from clearance.notices import Notice, NoticeEvent, NoticeState, Patience, notice_id

SINCE = datetime(2026, 2, 1, tzinfo=UTC)
NUMBER = ClearanceNumber.make(1404, BranchCode("0041"), 1)
PATIENCE = Patience()


@given(
    failures=st.integers(1, 10_000),
    passed=st.timedeltas(timedelta(0), PATIENCE.span - timedelta(seconds=1)),
    fraction=st.floats(0, 1, exclude_max=True),
    asked=st.none() | st.timedeltas(timedelta(0), timedelta(days=365)),
)
def test_the_next_attempt_is_later_but_never_beyond_the_span(
    failures: int, passed: timedelta, fraction: float, asked: timedelta | None
) -> None:
    now = SINCE + passed
    following = PATIENCE.next_attempt(
        failures=failures, since=SINCE, now=now, fraction=fraction, asked=asked
    )

    assert following is not None
    assert now < following <= min(now + PATIENCE.longest, SINCE + PATIENCE.span)


@pytest.mark.parametrize("passed", [timedelta(days=3), timedelta(days=30)])
def test_after_the_span_it_is_given_up(passed: timedelta) -> None:
    given_up = PATIENCE.next_attempt(failures=1, since=SINCE, now=SINCE + passed, fraction=0)

    assert given_up is None


def test_an_id_belongs_to_one_event_of_one_clearance() -> None:
    other = ClearanceNumber.make(1404, BranchCode("0041"), 2)
    ids = [notice_id(number, event) for number in (NUMBER, other) for event in NoticeEvent]

    assert len(set(ids)) == 6
    # Receivers know notices by them: they must never come out differently.
    assert str(ids[0]) == "9cb353a1-b7ed-54d0-acdd-93c3399a1fed"


def test_states_follow_from_what_happened() -> None:
    waiting = Notice(
        id=notice_id(NUMBER, NoticeEvent.ISSUED),
        event=NoticeEvent.ISSUED,
        number=NUMBER,
        key=ContractRowKey(
            branch_code=BranchCode("0041"), row=ContractRow("123"), sequence=ContractSequence("01")
        ),
        occurred_at=SINCE,
        reason=None,
        replacement=None,
        opened_at=SINCE,
        workshop_number=None,
        account_id=None,
        position=None,
        delivered_at=None,
        delivered_by=None,
        first_viewed_at=None,
        attempts=0,
        last_error=None,
        due_at=SINCE,
        gave_up_at=None,
    )

    assert waiting.state is NoticeState.WAITING
    assert replace(waiting, gave_up_at=SINCE).state is NoticeState.DEAD
    delivered = replace(waiting, delivered_at=SINCE)
    assert delivered.state is NoticeState.DELIVERED
    assert replace(delivered, first_viewed_at=SINCE).state is NoticeState.VIEWED
