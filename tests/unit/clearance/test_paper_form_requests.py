"""What officers send to the ledger: all problems at once, nothing unknown taken."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.paper_forms.minutes_schemas import CLOSING_EXAMPLE, DRAFT_EXAMPLE
from api.paper_forms.schemas import ALLOTMENT_EXAMPLE, ENTRIES_EXAMPLE
from clearance.errors import InvalidRequest, InvalidValue
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.minutes import (
    Attendee,
    BranchPart,
    CancelledForm,
    Despatch,
    Minutes,
    MinutesKind,
    MinutesNumber,
    minutes_bytes,
    minutes_from_object,
)
from clearance.paper_form_request import (
    MOST_ENTRIES,
    parse_allotment,
    parse_closing,
    parse_draft,
    parse_entries,
    printable,
)
from clearance.paper_forms import ACCOUNTED, Balance, FormSerial, SerialRange, SerialState
from register.kinds import MINUTES
from signer.fonts import _printable


def problems(read: Any, obj: object) -> set[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as refused:
        read(obj)
    return {(each.code, each.field) for each in refused.value.problems}


def test_the_examples_of_the_interface_are_read() -> None:
    assert parse_allotment(ALLOTMENT_EXAMPLE).serials.count == 12_000
    entries = parse_entries(ENTRIES_EXAMPLE)
    assert [each.state for each in entries] == [
        SerialState.LEGACY,
        SerialState.UNUSED_RETURNED,
        SerialState.CANCELLED,
        SerialState.MISSING,
    ]
    assert entries[2].serials == SerialRange.single(FormSerial(1211992))
    assert parse_draft(DRAFT_EXAMPLE).kind is MinutesKind.BRANCH
    assert parse_closing(CLOSING_EXAMPLE).attendees == (
        Attendee(name="علی کریمی", role="رئیس شعبه"),
    )


def test_all_problems_of_a_request_are_told() -> None:
    assert problems(parse_allotment, {"branch_code": "12", "first": "9", "last": "1", "x": 1}) == {
        ("branch_code.invalid", "/branch_code"),
        ("field.unknown", "/x"),
    }
    assert problems(parse_allotment, {"branch_code": "۱۲۳۴", "first": "9", "last": "1"}) == {
        ("form_range.reversed", "/last")
    }
    assert problems(
        parse_entries,
        {"entries": [{"first": "1", "state": "lost"}, {"first": "2", "state": "missing"}]},
    ) == {
        ("field.not_allowed", "/entries/0/state"),
        ("paper.explanation_missing", "/entries/1/explanation"),
    }


def test_lists_are_neither_empty_nor_endless() -> None:
    assert problems(parse_entries, {"entries": []}) == {("paper.nothing_to_record", "/entries")}
    many = [{"first": "1", "state": "used"}] * (MOST_ENTRIES + 1)
    assert problems(parse_entries, {"entries": many}) == {("list.too_long", "/entries")}
    assert problems(parse_closing, {"attendees": []}) == {("paper.nobody_present", "/attendees")}


@pytest.mark.parametrize(
    ("draft", "problem"),
    [
        ({"kind": "branch"}, ("field.missing", "/branch_code")),
        ({"kind": "consolidated", "branch_code": "1234"}, ("field.unknown", "/branch_code")),
        ({"kind": "consolidated"}, ("field.missing", "/province")),
        ({"kind": "report", "province": "تهران"}, ("field.unknown", "/province")),
        ({"kind": "despatch", "consolidated": "1"}, ("minutes_number.invalid", "/consolidated")),
        ({"kind": "letter"}, ("field.not_allowed", "/kind")),
    ],
)
def test_minutes_are_asked_for_by_what_their_kind_needs(draft, problem) -> None:
    assert problems(parse_draft, draft) == {problem}


@pytest.mark.parametrize("packages", [0, -1, 100_001, "3", True, 1.5])
def test_packages_are_counted(packages) -> None:
    body = {**CLOSING_EXAMPLE, "despatch": {"packages": packages, "security": "پلمب ۱"}}
    (problem,) = problems(parse_closing, body)
    assert problem[1] == "/despatch/packages"


def test_every_letter_that_is_let_through_can_be_printed() -> None:
    """A name that the typefaces lack would leave closed minutes without a seal for ever."""
    drawable = _printable(MINUTES.template.shared)
    for number in [*range(0x20, 0x3000), *range(0xFB50, 0xFEFF), *range(0x1F300, 0x1F700)]:
        try:
            printed = printable(f"ا{chr(number)}ا", limit=10)
        except InvalidValue:
            continue
        assert {ord(letter) for letter in printed} <= drawable, hex(number)


def test_an_unprintable_name_is_refused() -> None:
    body = {"attendees": [{"name": "علی 漢", "role": "رئیس"}]}
    assert problems(parse_closing, body) == {("paper.letter_not_printable", "/attendees/0/name")}


numbers = st.integers(1, 999_999).map(lambda serial: MinutesNumber.make(1404, serial))
spans = st.integers(1, 10**9).map(
    lambda first: SerialRange(first=FormSerial(first), last=FormSerial(first + 5))
)
moments = st.integers(1_600_000_000, 1_900_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
minutes = st.builds(
    Minutes,
    number=numbers,
    kind=st.sampled_from(MinutesKind),
    province=st.just("تهران"),
    branch_code=st.none() | st.just(BranchCode("0041")),
    branch_name=st.none() | st.just("شعبهٔ ۴۱"),
    closed_at=moments,
    attendees=st.tuples(st.just(Attendee(name="علی", role="رئیس"))),
    balance=st.fixed_dictionaries(dict.fromkeys(ACCOUNTED, st.integers(0, 10**6))).map(
        lambda states: Balance(allotted=sum(states.values()), states=states)
    ),
    unused=st.lists(spans, max_size=3).map(tuple),
    missing=st.lists(spans, max_size=3).map(tuple),
    used=st.lists(spans, max_size=3).map(tuple),
    cancelled=st.lists(
        st.builds(
            CancelledForm,
            serial=st.integers(1, 99).map(FormSerial),
            clearance=st.just(ClearanceNumber.make(1404, BranchCode("0041"), 1)),
        ),
        max_size=3,
    ).map(tuple),
    parts=st.lists(
        st.builds(
            BranchPart,
            number=numbers,
            branch_code=st.just(BranchCode("0041")),
            branch_name=st.just("شعبهٔ ۴۱"),
            closed_at=moments,
            unused=st.integers(0, 99),
        ),
        max_size=3,
    ).map(tuple),
    despatch=st.none() | st.just(Despatch(packages=2, security="پلمب ۱")),
    consolidated=st.none() | numbers,
    despatched_by=st.none() | numbers,
)


@given(minutes)
def test_what_minutes_say_reads_back_as_it_was_written(content) -> None:
    assert minutes_from_object(json.loads(minutes_bytes(content))) == content
