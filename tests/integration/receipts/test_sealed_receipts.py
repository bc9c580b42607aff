"""Receipts from end to end: asked for, sealed, shown to the verifier, opened by their QR code."""

import json
import re
from io import BytesIO

import httpx
import pikepdf
import pytest

from clearance.verification_receipt import receipt_bytes, receipt_from_object

pytestmark = pytest.mark.integration
PDF = {"Content-Type": "application/pdf"}


@pytest.fixture(scope="module")
def judged(running_service) -> bytes:
    return running_service.issue().document


@pytest.fixture(scope="module")
def made(running_service, judged: bytes) -> httpx.Response:
    """The answer to asking for a receipt of a genuine clearance."""
    return running_service.http.post("/v1/verifications/receipts", content=judged, headers=PDF)


@pytest.fixture(scope="module")
def document(running_service, made: httpx.Response) -> bytes:
    answer = made.json()
    fetched = running_service.http.get(
        answer["links"]["document"], headers={"Verification-Code": answer["verification_code"]}
    )
    assert fetched.status_code == 200, fetched.text
    return fetched.content


def test_a_receipt_tells_of_the_verdict(made: httpx.Response) -> None:
    assert made.status_code == 201, made.text
    answer = made.json()
    receipt = answer["receipt"]
    assert made.headers["Location"] == f"/v1/receipts/{answer['number']}"
    assert receipt["outcome"] == answer["verification"]["outcome"] == "authentic"
    assert receipt["file"]["sha256"] == answer["verification"]["sha256"]
    assert receipt["clearance"]["number"] == answer["verification"]["number"]
    assert receipt["policy"] == "urn:mohr:policy:register-first:1"
    assert len(receipt["anchors"]) == 1


def test_the_sealed_file_is_known_and_no_clearance(running_service, document: bytes) -> None:
    verdict = running_service.verify(document)
    assert verdict["outcome"] == "other_document"
    assert verdict["reasons"][0] == "register.receipt"
    assert verdict["clearance"] is None


def test_a_changed_receipt_is_altered(running_service, document: bytes) -> None:
    assert running_service.verify(document + b"\n")["outcome"] == "altered"


def test_the_sealed_file_holds_what_the_register_holds(
    made: httpx.Response, document: bytes
) -> None:
    with pikepdf.open(BytesIO(document)) as pdf:
        attached = pdf.attachments["receipt.json"].get_file().read_bytes()
    assert json.loads(attached) == made.json()["receipt"]
    assert attached == receipt_bytes(receipt_from_object(json.loads(attached)))


def test_the_judged_file_is_in_neither(judged: bytes, document: bytes, made) -> None:
    assert judged not in document
    assert judged[:2000] not in document


def test_the_qr_opens_the_registers_record(running_service, made: httpx.Response) -> None:
    answer = made.json()
    path = f"/R/{answer['number']}/{answer['verification_code']}"
    page = running_service.http.get(path)
    assert page.status_code == 200
    assert f'data-receipt="{answer["number"]}"' in page.text
    assert answer["receipt"]["file"]["sha256"] in page.text
    assert answer["links"]["page"].lower().endswith(path.lower())


@pytest.mark.parametrize("code", ["0000-0000-0000-0000", "nonsense"])
def test_a_number_alone_tells_nothing(running_service, made: httpx.Response, code: str) -> None:
    number = made.json()["number"]
    for path in (f"/v1/receipts/{number}?code={code}", f"/v1/receipts/R-1300-000001?code={code}"):
        answer = running_service.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "receipt.not_found")


def test_each_receipt_has_a_number_of_its_own(running_service, judged: bytes, made) -> None:
    page = running_service.http.post(
        "/verifications/receipt",
        files={"file": ("clearance.pdf", judged, "application/pdf")},
        headers={"Accept": "text/html"},
    )
    assert page.status_code == 200, page.text
    (path,) = set(re.findall(r'href="(/r/R-[0-9]{4}-[0-9]{6}/[0-9A-Z-]+)"', page.text))
    assert path.split("/")[2] > made.json()["number"]
    fetched = running_service.http.get(f"{path}/document")
    assert fetched.content.startswith(b"%PDF-")


def test_a_strangers_file_gets_one_too(running_service) -> None:
    stranger = b"%PDF-1.7\nnothing of ours\n%%EOF\n"
    answer = running_service.http.post(
        "/v1/verifications/receipts", content=stranger, headers=PDF
    ).json()
    assert answer["receipt"]["outcome"] == answer["verification"]["outcome"]
    assert answer["receipt"]["outcome"] in {"unreadable", "outside_channel"}
    assert answer["receipt"]["clearance"] is None
