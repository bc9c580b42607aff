"""The interface over a real socket, on real parts: issue, replay, read, verify, refuse."""

import concurrent.futures
import hashlib
import http.client
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from register.records import FileLimits, Scope
from verifier.token import load_trust, verify_token

PATH = "/v1/clearances"


@pytest.fixture(scope="module")
def made(running_service: Any) -> Any:
    return running_service.issue("ordinary-company")


def test_what_was_issued_verifies(running_service: Any, made: Any) -> None:
    verdict = running_service.verify(made.document)
    assert verdict["outcome"] == "authentic"
    assert verdict["number"] == made.number
    assert verdict["clearance"]["content_hash"] == made.answer["content_hash"]
    assert hashlib.sha256(made.document).hexdigest() == made.answer["document"]["sha256"]
    assert len(made.document) == made.answer["document"]["size"]


def test_a_repetition_is_the_same_byte_for_byte(
    running_service: Any, example: Callable[[str], Any]
) -> None:
    request = example("interim")
    first, again = (running_service.post(request, key="repeat-1") for _ in range(2))
    other = running_service.post({**request, "kind": "final"}, key="repeat-1")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 409
    assert other.json()["code"] == "idempotency.conflict"


def test_repetitions_at_once_make_one_clearance(
    running_service: Any, example: Callable[[str], Any]
) -> None:
    request = example("smallest")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(running_service.post, request, key="at-once-1") for _ in range(4)]
        answers = [call.result() for call in calls]
    assert {answer.status_code for answer in answers} <= {201, 409}
    numbers = {answer.json()["number"] for answer in answers if answer.status_code == 201}
    assert len(numbers) == 1
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency.in_progress"
    assert running_service.post(request, key="at-once-1").json()["number"] in numbers


def test_a_key_verifies_until_its_day_is_used_up(running_service: Any, made: Any) -> None:
    limits = FileLimits(per_minute=100, per_day=2)
    clients = running_service.memory.clients
    client, key = clients.add("شهرداری", frozenset({Scope.VERIFY}), limits=limits)

    def verify(authorization: str | None = f"Bearer {key}") -> httpx.Response:
        answer: httpx.Response = running_service.http.post(
            "/v1/verifications",
            content=made.document,
            headers={"Content-Type": "application/pdf"}
            | ({"Authorization": authorization} if authorization else {}),
        )
        return answer

    for left in (1, 0):
        answer = verify()
        assert answer.json()["outcome"] == "authentic"
        assert f'"day";r={left};' in answer.headers["RateLimit"]
    refused = verify()
    assert (refused.status_code, refused.json()["code"]) == (429, "allowance.exhausted")
    assert int(refused.headers["Retry-After"]) <= 86_400
    assert verify(None).json()["outcome"] == "authentic", "without the key as ever"
    assert verify(running_service.authorization["Authorization"]).status_code == 403

    clients.limit(client.id, per_day=3)
    assert verify().status_code == 200
    clients.revoke(client.id)
    assert verify().status_code == 401


def test_the_document_by_code_and_by_etag(running_service: Any, made: Any) -> None:
    path = made.answer["links"]["document"]
    code = {"Verification-Code": made.verification_code}
    document = running_service.http.get(path, headers=code)
    assert document.content == made.document
    headers = {**code, "If-None-Match": document.headers["ETag"]}
    assert running_service.http.get(path, headers=headers).status_code == 304
    wrong = {"Verification-Code": "0000-0000-0000-0000"}
    assert running_service.http.get(path, headers=wrong).status_code == 404


def test_the_token_verifies_with_the_published_keys_alone(running_service: Any, made: Any) -> None:
    for path in ("token-keys.cose", "jwks.json"):
        keys = load_trust(running_service.http.get(f"/.well-known/{path}").content)
        verdict = verify_token(made.token, keys)
        assert verdict.valid
        assert verdict.claims
        assert verdict.claims.number == made.number
        assert verdict.claims.content_hash.hex() == made.answer["content_hash"]


def test_the_token_page_and_endpoint_agree(running_service: Any, made: Any) -> None:
    answer = running_service.http.get(f"/v1/tokens/{made.token}").json()
    assert answer["outcome"] == "authentic"
    assert answer["clearance"]["number"] == made.number
    page = running_service.http.get(f"/Q/{made.token}")
    assert page.status_code == 200
    assert 'data-outcome="authentic"' in page.text


