"""Receipts as values, as canonical JSON, and as a printed page."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pytest

from clearance.errors import InvalidRequest, InvalidValue
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.money import Rials
from clearance.verdict import Outcome, Reason
from clearance.verification_receipt import (
    JudgedFile,
    Judgement,
    ReceiptAnchor,
    ReceiptFacts,
    ReceiptNumber,
    VerificationReceipt,
    receipt_bytes,
    receipt_from_object,
    receipt_object,
)
from signer.letter import letter_html
from signer.receipt_letter import receipt_draft
from signer.rendering import RenderedDocument, render

AT = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
CODE = VerificationCode.from_bytes(bytes(range(10)))
FACTS = ReceiptFacts(
    number=ClearanceNumber("1404-0041-000001-9"),
    issued_at=AT,
    branch_code="0041",
    branch_name="شعبهٔ ۴۱ تهران",
    work_assigner="شرکت <b>نمونه</b> & پسران",
    contractor="شرکت راه‌سازان البرز",
    contract_number="1404/ق-317",
    contract_row="99233078",
    contract_sequence="01",
    amount_collected=Rials(6_572_222_222),
)
RECEIPT = VerificationReceipt(
    number=ReceiptNumber.make(1404, 7),
    verification_code=CODE,
    judgement=Judgement(
        file=JudgedFile(sha256="ab" * 32, size=103_981),
        outcome=Outcome.AUTHENTIC,
        reasons=(Reason.REGISTERED, Reason.IN_FORCE, Reason.SIGNATURE_VALID),
        checked_at=AT,
        policy="urn:mohr:policy:register-first:1",
        anchors=(ReceiptAnchor(subject="CN=root", sha256="cd" * 32),),
        clearance=FACTS,
    ),
)
URL = f"HTTP://MOHR.TEST/R/{RECEIPT.number}/{CODE}"


def filled_in(receipt: VerificationReceipt) -> str:
    return letter_html(receipt_draft(receipt, verify_url=URL), demo=False)


def rendered(receipt: VerificationReceipt, *, demo: bool) -> RenderedDocument:
    return render(receipt_draft(receipt, verify_url=URL), demo=demo)


def with_outcome(outcome: Outcome, *reasons: Reason) -> VerificationReceipt:
    judgement = replace(
        RECEIPT.judgement,
        outcome=outcome,
        reasons=reasons or RECEIPT.judgement.reasons,
        clearance=None,
    )
    return replace(RECEIPT, judgement=judgement)


@pytest.mark.parametrize("receipt", [RECEIPT, with_outcome(Outcome.ALTERED)], ids=["facts", "none"])
def test_the_json_is_read_back_exactly(receipt: VerificationReceipt) -> None:
    assert receipt_from_object(json.loads(receipt_bytes(receipt))) == receipt


def test_amounts_and_times_are_data() -> None:
    obj = receipt_object(RECEIPT)
    assert obj["clearance"]["amount_collected"] == 6_572_222_222
    assert obj["clearance"]["currency"] == "IRR"
    assert obj["checked_at"] == "2026-02-01T08:30:00Z"


def test_numbers_are_read_in_any_digits() -> None:
    assert ReceiptNumber.parse(" r-۱۴۰۴-۰۰۰۰۰۷ ") == "R-1404-000007"


@pytest.mark.parametrize(
    "text", ["", "R-1404-7", "R-1404-0000071", "22-1404-000007", "R-²404-000007"]
)
def test_other_numbers_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"receipt_number\.invalid"):
        ReceiptNumber.parse(text)


def test_the_page_says_what_was_judged() -> None:
    html = filled_in(RECEIPT)
    for expected in ("ab" * 32, "cd" * 32, RECEIPT.judgement.policy, CODE, "No paper and no other"):
        assert expected in html
    assert "شرکت &lt;b&gt;نمونه" in re.sub("</?bdi[^>]*>", "", html)
    assert "نمونه — فاقد اعتبار" not in html


def test_a_copy_is_told_as_one_and_by_what_it_names() -> None:
    copy = with_outcome(Outcome.COPY, Reason.NAMES_CLEARANCE)
    html = filled_in(copy)
    assert "does not attest the paper" in html
    assert "No paper and no other" not in html
    withdrawn = with_outcome(Outcome.COPY, Reason.REVOKED, Reason.NAMES_CLEARANCE)
    assert "no longer in force" in filled_in(withdrawn)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_can_be_printed(outcome: Outcome) -> None:
    assert "<h1>" in filled_in(with_outcome(outcome))


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_can_be_printed(reason: Reason) -> None:
    receipt = with_outcome(Outcome.ALTERED, reason)
    assert reason.value not in filled_in(receipt).split("<ul>")[1]


def test_the_pdf_is_one_archival_tagged_page() -> None:
    page = rendered(RECEIPT, demo=True)
    assert page.pages == 1
    with pikepdf.open(BytesIO(page.pdf)) as pdf:
        assert pdf.attachments["receipt.json"].get_file().read_bytes() == receipt_bytes(RECEIPT)
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfuaid:part"]) == ("3", "1")


def test_the_qr_has_to_lead_to_the_receipt() -> None:
    with pytest.raises(ValueError, match="lead to the receipt"):
        receipt_draft(RECEIPT, verify_url="HTTP://MOHR.TEST/R/X/Y")


def test_what_cannot_be_printed_is_refused() -> None:
    judgement = replace(RECEIPT.judgement, clearance=replace(FACTS, contractor="株式会社"))
    with pytest.raises(InvalidRequest):
        rendered(replace(RECEIPT, judgement=judgement), demo=False)
