"""Reports and receipts over HTTP: which one is asked for, what each holds, what is refused."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from api.toolkit.limits import GuessLimiter
from clearance.errors import Unavailable
from clearance.identifiers import VerificationCode
from clearance.verdict import Outcome, Reason
from clearance.verification_receipt import Judgement, ReceiptNumber, VerificationReceipt
from register.records import RevocationReason, SealedDocument, Standing, StandingState
from register.verification_receipts import SealedReceipt

PDF_TYPE = {"Content-Type": "application/pdf"}
FORM = {"files": {"file": ("a.pdf", b"%PDF-1.7 a stranger", "application/pdf")}}
URL = "/v1/verifications"
CODE = VerificationCode.from_bytes(bytes(10))
RECEIPTS = "/v1/verifications/receipts"


@pytest.fixture
def genuine(clearance, stand_ins) -> bytes:
    stand_ins.judges(stand_ins.pdf, Outcome.AUTHENTIC, Reason.REGISTERED, number=clearance.number)
    return stand_ins.pdf


class Sealing:
    """Seals nothing and remembers what it was asked to."""

    def __init__(self) -> None:
        self.judgements: list[Judgement] = []

    def __call__(self, judgement: Judgement) -> SealedReceipt:
        self.judgements.append(judgement)
        receipt = VerificationReceipt(
            number=ReceiptNumber.make(1404, len(self.judgements)),
            verification_code=CODE,
            judgement=judgement,
        )
        return SealedReceipt(
            receipt=receipt,
            document=SealedDocument(
                kind="receipt",
                number=receipt.number,
                sha256="0" * 64,
                size=1,
                layout="closed",
                template_version=1,
                sealed_at=judgement.checked_at + timedelta(seconds=1),
            ),
        )


@pytest.fixture
def sealing() -> Sealing:
    return Sealing()


def report(caller: Any, kind: str, content: bytes) -> Any:
    answer = caller.post(f"{URL}?report={kind}", content=content, headers=PDF_TYPE)
    assert answer.status_code == 200, answer.text
    return answer


def test_the_simple_report_is_for_a_person(caller, genuine: bytes) -> None:
    answer = report(caller, "simple", genuine).json()
    assert answer["outcome"] == "authentic"
    assert len(answer["questions"]) == 3
    assert all(each["answer"]["fa"] and each["answer"]["en"] for each in answer["questions"])
    assert len(answer["not_proved"]) == 4
    assert answer["basis"]["policy"] == "urn:mohr:policy:register-first:1"
    assert len(answer["basis"]["trust_anchors"]) == 1
    assert "stages" not in answer


def test_the_detailed_report_goes_through_the_stages(caller, genuine: bytes) -> None:
    answer = report(caller, "detailed", genuine).json()
    assert [each["number"] for each in answer["stages"]] == list(range(1, 8))
    digest = answer["stages"][1]
    assert (digest["stage"], digest["answer"]) == ("digest", "passed")
    assert digest["findings"][0]["reason"] == "register.digest_known"


def test_the_raw_report_has_no_words(caller, genuine: bytes) -> None:
    answer = report(caller, "raw", genuine).json()
    assert answer["verdict"]["outcome"] == "authentic"
    assert set(answer) == {"verdict", "signatures", "policy", "trust_anchors"}


def test_xml_by_name_and_by_accept(caller, genuine: bytes) -> None:
    named = report(caller, "etsi-xml", genuine)
    preferred = caller.post(
        URL, content=genuine, headers=PDF_TYPE | {"Accept": "application/xml, */*;q=0.1"}
    )
    for answer in (named, preferred):
        assert answer.headers["content-type"].startswith("application/xml")
        assert ET.fromstring(answer.content).tag.endswith("}ValidationReport")  # noqa: S314


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, application/xml"])
def test_without_a_wish_the_answer_is_as_ever(caller, genuine: bytes, accept: str) -> None:
    answer = caller.post(URL, content=genuine, headers=PDF_TYPE | {"Accept": accept})
    assert answer.json()["clearance"]["number"]


@pytest.mark.parametrize("kind", ["", "xml", "SIMPLE", "simple\u202e"])
def test_an_unknown_report_is_refused(caller, genuine: bytes, kind: str) -> None:
    answer = caller.post(URL, params={"report": kind}, content=genuine, headers=PDF_TYPE)
    assert (answer.status_code, answer.json()["code"]) == (422, "report.unknown")


@pytest.mark.parametrize("kind", ["simple", "detailed", "raw"])
def test_a_token_has_reports_too(caller, clearance, kind: str) -> None:
    answer = caller.get(f"/v1/tokens/{clearance.token_text}", params={"report": kind}).json()
    basis = answer if kind == "raw" else answer["basis"]
    assert (answer.get("verdict") or answer)["outcome"] == "authentic"
    assert len(basis["trust_anchors"]) == 1


def test_a_token_has_no_report_on_signatures_of_documents(caller, clearance) -> None:
    answer = caller.get(f"/v1/tokens/{clearance.token_text}", params={"report": "etsi-xml"})
    assert (answer.status_code, answer.json()["code"]) == (422, "report.unknown")
    assert "etsi-xml" not in answer.json()["detail"]


def test_the_reports_are_described(caller, genuine: bytes) -> None:
    document = caller.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    for kind, name in (("simple", "SimpleReport"), ("detailed", "DetailedReport")):
        assert set(schemas[name]["properties"]) == set(report(caller, kind, genuine).json())
    used = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert used <= set(schemas)
    offered = document["paths"][URL]["post"]["responses"]["200"]["content"]["application/json"]
    assert len(offered["schema"]["anyOf"]) == 4


def test_the_page_offers_the_deeper_steps(caller, genuine: bytes) -> None:
    answer = caller.post("/verifications", files={"file": ("a.pdf", genuine, "application/pdf")})
    assert answer.text.count("data-stage=") == 7
    assert 'href="data:application/xml;base64,' in answer.text
    assert 'href="data:application/json;base64,' in answer.text


def test_without_keys_no_receipt_is_offered(caller, genuine: bytes) -> None:
    assert 'formaction="/verifications/receipt"' not in caller.get("/").text
    assert caller.post(RECEIPTS, content=genuine, headers=PDF_TYPE).status_code == 404
    page = caller.post("/verifications/receipt", **FORM)
    assert page.status_code == 200
    assert 'id="receipt"' not in page.text


def test_with_keys_it_is(open_with, sealing: Sealing, genuine: bytes, clearance) -> None:
    caller = open_with(seal_receipt=sealing)
    assert 'formaction="/verifications/receipt"' in caller.get("/").text
    answer = caller.post(RECEIPTS, content=genuine, headers=PDF_TYPE)
    assert answer.status_code == 201
    assert answer.json()["links"]["page"].endswith(f"/r/R-1404-000001/{CODE}")
    (judgement,) = sealing.judgements
    assert judgement.file.size == len(genuine)
    assert judgement.clearance.number == clearance.number
    assert judgement.checked_at.microsecond == 0


def test_a_receipt_tells_how_things_stand_now(
    open_with, sealing: Sealing, genuine: bytes, clearance, stand_ins
) -> None:
    open_with(seal_receipt=sealing).post(RECEIPTS, content=genuine, headers=PDF_TYPE)
    sealed = sealing(sealing.judgements[0])
    reader = open_with(find_receipt=lambda *_: sealed)
    path = f"{sealed.receipt.number}/{CODE}"
    assert 'data-standing="in_force"' in reader.get(f"/r/{path}").text
    revoked = Standing(
        state=StandingState.REVOKED, at=stand_ins.now, reason=RevocationReason.DATA_CORRECTED
    )
    stand_ins.withdraw(clearance.number, revoked)
    page = reader.get(f"/r/{path}").text
    assert 'data-standing="revoked"' in page
    assert "در زمان بررسی" in page
    answer = reader.get(f"/v1/receipts/{sealed.receipt.number}", params={"code": CODE}).json()
    assert answer["standing"]["state"] == "revoked"
    assert answer["receipt"]["outcome"] == "authentic"


def test_a_stranger_learns_no_facts_by_a_receipt(
    open_with, sealing: Sealing, clearance, stand_ins
) -> None:
    file = b"%PDF-1.7 bears our seal"
    stand_ins.judges(file, Outcome.ALTERED, Reason.CARRIES_OUR_SEAL, number=clearance.number)
    open_with(seal_receipt=sealing).post(RECEIPTS, content=file, headers=PDF_TYPE)
    (judgement,) = sealing.judgements
    assert judgement.outcome is Outcome.ALTERED
    assert judgement.clearance is None


def test_an_outage_gets_no_receipt(open_with, sealing: Sealing, stand_ins) -> None:
    stand_ins.judges(stand_ins.pdf, Outcome.COULD_NOT_CHECK, Reason.REGISTER_UNAVAILABLE)
    caller = open_with(seal_receipt=sealing)
    answer = caller.post(RECEIPTS, content=stand_ins.pdf, headers=PDF_TYPE)
    assert (answer.status_code, answer.json()["code"]) == (503, "receipt.nothing_judged")
    assert sealing.judgements == []


def test_a_seal_out_of_reach_leaves_the_verdict(open_with, genuine: bytes) -> None:
    def away(_: Judgement) -> SealedReceipt:
        raise Unavailable("tsa.unavailable")

    answer = open_with(seal_receipt=away).post(
        "/verifications/receipt", files={"file": ("a.pdf", genuine, "application/pdf")}
    )
    assert answer.status_code == 200
    assert 'data-outcome="authentic"' in answer.text
    assert "No receipt was made" in answer.text


def test_receipts_of_one_address_are_counted(open_with, sealing: Sealing, genuine: bytes) -> None:
    sealer = open_with(seal_receipt=sealing)
    sealer.app.state.context = replace(
        sealer.app.state.context, receipts=GuessLimiter("1/hour", code="receipt.too_many")
    )
    first, second = (sealer.post(RECEIPTS, content=genuine, headers=PDF_TYPE) for _ in range(2))
    assert first.status_code == 201
    assert (second.status_code, second.json()["code"]) == (429, "receipt.too_many")
    assert int(second.headers["Retry-After"]) > 0
    assert len(sealing.judgements) == 1
