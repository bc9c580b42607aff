"""A payer's own record: how it is read, and how it compares with the certificate."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.canonical import certificate_object
from clearance.errors import InvalidRequest
from clearance.expectation import (
    Agreement,
    compare,
    expectable_fields,
    expectation_schema,
    parse_expectation,
)
from clearance.request import parse_request

SAME_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
NOT_EXPECTABLE = {"/schema", "/serial", "/currency", "/verification_code"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["contract", "number", "premium", "row", "basis", "type", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value of a certificate that is not in a list."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{pointer}/{name}")
    elif not isinstance(value, list) and value is not None:
        yield pointer, value


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for pointer, value in values.items():
        *sections, name = pointer.split("/")[1:]
        place = made
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return made


def results(record: Any, certificate: Any) -> dict[str, Agreement]:
    return {each.field: each.result for each in compare(parse_expectation(record), certificate)}


def problems(record: Any, pointer: str = "") -> set[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as refused:
        parse_expectation(record, pointer=pointer)
    return {(problem.field, problem.code) for problem in refused.value.problems}


def test_every_single_value_of_a_certificate_may_be_expected(certificate) -> None:
    held = {pointer for pointer, _ in leaves(certificate_object(certificate))}
    assert held - NOT_EXPECTABLE <= set(expectable_fields())
    assert not NOT_EXPECTABLE & set(expectable_fields())


@SAME_FIXTURE
@given(data=st.data())
def test_what_the_certificate_says_is_equal(certificate, data: st.DataObject) -> None:
    held = dict(leaves(certificate_object(certificate)))
    chosen = data.draw(
        st.lists(st.sampled_from(sorted(held.keys() - NOT_EXPECTABLE)), min_size=1, unique=True)
    )
    found = results(nested({pointer: held[pointer] for pointer in chosen}), certificate)
    assert found == dict.fromkeys(chosen, Agreement.EQUAL)


AMOUNTS = [
    "/contract/initial_amount",
    "/performed_work/gross_amount",
    "/premium/premium_due",
    "/premium/amount_collected",
]


@SAME_FIXTURE
@given(pointer=st.sampled_from(AMOUNTS), amount=st.integers(0, 10**15 - 1))
def test_an_amount_is_equal_to_itself_alone(certificate, pointer: str, amount: int) -> None:
    issued = dict(leaves(certificate_object(certificate)))
    record = nested({pointer: amount, "/contract/number": issued["/contract/number"]})
    expected = Agreement.EQUAL if amount == issued[pointer] else Agreement.DIFFERENT
    assert results(record, certificate) == {
        pointer: expected,
        "/contract/number": Agreement.EQUAL,
    }


@given(record=JSON)
def test_any_json_is_read_or_refused_with_pointers(record: Any) -> None:
    try:
        expectation = parse_expectation(record, pointer="/expect")
    except InvalidRequest as refused:
        places = {each.field for each in refused.problems}
    else:
        places = {f"/expect{each.field}" for each in expectation.fields}
        compared = compare(expectation, None)
        assert {(each.found, each.result) for each in compared} == {(None, Agreement.ABSENT)}
    assert places
    assert all(place.startswith("/expect") for place in places)


@pytest.mark.parametrize(
    ("written", "issued"),
    [
        ("شرکت كاوه", "شرکت کاوه"),
        ("شرکت فراورده‌هاي ۱۲", "شرکت فراورده\u200cهای 12"),
        ("Kaveh Co.", "KAVEH CO."),
    ],
)
def test_another_spelling_of_a_name_is_equal(
    ordinary, certificate_of, now, written: str, issued: str
) -> None:
    ordinary["contractor"]["name"] = issued
    certificate = certificate_of(parse_request(ordinary, now=now))
    compared = compare(parse_expectation({"contractor": {"name": written}}), certificate)
    assert [each.result for each in compared] == [Agreement.EQUAL]
    assert compared[0].found == certificate.request.contractor.name


def test_digits_and_calendars_are_read_as_in_a_request(ordinary, certificate) -> None:
    row = ordinary["contract"]["row"]
    persian = row.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    spaced = str(certificate.number).replace("-", " ")
    record = {"number": spaced, "contract": {"row": persian}}
    assert set(results(record, certificate).values()) == {Agreement.EQUAL}
    gregorian, jalali = ({"contract": {"date": day}} for day in ("2025-03-21", "۱۴۰۴/۰۱/۰۱"))
    assert parse_expectation(gregorian) == parse_expectation(jalali)


def test_a_row_is_never_padded(ordinary, certificate_of, now) -> None:
    ordinary["contract"]["row"] = "012"
    certificate = certificate_of(parse_request(ordinary, now=now))
    assert results({"contract": {"row": "00000012"}}, certificate) == {
        "/contract/row": Agreement.DIFFERENT
    }


def test_what_the_clearance_does_not_have_is_absent(ordinary, certificate_of, now) -> None:
    ordinary["referring_letter"] = None
    ordinary["basis"] = {"type": "inspected", "report_number": "7", "report_date": "1404/01/20"}
    certificate = certificate_of(parse_request(ordinary, now=now))
    record = {
        "referring_letter": {"number": "12/34"},
        "replaces": str(certificate.number),
        "basis": {"type": "inspected", "undertaking_id": "U-1"},
    }
    assert results(record, certificate) == {
        "/referring_letter/number": Agreement.ABSENT,
        "/replaces": Agreement.ABSENT,
        "/basis/type": Agreement.EQUAL,
        "/basis/undertaking_id": Agreement.ABSENT,
    }


def test_fields_come_in_the_certificates_order() -> None:
    record = {"premium": {"amount_collected": 1}, "contract": {"number": "1", "row": "012"}}
    fields = [each.field for each in parse_expectation(record).fields]
    assert fields == ["/contract/row", "/contract/number", "/premium/amount_collected"]


@pytest.mark.parametrize("record", [{}, {"contract": {}}, {"contract": {"row": None}}])
def test_nothing_to_compare_is_refused(record: Any) -> None:
    assert problems(record, "/expect") == {("/expect", "expectation.empty")}


def test_every_problem_is_named_at_its_place() -> None:
    record = {
        "contract": {"row": "12", "nummber": "1", "initial_amount": "1000"},
        "premium": {"amount_collected": 1.0, "receipts": []},
        "work_assigner": "شرکت",
        "contractor": {"identifier": "12345678901"},
        "verification_code": "0000-0000-0000-0000",
    }
    assert problems(record, "/expect") == {
        ("/expect/contract/row", "contract_row.invalid"),
        ("/expect/contract/nummber", "field.unknown"),
        ("/expect/contract/initial_amount", "money.not_an_integer"),
        ("/expect/premium/amount_collected", "money.not_an_integer"),
        ("/expect/premium/receipts", "field.unknown"),
        ("/expect/work_assigner", "field.wrong_type"),
        ("/expect/contractor/identifier", "legal_entity_id.invalid"),
        ("/expect/verification_code", "field.unknown"),
    }


def test_the_schema_describes_what_is_read() -> None:
    described = {}

    def walk(schema: dict[str, Any], pointer: str) -> None:
        assert schema["additionalProperties"] is False
        assert schema["required"] == []
        for name, member in schema["properties"].items():
            given, null = member["oneOf"]
            assert null == {"type": "null"}
            if "properties" in given:
                walk(given, f"{pointer}/{name}")
            else:
                described[f"{pointer}/{name}"] = given

    walk(expectation_schema(), "")
    assert described == {name: leaf.schema() for name, leaf in expectable_fields().items()}
