"""Canonical JSON: one form for each certificate, and exactly the way back."""

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.canonical import (
    canonical_bytes,
    certificate_bytes,
    certificate_from_object,
    certificate_object,
    content_hash,
    request_object,
)
from clearance.certificate import (
    Approval,
    Approvals,
    Branch,
    ClearanceCertificate,
    ClearanceKind,
    ClearanceRequest,
    Contract,
    InspectedBasis,
    PaymentReceipt,
    PerformedWork,
    Premium,
    ReferringLetter,
    UndertakingBasis,
)
from clearance.errors import InvalidRequest, InvalidValue
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    LegalEntityId,
    NationalId,
    PostalCode,
    VerificationCode,
    WorkshopNumber,
)
from clearance.jalali import FIRST_DAY, LAST_DAY, TEHRAN
from clearance.money import LIMIT, Rials
from clearance.parties import Party
from clearance.request import parse_request
from clearance.text import clean

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
Json = dict[str, Any]

texts = st.text("آبپتلمنوه‌ی ۱۲۳abc<>{}%&\"'\\/😀", max_size=30).map(
    lambda text: clean(f"م{text}ن", limit=100)
)
amounts = st.integers(0, 10**12).map(Rials)
days = st.dates(FIRST_DAY, LAST_DAY)
moments = st.integers(-1_500_000_000, 4_800_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


def digits(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True)


def periods() -> st.SearchStrategy[tuple[date, date]]:
    return st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))


parties = st.builds(
    Party,
    name=texts,
    identifier=st.sampled_from([LegalEntityId("10380284790"), NationalId("0010532129")]),
    workshop_number=digits("[0-9]{10}").map(WorkshopNumber),
    address=texts,
    postal_code=digits("[13-9]{5}[0-9]{5}").map(PostalCode),
)
serials = st.integers(1, 999_999)
approvals = st.builds(Approval, name=texts, role=texts, approved_at=moments)


@st.composite
def premiums(draw: st.DrawFn) -> Premium:
    receipts = tuple(
        draw(st.lists(st.builds(PaymentReceipt, id=texts, amount=amounts, collected_at=moments)))
    )
    total = sum(receipt.amount for receipt in receipts)
    due = draw(st.integers(0, total))
    return Premium(
        premium_due=Rials(due),
        unemployment_premium=Rials(0),
        sum_of_debits=Rials(draw(st.integers(due, total))),
        amount_collected=Rials(total),
        receipts=receipts,
    )


