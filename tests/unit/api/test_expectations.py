"""A payer's record sent with the file: what comes back beside the verdict, and what is refused."""

import json
from typing import Any

import pytest

from api.verification.comparison import read_expectation
from api.verification.differences import field_name
from clearance.expectation import expectable_fields
from clearance.verdict import Outcome, Reason
from register.records import Standing, StandingState
from templates.catalogues import page_text

PATH = "/v1/verifications"
PDF_TYPE = {"Content-Type": "application/pdf"}
FILE = b"%PDF-1.7 some file"
UPLOAD = ("a.pdf", FILE, "application/pdf")


@pytest.fixture
def fits(clearance: Any) -> dict[str, Any]:
    """What the payer of the ordinary clearance has on record."""
    request = clearance.certificate.request
    return {
        "contract": {"number": request.contract.number, "row": request.contract.row},
        "contractor": {"identifier": request.contractor.identifier},
        "premium": {"amount_collected": request.premium.amount_collected},
    }


def sent(caller: Any, record: Any, path: str = PATH) -> Any:
    text = record if isinstance(record, bytes) else json.dumps(record, ensure_ascii=False).encode()
    return caller.post(path, files={"file": UPLOAD, "expect": (None, text)})


def compared(caller: Any, record: Any) -> Any:
    answer = sent(caller, record)
    assert answer.status_code == 200, answer.text
    return answer.json()["comparison"]


def test_a_record_that_fits(caller: Any, stand_ins: Any, clearance: Any, fits: Any) -> None:
    stand_ins.judges(FILE, Outcome.AUTHENTIC, Reason.REGISTERED, number=clearance.number)
    found = compared(caller, fits)
    assert found["agrees"] is True
    assert found["against"] == clearance.number
    assert found["message"]["en"] == page_text("comparisons", "agrees").en
    assert [each["field"] for each in found["fields"]] == [
        "/contract/row",
        "/contract/number",
        "/contractor/identifier",
        "/premium/amount_collected",
    ]
    assert {each["result"] for each in found["fields"]} == {"equal"}
    amount = found["fields"][-1]
    assert amount["expected"] == amount["found"] == fits["premium"]["amount_collected"]
    assert amount["name"] == {"fa": "مبلغ وصول‌شده", "en": "Amount collected"}


def test_one_value_that_differs(caller: Any, stand_ins: Any, clearance: Any, fits: Any) -> None:
    stand_ins.judges(FILE, Outcome.AUTHENTIC, Reason.REGISTERED, number=clearance.number)
    fits["premium"]["amount_collected"] += 1
    found = compared(caller, fits)
    assert found["agrees"] is False
    assert found["message"]["en"] == page_text("comparisons", "differs").en
    assert [each["result"] for each in found["fields"]] == ["equal"] * 3 + ["different"]
    assert found["fields"][-1]["found"] == fits["premium"]["amount_collected"] - 1


@pytest.mark.parametrize(
    ("outcome", "reason", "withdrawn"),
    [
        (Outcome.WITHDRAWN, Reason.REVOKED, True),
        (Outcome.COPY, Reason.NAMES_CLEARANCE, False),
        (Outcome.ALTERED, Reason.BEGINS_WITH_ISSUED, False),
    ],
)
def test_only_on_a_genuine_file_in_force_does_a_record_agree(
    caller: Any,
    stand_ins: Any,
    clearance: Any,
    fits: Any,
    outcome: Outcome,
    reason: Reason,
    withdrawn: bool,
) -> None:
    stand_ins.judges(FILE, outcome, reason, number=clearance.number)
    if withdrawn:
        standing = Standing(state=StandingState.REVOKED, at=stand_ins.now, reason="issued_in_error")
        stand_ins.withdraw(clearance.number, standing)
    found = compared(caller, fits)
    assert {each["result"] for each in found["fields"]} == {"equal"}
    assert found["agrees"] is False
    assert found["message"]["en"] == page_text("comparisons", "not_enough").en


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.ALTERED, Reason.CARRIES_OUR_SEAL),
        (Outcome.OUTSIDE_CHANNEL, Reason.STRANGER),
        (Outcome.COULD_NOT_CHECK, Reason.CHECK_FAILED),
    ],
)
def test_nothing_is_told_to_who_does_not_hold_what_was_issued(
    caller: Any, stand_ins: Any, clearance: Any, fits: Any, outcome: Outcome, reason: Reason
) -> None:
    """Equal or different would let a stranger guess the facts of a clearance, one by one."""
    stand_ins.judges(FILE, outcome, reason, number=clearance.number)
    fits["contract"]["number"] = "another"
    found = compared(caller, fits)
    assert (found["agrees"], found["against"]) == (False, None)
    assert {(each["result"], each["found"]) for each in found["fields"]} == {("absent", None)}
    assert found["message"]["en"] == page_text("comparisons", "nothing_to_compare").en


