"""What an agency asks over a real socket: its own record beside a file, and a digest alone."""

import hashlib
import json
from typing import Any

import pytest

from register.records import RevocationReason


@pytest.fixture(scope="module")
def made(running_service: Any) -> Any:
    return running_service.issue("ordinary-company")


def compared(running_service: Any, document: bytes, record: Any) -> Any:
    files = {
        "file": ("clearance.pdf", document, "application/pdf"),
        "expect": (None, json.dumps(record, ensure_ascii=False).encode()),
    }
    answer = running_service.http.post("/v1/verifications", files=files)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_payers_record_beside_a_genuine_and_a_changed_file(
    running_service: Any, made: Any
) -> None:
    issued = running_service.verify(made.document)["clearance"]["certificate"]
    record = {
        "number": made.number,
        "contract": {"number": issued["contract"]["number"], "row": issued["contract"]["row"]},
        "contractor": {"name": issued["contractor"]["name"].replace("ی", "ي")},
        "performed_work": {"gross_amount": issued["performed_work"]["gross_amount"]},
    }
    genuine = compared(running_service, made.document, record)
    assert genuine["outcome"] == "authentic"
    assert genuine["comparison"]["agrees"] is True
    changed = compared(running_service, made.document + b"\n", record)
    assert changed["outcome"] == "altered"
    assert changed["comparison"]["against"] == made.number
    assert {each["result"] for each in changed["comparison"]["fields"]} == {"equal"}
    assert changed["comparison"]["agrees"] is False
    foreign = compared(running_service, b"%PDF-1.7 of somebody else", record)
    assert foreign["comparison"]["against"] is None
    assert {each["result"] for each in foreign["comparison"]["fields"]} == {"absent"}


def test_the_digest_of_an_issued_file_and_of_a_changed_one(running_service: Any, made: Any) -> None:
    code = {"Verification-Code": made.verification_code}
    sha256 = hashlib.sha256(made.document).hexdigest()
    answer = running_service.http.get(f"/v1/digests/{sha256}", headers=code)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["outcome"], answer.json()["number"]) == ("authentic", made.number)
    sent = running_service.verify(made.document)
    assert answer.json()["clearance"] == sent["clearance"]
    changed = hashlib.sha256(made.document + b"\n").hexdigest()
    refused = running_service.http.get(f"/v1/digests/{changed}", headers=code)
    assert (refused.status_code, refused.json()["code"]) == (404, "digest.not_found")


def test_a_revoked_clearance_agrees_with_nobodys_record(running_service: Any) -> None:
    revoked = running_service.issue("ordinary-company")
    running_service.revoke(revoked.number, RevocationReason.DATA_CORRECTED)
    answer = running_service.http.get(
        f"/v1/digests/{hashlib.sha256(revoked.document).hexdigest()}",
        headers={"Verification-Code": revoked.verification_code},
    ).json()
    assert answer["outcome"] == "withdrawn"
    assert answer["clearance"]["standing"]["reason"] == "data_corrected"
    with_record = compared(running_service, revoked.document, {"number": revoked.number})
    assert with_record["outcome"] == "withdrawn"
    assert [each["result"] for each in with_record["comparison"]["fields"]] == ["equal"]
    assert with_record["comparison"]["agrees"] is False