@st.composite
def certificates(draw: st.DrawFn) -> ClearanceCertificate:
    contract, work, fiscal = draw(periods()), draw(periods()), draw(periods())
    branch = BranchCode(draw(digits("[0-9]{4}")))
    request = ClearanceRequest(
        kind=draw(st.sampled_from(ClearanceKind)),
        branch=Branch(code=branch, name=draw(texts), province=draw(texts)),
        contract=Contract(
            row=ContractRow(draw(digits("[0-9]{3}|[0-9]{8}"))),
            sequence=ContractSequence(draw(digits("[0-9]{2}"))),
            number=draw(texts),
            date=draw(days),
            subject=draw(texts),
            start=contract[0],
            end=contract[1],
            initial_amount=Rials(draw(st.integers(0, LIMIT - 1))),
        ),
        performed_work=PerformedWork(gross_amount=draw(amounts), start=work[0], end=work[1]),
        referring_letter=draw(st.none() | st.builds(ReferringLetter, number=texts, date=days)),
        work_assigner=draw(parties),
        contractor=draw(parties),
        premium=draw(premiums()),
        basis=draw(
            st.builds(InspectedBasis, report_number=texts, report_date=days)
            | st.builds(
                UndertakingBasis,
                undertaking_id=texts,
                fiscal_period_start=st.just(fiscal[0]),
                fiscal_period_end=st.just(fiscal[1]),
            )
        ),
        approvals=Approvals(
            head_of_premium_collection=draw(approvals), head_of_branch=draw(approvals)
        ),
        replaces=draw(
            st.none() | st.builds(ClearanceNumber.make, st.just(1404), st.just(branch), serials)
        ),
    )
    return ClearanceCertificate(
        number=ClearanceNumber.make(draw(st.integers(1300, 1502)), branch, draw(st.integers(1, 9))),
        verification_code=VerificationCode.from_bytes(draw(st.binary(min_size=10, max_size=10))),
        issued_at=draw(moments),
        request=request,
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(certificates())
def test_a_certificate_reads_back_from_its_canonical_bytes(
    certificate: ClearanceCertificate,
) -> None:
    written = certificate_bytes(certificate)
    again = certificate_from_object(json.loads(written))
    assert again == certificate
    assert certificate_bytes(again) == written


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(certificates())
def test_a_request_reads_back(certificate: ClearanceCertificate) -> None:
    obj = json.loads(canonical_bytes(request_object(certificate.request)))
    now = datetime(2124, 1, 1, tzinfo=UTC)
    assert parse_request(obj, now=now) == certificate.request


def test_the_object_says_what_the_certificate_says(certificate: ClearanceCertificate) -> None:
    obj = certificate_object(certificate)
    assert obj["schema"] == 1
    assert (obj["number"], obj["serial"]) == ("1404-0041-000001-9", 1)
    assert obj["verification_code"] == "000G-40R4-0M30-E209"
    assert obj["issued_at"] == "2025-06-01T12:00:00Z"
    assert obj["currency"] == "IRR"
    assert obj["contract"]["start"] == "2023-09-23"
    assert obj["premium"]["receipts"][0] == {
        "id": "BMI-140308-7719342",
        "amount": 4_000_000_000,
        "collected_at": "2024-11-12T07:12:00Z",
    }


def test_members_are_sorted_and_nothing_is_escaped_in_vain(
    certificate: ClearanceCertificate,
) -> None:
    written = certificate_bytes(certificate)
    assert written.startswith(b'{"approvals":{"head_of_branch":{"approved_at":')
    assert "شعبهٔ ۱۴ تهران".encode() in written


def test_the_content_hash_is_the_sha256_of_the_bytes(certificate: ClearanceCertificate) -> None:
    assert content_hash(certificate) == hashlib.sha256(certificate_bytes(certificate)).digest()


def test_the_content_hash_is_a_promise(certificate: ClearanceCertificate) -> None:
    """A change here breaks every document that was issued before."""
    assert content_hash(certificate).hex() == (
        "838a8e6d524dcd718b4be6e10d09c7810ccd457d2ecb129d26d05447156c00a3"
    )


def test_only_a_replacement_speaks_of_what_it_replaces(certificate: ClearanceCertificate) -> None:
    """Certificates from before there were replacements must keep their bytes."""
    assert b"replaces" not in certificate_bytes(certificate)
    number = ClearanceNumber.make(1403, BranchCode("0041"), 127)
    successor = replace(certificate, request=replace(certificate.request, replaces=number))
    assert certificate_object(successor) == {**certificate_object(certificate), "replaces": number}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda obj: obj.update(serial=2),
        lambda obj: obj.update(serial=True),
        lambda obj: obj.update(currency="USD"),
        lambda obj: obj.update(number="140400410000019"),
        lambda obj: obj.update(number=ClearanceNumber.make(1404, BranchCode("0042"), 1)),
        lambda obj: obj.update(verification_code="000g-40r4-0m30-e209"),
        lambda obj: obj.update(issued_at="2025-06-01T15:30:00+03:30"),
        lambda obj: obj.update(schema=2),
        lambda obj: obj.update(extra=1),
        lambda obj: obj.pop("currency"),
        lambda obj: obj.pop("referring_letter"),
        lambda obj: obj.update(replaces=None),
        lambda obj: obj.update(replaces="140300410001279"),
        lambda obj: obj["contract"].update(start="1402-07-01"),
        lambda obj: obj["branch"].update(name=obj["branch"]["name"] + " "),
        lambda obj: obj["branch"].update(code="۰۰۴۱"),
    ],
)
def test_only_the_one_form_is_read_back(
    spoil: Callable[[Json], object], certificate: ClearanceCertificate
) -> None:
    obj = json.loads(certificate_bytes(certificate))
    if "referring_letter" in obj:
        obj["referring_letter"] = None
    assert certificate_from_object(copy.deepcopy(obj))
    spoil(obj)
    with pytest.raises(InvalidRequest):
        certificate_from_object(obj)


@pytest.mark.parametrize("obj", [None, [], "x", 1, {}])
def test_a_stranger_s_json_is_no_certificate(obj: object) -> None:
    with pytest.raises(InvalidRequest):
        certificate_from_object(obj)


@pytest.mark.parametrize("obj", ["\ud800", 2**53, float("nan"), {"a": float("inf")}, {1: 2}, b"x"])
def test_what_json_cannot_say_has_no_canonical_form(obj: object) -> None:
    with pytest.raises(InvalidValue, match=r"json\.not_canonical"):
        canonical_bytes(obj)


@pytest.mark.parametrize(
    ("obj", "written"),
    [
        ({"b": 1, "a": [True, None, "é"]}, '{"a":[true,null,"é"],"b":1}'),
        ({"\U0001f600": 1, "\ufb33": 2}, '{"\U0001f600":1,"\ufb33":2}'),
        ("\u0000\n\u007f/", '"\\u0000\\n\u007f/"'),
        ({}, "{}"),
    ],
)
def test_rfc_8785(obj: object, written: str) -> None:
    assert canonical_bytes(obj) == written.encode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": ClearanceNumber.make(1404, BranchCode("0042"), 1)}, "/number"),
        ({"issued_at": NOW.replace(microsecond=1)}, "/issued_at"),
        ({"issued_at": NOW.replace(tzinfo=None)}, "/issued_at"),
        ({"issued_at": NOW.astimezone(TEHRAN)}, "/issued_at"),
    ],
)
def test_a_certificate_that_would_not_read_back_is_not_made(
    change: dict[str, Any], field: str, certificate: ClearanceCertificate
) -> None:
    with pytest.raises(InvalidValue) as refused:
        replace(certificate, **change)
    assert (refused.value.code, refused.value.field) == ("certificate.contradictory", field)