def test_without_a_record_there_is_no_comparison(caller: Any, clearance: Any) -> None:
    form = caller.post(PATH, files={"file": UPLOAD}).json()
    assert form["comparison"] is None
    assert caller.get(f"/v1/tokens/{clearance.token_text}").json()["comparison"] is None


def test_the_record_may_come_as_a_file(caller: Any, fits: Any) -> None:
    part = ("record.json", json.dumps(fits).encode(), "application/json")
    answer = caller.post(PATH, files={"file": UPLOAD, "expect": part})
    assert answer.json()["comparison"]["agrees"] is False


@pytest.mark.parametrize(
    ("record", "status", "code", "field"),
    [
        (b"", 400, "request.not_json", "/expect"),
        (b"{", 400, "request.not_json", "/expect"),
        ('{"contract":{"number":"شماره"}}'.encode("cp1256"), 400, "request.not_json", "/expect"),
        (b'{"number":"1","number":"2"}', 400, "request.repeated_member", "/expect"),
        (b"[]", 422, "field.wrong_type", "/expect"),
        (b"{}", 422, "expectation.empty", "/expect"),
        (b'{"amount":1}', 422, "field.unknown", "/expect/amount"),
        (b'{"contract":{"row":"12"}}', 422, "contract_row.invalid", "/expect/contract/row"),
        (b'{"number":"' + b"1" * 40_000 + b'"}', 413, "request.too_large", "/expect"),
    ],
)
def test_a_record_that_cannot_be_read_is_refused(
    caller: Any, record: bytes, status: int, code: str, field: str
) -> None:
    refused = sent(caller, record)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.json()["field"] == field


def test_every_problem_of_a_record_is_told_at_once(caller: Any) -> None:
    refused = sent(caller, {"contract": {"row": "1"}, "premium": {"amount_collected": "5"}})
    assert refused.json()["code"] == "request.invalid"
    assert [each["field"] for each in refused.json()["errors"]] == [
        "/expect/contract/row",
        "/expect/premium/amount_collected",
    ]


def test_two_records_are_refused(caller: Any) -> None:
    parts = [("file", UPLOAD), ("expect", (None, b"{}")), ("expect", (None, b"{}"))]
    refused = caller.post(PATH, files=parts)
    assert (refused.status_code, refused.json()["code"]) == (400, "request.malformed_form")


@pytest.mark.parametrize("kind", ["simple", "detailed"])
def test_reports_for_people_hold_the_comparison(
    caller: Any, stand_ins: Any, clearance: Any, fits: Any, kind: str
) -> None:
    stand_ins.judges(FILE, Outcome.AUTHENTIC, Reason.REGISTERED, number=clearance.number)
    path = f"{PATH}?report={kind}"
    assert sent(caller, fits, path).json()["comparison"]["agrees"] is True
    assert caller.post(path, content=FILE, headers=PDF_TYPE).json()["comparison"] is None


@pytest.mark.parametrize("kind", ["raw", "etsi-xml"])
def test_reports_without_a_place_for_it_refuse_a_record(caller: Any, fits: Any, kind: str) -> None:
    refused = sent(caller, fits, f"{PATH}?report={kind}")
    assert (refused.status_code, refused.json()["code"]) == (422, "expectation.not_here")
    assert refused.json()["field"] == "/expect"


def test_a_receipt_refuses_a_record(open_with: Any, fits: Any) -> None:
    def seal(_judgement: Any) -> Any:
        raise AssertionError("nothing is sealed")

    refused = sent(open_with(seal_receipt=seal), fits, f"{PATH}/receipts")
    assert (refused.status_code, refused.json()["code"]) == (422, "expectation.not_here")


@pytest.mark.parametrize("pointer", sorted(expectable_fields()))
def test_every_value_that_may_be_expected_has_a_name(pointer: str) -> None:
    assert field_name(pointer) != page_text("fields", "unknown")


def test_the_openapi_document_describes_the_record(caller: Any) -> None:
    document = caller.get("/openapi.json").json()
    body = document["paths"][PATH]["post"]["requestBody"]["content"]["multipart/form-data"]
    expect = body["schema"]["properties"]["expect"]
    assert expect == {"$ref": "#/components/schemas/Expectation"}
    assert body["encoding"]["expect"]["contentType"] == "application/json"
    for example in body["examples"].values():
        read_expectation(json.dumps(example["value"]["expect"]).encode())
    contract = document["components"]["schemas"]["Expectation"]["properties"]["contract"]
    assert "number" in contract["oneOf"][0]["properties"]
