"""Requests: accepted as they should be, and refused with every problem named by its place."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from clearance.certificate import ClearanceKind, InspectedBasis, UndertakingBasis
from clearance.errors import InvalidRequest
from clearance.identifiers import LegalEntityId, NationalId
from clearance.request import parse_request, read_json
from clearance.shapes import MOST_PROBLEMS

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
EXAMPLES = [
    "ordinary-company",
    "ministry-assigner",
    "natural-person-contractor",
    "interim",
    "long-names",
    "smallest",
    "replacement",
]

Json = dict[str, Any]


def problems(obj: object) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as refused:
        parse_request(obj, now=NOW)
    return {problem.field: problem.code for problem in refused.value.problems}


def put(obj: Any, pointer: str, value: object) -> None:
    *path, last = pointer.strip("/").split("/")
    for name in path:
        obj = obj[int(name)] if isinstance(obj, list) else obj[name]
    obj[int(last) if isinstance(obj, list) else last] = value


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_accepted(name: str, example: Callable[[str], Json]) -> None:
    assert parse_request(example(name), now=NOW).branch.name


def test_what_an_example_says_is_what_is_read(example: Callable[[str], Json]) -> None:
    request = parse_request(example("natural-person-contractor"), now=NOW)
    assert request.kind is ClearanceKind.FINAL
    assert request.branch.code == "0235"
    assert request.contract.row == "317"
    assert request.contract.date == date(2024, 4, 8)
    assert request.work_assigner.identifier == LegalEntityId("14003018468")
    assert request.contractor.identifier == NationalId("1199147834")
    assert request.premium.receipts[0].collected_at == datetime(2024, 11, 13, 5, 25, tzinfo=UTC)
    assert request.basis == InspectedBasis(report_number="ش/۵۱۲", report_date=date(2024, 11, 11))


def test_what_is_replaced_is_named_by_its_number(example: Callable[[str], Json]) -> None:
    obj = example("replacement")
    assert parse_request(obj, now=NOW).replaces == obj["replaces"]
    for nothing in ({"replaces": None}, {}):
        given = {**example("ordinary-company"), **nothing}
        assert parse_request(given, now=NOW).replaces is None
    for wrong in ("1403-0041-000127-0", "1403-0041-000127", ""):
        assert problems({**obj, "replaces": wrong}) == {"/replaces": "clearance_number.invalid"}
    assert problems({**obj, "replaces": 1}) == {"/replaces": "field.wrong_type"}


def test_an_undertaking_carries_its_fiscal_period(example: Callable[[str], Json]) -> None:
    request = parse_request(example("interim"), now=NOW)
    assert request.kind is ClearanceKind.INTERIM
    assert request.basis == UndertakingBasis(
        undertaking_id="UT-0512-1403-00417",
        fiscal_period_start=date(2024, 3, 20),
        fiscal_period_end=date(2025, 3, 20),
    )


@pytest.mark.parametrize("spoil", ["missing", "null"])
def test_the_referring_letter_may_be_left_out(spoil: str, ordinary: Json) -> None:
    if spoil == "missing":
        del ordinary["referring_letter"]
    else:
        ordinary["referring_letter"] = None
    assert parse_request(ordinary, now=NOW).referring_letter is None


def test_arabic_letters_and_bidi_controls_are_folded(ordinary: Json) -> None:
    ordinary["contractor"]["name"] = "شركت\u202e مهندسي\u202c"
    assert parse_request(ordinary, now=NOW).contractor.name == "شرکت مهندسی"


def test_markup_and_template_syntax_stay_text(ordinary: Json) -> None:
    text = '<img src="file:///etc/passwd">{{ config }}{% include "x" %}'
    ordinary["contractor"]["name"] = text
    assert parse_request(ordinary, now=NOW).contractor.name == text


@pytest.mark.parametrize("obj", [None, [], "", 1, True, [{}]])
def test_a_request_is_an_object(obj: object) -> None:
    assert problems(obj) == {"": "field.wrong_type"}


def test_an_empty_object_lacks_every_required_member() -> None:
    found = problems({})
    assert set(found.values()) == {"field.missing"}
    assert "/premium" in found
    assert "/referring_letter" not in found


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/schema", 2, "schema.unsupported"),
        ("/schema", True, "field.wrong_type"),
        ("/schema", "1", "field.wrong_type"),
        ("/kind", "Final", "field.not_allowed"),
        ("/kind", None, "field.wrong_type"),
        ("/branch", "0041", "field.wrong_type"),
        ("/branch/code", 41, "field.wrong_type"),
        ("/branch/code", "41", "branch_code.invalid"),
        ("/branch/name", "\u202e", "text.empty"),
        ("/branch/province", "ت" * 101, "text.too_long"),
        ("/contract/row", "1234", "contract_row.invalid"),
        ("/contract/sequence", "1", "contract_sequence.invalid"),
        ("/contract/subject", "م" * 2001, "text.too_long"),
        ("/contract/subject", "یک\nدو", "text.control_character"),
        ("/contract/date", "1404/12/30", "date.not_in_calendar"),
        ("/contract/date", 14040101, "field.wrong_type"),
        ("/contract/end", "1402-06-31", "period.end_before_start"),
        ("/contract/initial_amount", -1, "money.negative"),
        ("/contract/initial_amount", 1.5, "money.not_an_integer"),
        ("/contract/initial_amount", True, "money.not_an_integer"),
        ("/contract/initial_amount", "78000000000", "money.not_an_integer"),
        ("/contract/initial_amount", 10**15, "money.too_large"),
        ("/performed_work/end", "1402-07-07", "period.end_before_start"),
        ("/referring_letter/date", "1403", "date.malformed"),
        ("/work_assigner/name", "ن" * 301, "text.too_long"),
        ("/work_assigner/name", "آب\ud800", "text.not_a_character"),
        ("/work_assigner/identifier", "10102437187", "legal_entity_id.invalid"),
        ("/contractor/identifier", "1111111111", "national_id.invalid"),
        ("/contractor/identifier", "12345", "party_identifier.invalid"),
        ("/contractor/workshop_number", "²418823064", "workshop_number.invalid"),
        ("/contractor/address", "ن" * 501, "text.too_long"),
        ("/contractor/postal_code", "0834197653", "postal_code.invalid"),
        ("/premium/receipts", {}, "field.wrong_type"),
        ("/premium/receipts/0", None, "field.wrong_type"),
        ("/premium/receipts/0/id", "", "text.empty"),
        ("/premium/receipts/1/collected_at", "2025-06-01T12:00:01Z", "time.in_future"),
        ("/premium/receipts/1/collected_at", "2024-12-01T12:05:31", "time.malformed"),
        ("/premium/receipts/1/collected_at", "2024-02-30T12:05:31Z", "time.not_in_calendar"),
        ("/approvals/head_of_branch/approved_at", "2025-06-01T15:30:01+03:30", "time.in_future"),
        ("/basis/type", "promised", "field.not_allowed"),
        ("/basis/type", 1, "field.wrong_type"),
        ("/basis", [], "field.wrong_type"),
        ("/basis/report_number", "", "text.empty"),
        ("/note", "x", "field.unknown"),
        ("/contract/currency", "IRR", "field.unknown"),
        ("/basis/fiscal_period", {}, "field.unknown"),
        ("/premium/receipts/0/bank", "x", "field.unknown"),
    ],
)
def test_one_wrong_value_is_one_named_problem(
    pointer: str, value: object, code: str, ordinary: Json
) -> None:
    put(ordinary, pointer, value)
    assert problems(ordinary) == {pointer: code}


@pytest.mark.parametrize(
    ("pointer", "value", "place", "code"),
    [
        ("/sum_of_debits", 6_572_222_221, "/sum_of_debits", "premium.debits_below_due"),
        ("/sum_of_debits", 6_572_222_223, "/amount_collected", "premium.not_fully_collected"),
        ("/amount_collected", 6_572_222_223, "/receipts", "premium.receipts_do_not_add_up"),
        ("/receipts", [], "/receipts", "premium.receipts_do_not_add_up"),
    ],
)
def test_the_money_must_add_up(
    pointer: str, value: object, place: str, code: str, ordinary: Json
) -> None:
    put(ordinary, f"/premium{pointer}", value)
    assert problems(ordinary) == {f"/premium{place}": code}


def test_more_may_be_collected_than_was_due(ordinary: Json) -> None:
    ordinary["premium"]["amount_collected"] += 5
    ordinary["premium"]["receipts"][0]["amount"] += 5
    assert parse_request(ordinary, now=NOW).premium.amount_collected == 6_572_222_227


def test_a_fiscal_period_does_not_end_before_it_starts(example: Callable[[str], Json]) -> None:
    interim = example("interim")
    interim["basis"]["fiscal_period"]["end"] = "1402-12-29"
    assert problems(interim) == {"/basis/fiscal_period/end": "period.end_before_start"}


def test_the_present_moment_is_not_the_future(ordinary: Json) -> None:
    ordinary["approvals"]["head_of_branch"]["approved_at"] = "2025-06-01T12:00:00Z"
    assert parse_request(ordinary, now=NOW)


def test_all_problems_are_told_at_once(ordinary: Json) -> None:
    del ordinary["branch"]["code"]
    ordinary["contract"]["end"] = "1300/01/01"
    ordinary["contractor"]["identifier"] = "0010532128"
    ordinary["premium"]["premium_due"] = 1e3
    ordinary["extra"] = 1
    ordinary["premium"]["receipts"].append(7)
    assert problems(ordinary) == {
        "/branch/code": "field.missing",
        "/contract/end": "period.end_before_start",
        "/contractor/identifier": "national_id.invalid",
        "/premium/premium_due": "money.not_an_integer",
        "/extra": "field.unknown",
        "/premium/receipts/2": "field.wrong_type",
    }


def test_only_a_hundred_problems_are_told(ordinary: Json) -> None:
    ordinary |= {f"x{n}": 0 for n in range(5000)}
    assert len(problems(ordinary)) == MOST_PROBLEMS


def test_a_request_has_at_most_a_hundred_receipts(ordinary: Json) -> None:
    ordinary["premium"]["receipts"] *= 51
    assert problems(ordinary) == {"/premium/receipts": "list.too_long"}


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("a/b~c", "/a~1b~0c"),
        ("نام", "/نام"),
        ("\ud800", "/\\ud800"),
        ("\x1b[2J", "/\\x1b[2J"),
        ("\u202e", "/\\u202e"),
        ("n" * 1000, "/" + "n" * 60),
    ],
)
def test_a_strange_member_name_can_be_told(name: str, pointer: str, ordinary: Json) -> None:
    ordinary[name] = 1
    assert problems(ordinary) == {pointer: "field.unknown"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xed\xa0\x80"}',
        "{}".encode("utf-16-le"),
        "{}".encode("utf-16-be"),
        "{}".encode("utf-16"),
        "{}".encode("utf-32-le"),
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"[" * 200_000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_json(data)
    assert [problem.code for problem in refused.value.problems] == ["request.not_json"]


def test_a_repeated_member_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_json(b'{"a": {"b": 1, "b": 2}}')
    assert [problem.code for problem in refused.value.problems] == ["request.repeated_member"]


def test_json_is_read() -> None:
    obj = {"الف": [1, 1.5, None, True, "x"]}
    assert read_json(json.dumps(obj).encode()) == obj


def test_digits_are_folded_in_identifiers_and_dates_and_kept_in_texts(ordinary: Json) -> None:
    ordinary["contract"] |= {"row": "۰۰۴۱۲۱۸۷", "number": "۱۲/الف/٣", "date": "۱۴۰۲/۰۱/۰۵"}
    contract = parse_request(ordinary, now=NOW).contract
    assert contract.row == "00412187"
    assert contract.date.isoformat() == "2023-03-25"
    assert contract.number == "۱۲/الف/٣"
