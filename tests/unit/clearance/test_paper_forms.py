"""Serials of Form 22, their states and the balance, for any way of recording them."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import Conflict, InvalidValue
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.paper_forms import (
    EMPTY,
    LAST_SERIAL,
    TRANSITIONS,
    Balance,
    FormEntry,
    FormMeaning,
    FormSerial,
    Segment,
    SerialRange,
    SerialState,
    check_transition,
    counted,
    enter,
    joined,
    meaning_of,
)

FIRST, LAST = 100, 160
CLEARANCE = ClearanceNumber.make(1404, BranchCode("1234"), 1)


def serials(first: int, last: int) -> SerialRange:
    return SerialRange(first=FormSerial(first), last=FormSerial(last))


ranges = st.tuples(st.integers(FIRST - 5, LAST + 5), st.integers(0, 20)).map(
    lambda pair: serials(pair[0], pair[0] + pair[1])
)
acts = st.lists(st.tuples(ranges, st.sampled_from(SerialState)), max_size=25)


def carried_out(recorded: list[tuple[SerialRange, SerialState]]) -> list[Segment]:
    """Record one act after the other on one allotted range; what may not be is left out."""
    segments = [Segment(serials=serials(FIRST, LAST), state=SerialState.ALLOTTED)]
    for held, state in recorded:
        try:
            segments = [piece for each in segments for piece in enter(each, held, state)]
        except Conflict:
            continue
    return segments


def balance_of(segments: list[Segment]) -> Balance:
    each = (
        Balance(allotted=one.serials.count, states={one.state: one.serials.count})
        for one in segments
    )
    return sum(each, EMPTY)


@given(acts)
def test_every_serial_is_in_exactly_one_state(recorded) -> None:
    segments = sorted(carried_out(recorded), key=lambda each: each.serials)
    assert (segments[0].serials.first, segments[-1].serials.last) == (FIRST, LAST)
    assert all(one.serials.last + 1 == other.serials.first for one, other in pairwise(segments))


@given(acts)
def test_the_balance_counts_what_a_list_of_single_serials_would(recorded) -> None:
    single = dict.fromkeys(range(FIRST, LAST + 1), SerialState.ALLOTTED)
    for held, state in recorded:
        touched = [each for each in single if held.first <= each <= held.last]
        if all(state in TRANSITIONS[single[each]] for each in touched):
            single.update(dict.fromkeys(touched, state))

    balance = balance_of(carried_out(recorded))

    assert balance.allotted == len(single)
    for state in SerialState:
        wanted = sum(each is state for each in single.values())
        found = balance.difference if state is SerialState.ALLOTTED else balance.count(state)
        assert found == wanted
    assert balance.allotted == balance.accounted + balance.difference


@given(st.lists(acts, max_size=4))
def test_balances_add_up_over_branches(of_branches) -> None:
    each = [balance_of(carried_out(recorded)) for recorded in of_branches]
    total = sum(each, EMPTY)
    assert total.allotted == sum(one.allotted for one in each)
    assert total.difference == sum(one.difference for one in each)


@given(st.sets(st.integers(1, 60), min_size=1))
def test_joined_ranges_hold_the_same_serials_and_never_touch(members) -> None:
    found = joined(serials(each, each) for each in members)
    held = {each for part in found for each in range(part.first, part.last + 1)}
    assert held == members
    assert counted(found) == len(members)
    assert all(one.last + 1 < other.first for one, other in pairwise(found))


def test_nothing_leaves_the_state_of_a_cancelled_form() -> None:
    for state in SerialState:
        with pytest.raises(Conflict, match=r"paper\.transition"):
            check_transition(SerialState.CANCELLED, state)


def test_no_state_follows_itself_and_a_mistake_can_be_taken_back() -> None:
    assert set(TRANSITIONS) == set(SerialState)
    for old, following in TRANSITIONS.items():
        assert old not in following
        if old not in (SerialState.ALLOTTED, SerialState.CANCELLED):
            assert SerialState.ALLOTTED in following


@pytest.mark.parametrize("text", ["", "0", "000", "-5", "12a", "²", "12 3", "1" * 11, "1.0"])
def test_what_is_no_serial_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"form_serial\.invalid"):
        FormSerial.parse(text)


@given(st.integers(1, LAST_SERIAL))
def test_a_serial_is_read_in_any_digits(number: int) -> None:
    persian = str(number).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert FormSerial.parse(f" {persian} ") == FormSerial.parse(f"{number:010}") == number


def test_a_range_does_not_run_backwards() -> None:
    with pytest.raises(InvalidValue, match=r"form_range\.reversed"):
        serials(5, 4)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"state": "cancelled", "clearance": CLEARANCE}, "paper.hologram_missing"),
        ({"state": "unused_returned"}, "paper.hologram_missing"),
        (
            {"state": "cancelled", "hologram": FormSerial(8), "clearance": CLEARANCE},
            "paper.hologram_differs",
        ),
        ({"state": "cancelled", "hologram": FormSerial(7)}, "paper.clearance_missing"),
        ({"state": "used", "hologram": FormSerial(7)}, "paper.not_in_this_state"),
        ({"state": "used", "clearance": CLEARANCE}, "paper.not_in_this_state"),
        ({"state": "missing"}, "paper.explanation_missing"),
        ({"state": "allotted"}, "paper.explanation_missing"),
    ],
)
def test_r14_an_entry_holds_what_its_state_demands(members, code) -> None:
    state = SerialState(members.pop("state"))
    with pytest.raises(InvalidValue) as refused:
        FormEntry(serials=serials(7, 7), state=state, **members)
    assert refused.value.code == code


def test_r14_forms_are_cancelled_one_by_one() -> None:
    with pytest.raises(InvalidValue, match=r"paper\.cancelled_one_by_one"):
        FormEntry(
            serials=serials(7, 8),
            state=SerialState.CANCELLED,
            hologram=FormSerial(7),
            clearance=CLEARANCE,
        )


@pytest.mark.parametrize(
    ("state", "without", "before", "since"),
    [
        (None, "never_existed", "never_existed", "never_existed"),
        (SerialState.ALLOTTED, "legacy", "legacy", "void_since_effective_date"),
        (SerialState.LEGACY, "legacy", "legacy", "legacy"),
        (SerialState.USED, "void", "void", "void"),
        (SerialState.UNUSED_RETURNED, "void", "void", "void"),
        (SerialState.MISSING, "void", "void", "void"),
        (SerialState.CANCELLED, *["cancelled_and_replaced"] * 3),
    ],
)
def test_r10_what_a_serial_means_today(state, without, before, since) -> None:
    today = date(2020, 12, 21)
    tomorrow = date(2020, 12, 22)
    found = [meaning_of(state, effective_date=day, today=today) for day in (None, tomorrow, today)]
    assert found == [FormMeaning(without), FormMeaning(before), FormMeaning(since)]
