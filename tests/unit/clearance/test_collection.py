"""Reading reports of collected premium."""

from datetime import UTC, datetime

import pytest

from clearance.certificate import PaymentReceipt
from clearance.collection import collection_schema, parse_collection
from clearance.errors import InvalidRequest
from clearance.money import Rials

NOW = datetime(2025, 5, 4, 8, 30, tzinfo=UTC)


def report(**changes):
    return {
        "id": "1404-77.a_b",
        "branch_code": "۱۲۳۴",
        "row": "123",
        "sequence": "01",
        "sum_of_debits": 5_600_000_000,
        "receipts": [receipt()],
    } | changes


def receipt(**changes):
    return {
        "id": "R-1",
        "amount": 5_600_000_000,
        "collected_at": "2025-05-04T09:00:00.5+03:30",
    } | changes


def problems_of(obj):
    with pytest.raises(InvalidRequest) as refused:
        parse_collection(obj, now=NOW)
    return [(problem.code, problem.field) for problem in refused.value.problems]


def test_a_report_becomes_a_collection():
    collection = parse_collection(report(), now=NOW)
    assert str(collection.key) == "1234/123/01"
    assert collection.receipts == (
        PaymentReceipt(
            id="R-1",
            amount=Rials(5_600_000_000),
            collected_at=datetime(2025, 5, 4, 5, 30, tzinfo=UTC),
        ),
    )
    assert collection.number is None


def test_nothing_due_needs_the_moment_of_its_approval():
    nothing = report(sum_of_debits=0, receipts=[])
    approved = nothing | {"assessed_at": "2025-05-04T09:00:00+03:30"}
    assert parse_collection(approved, now=NOW).collected_at == datetime(
        2025, 5, 4, 5, 30, tzinfo=UTC
    )
    assert problems_of(nothing) == [("collection.nothing_collected", "/receipts")]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sum_of_debits": 5_600_000_001}, ("collection.below_due", "/receipts")),
        (
            {"assessed_at": "2025-05-04T09:00:00+03:30"},
            ("collection.assessed_and_collected", "/assessed_at"),
        ),
        ({"receipts": [receipt(), receipt()]}, ("collection.receipt_repeated", "/receipts")),
        ({"receipts": [receipt(amount=0)]}, ("collection.empty_receipt", "/receipts/0/amount")),
        (
            {"receipts": [receipt(collected_at="2025-05-04T12:00:01+03:30")]},
            ("time.in_future", "/receipts/0/collected_at"),
        ),
        (
            {
                "receipts": [],
                "sum_of_debits": 0,
                "assessed_at": "2025-05-04T12:00:01+03:30",
            },
            ("time.in_future", "/assessed_at"),
        ),
        ({"id": "-1"}, ("collection.id_invalid", "/id")),
        ({"id": "a/b"}, ("collection.id_invalid", "/id")),
        ({"id": "x" * 65}, ("collection.id_invalid", "/id")),
        ({"id": 7}, ("field.wrong_type", "/id")),
        ({"branch_code": "12"}, ("branch_code.invalid", "/branch_code")),
        ({"due_at": "2025-05-04T09:00:00+03:30"}, ("field.unknown", "/due_at")),
    ],
)
def test_a_wrong_report_is_refused_by_field(changes, problem):
    assert problem in problems_of(report(**changes))


def test_receipts_beyond_every_amount_are_refused():
    most = 10**15 - 1
    many = [receipt(id=f"R-{n}", amount=most) for n in range(2)]
    assert problems_of(report(receipts=many, sum_of_debits=1)) == [("money.too_large", "")]


def test_the_schema_names_every_member():
    schema = collection_schema()
    assert set(schema["properties"]) == set(report()) | {"assessed_at"}
    assert set(schema["required"]) == set(report())