def test_every_part_is_ready(running_service: Any) -> None:
    health = running_service.http.get("/health/ready")
    assert health.status_code == 200, health.text
    assert set(health.json()["parts"]) == {
        "clock",
        "database",
        "database_writable",
        "documents",
        "documents_sample",
        "documents_writable",
        "key_document_seal",
        "key_qr_token",
        "signer",
        "timestamp_clock",
        "token",
    }
    assert health.elapsed < timedelta(seconds=2)


@pytest.fixture
def answer_to(
    running_service: Any, example: Callable[[str], Any]
) -> Callable[[str | None], httpx.Response]:
    def answer_to(key: str | None) -> httpx.Response:
        headers = {"Idempotency-Key": "refused"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        answer: httpx.Response = running_service.http.post(
            PATH, json=example("smallest"), headers=headers
        )
        return answer

    return answer_to


def test_bad_keys_are_refused_alike(running_service: Any, answer_to: Any) -> None:
    clients = running_service.memory.clients
    client, revoked = clients.add("revoked", frozenset({Scope.ISSUE}))
    clients.revoke(client.id)
    told = []
    for key in (None, "mohr_unknown", revoked, revoked[:-1] + "x"):
        answer = answer_to(key)
        assert answer.status_code == 401
        problem = answer.json()
        del problem["request_id"]
        told.append(problem)
    assert all(each == told[0] for each in told)


def test_a_key_for_reading_does_not_issue(running_service: Any, answer_to: Any) -> None:
    _, key = running_service.memory.clients.add("reader", frozenset({Scope.READ}))
    assert answer_to(key).status_code == 403


def pieces(total: int) -> Iterator[bytes]:
    for _ in range(total // 50_000):
        yield b" " * 50_000


@pytest.mark.parametrize("content", [b" " * 1_000_000, None], ids=["announced", "in chunks"])
def test_a_megabyte_of_json_is_refused(running_service: Any, content: bytes | None) -> None:
    answer = running_service.http.post(
        PATH,
        content=content or pieces(1_000_000),
        headers={
            **running_service.authorization,
            "Content-Type": "application/json",
            "Idempotency-Key": "large",
        },
    )
    assert answer.status_code == 413
    assert answer.json()["code"] == "request.too_large"


def test_a_megabyte_is_refused_before_it_is_sent(running_service: Any) -> None:
    address = urlsplit(running_service.base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    connection.putrequest("POST", PATH)
    for name, value in {
        **running_service.authorization,
        "Content-Type": "application/json",
        "Content-Length": "1000000",
        "Idempotency-Key": "never-sent",
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["code"] == "request.too_large"
    connection.close()


@pytest.mark.parametrize("size", [20_000_000, 25_000_000])
def test_twenty_megabytes_are_refused(running_service: Any, size: int) -> None:
    content = b"%PDF-1.7" + bytes(size - 8)
    bare = running_service.http.post(
        "/v1/verifications", content=content, headers={"Content-Type": "application/pdf"}
    )
    form = running_service.http.post("/v1/verifications", files={"file": ("a.pdf", content)})
    assert bare.status_code == form.status_code == 413
    assert bare.json()["code"] == form.json()["code"] == "upload.too_large"


def test_logs_of_a_real_run_hold_no_secret(
    running_service: Any, made: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        running_service.http.get(f"/Q/{made.token}")
        running_service.http.get(f"{PATH}/{made.number}", params={"code": made.verification_code})
        running_service.issue("smallest")
    # httpx is this test's own client; it logs the addresses that it asks for.
    told = " ".join(
        f"{record.getMessage()} {vars(record)}"
        for record in caplog.records
        if not record.name.startswith("http")
    )
    assert "GET /Q/{token} 200" in told
    for secret in (made.token, made.verification_code, running_service.api_key):
        assert secret not in told


def test_head_over_a_socket(running_service: Any, made: Any) -> None:
    code = {"Verification-Code": made.verification_code}
    for path in ("/", f"/Q/{made.token}", made.answer["links"]["document"], "/health/live"):
        head = running_service.http.head(path, headers=code)
        got = running_service.http.get(path, headers=code)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("Content-Type", "Content-Length", "ETag"):
            assert head.headers.get(name) == got.headers.get(name)
