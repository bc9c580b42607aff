"""Keys that verify: who is counted, what is told of it, and what happens when nothing is left."""

import re
from dataclasses import replace
from typing import Any

import pytest

from clearance.roles import Officer, Reach, Role

PATH = "/v1/verifications"
PDF_TYPE = {"Content-Type": "application/pdf"}
POLICY = '"minute";q=600;w=60, "day";q=20000;w=86400'


@pytest.fixture
def verify(caller: Any, stand_ins: Any) -> Any:
    """Verify a file with a key."""

    def send(key: str | None, **headers: str) -> Any:
        authorization = {} if key is None else {"Authorization": f"Bearer {key}"}
        return caller.post(PATH, content=b"%PDF", headers=PDF_TYPE | authorization | headers)

    return send


def test_a_key_is_counted_and_told_what_is_left(verify: Any, stand_ins: Any) -> None:
    answer = verify(stand_ins.verify_key)

    assert answer.status_code == 200
    assert stand_ins.charges == [(stand_ins.verify_key, 1)]
    assert answer.headers["RateLimit-Policy"] == POLICY
    assert answer.headers["RateLimit"] == '"minute";r=599;t=37, "day";r=19998;t=43200'


def test_without_a_key_nothing_is_counted_or_told(verify: Any, stand_ins: Any) -> None:
    stand_ins.files_left = 0
    answer = verify(None)

    assert answer.status_code == 200
    assert stand_ins.charges == []
    assert "RateLimit" not in answer.headers
    assert "RateLimit-Policy" not in answer.headers


def test_who_has_used_up_the_files_waits(verify: Any, stand_ins: Any) -> None:
    stand_ins.files_left = 1
    assert verify(stand_ins.verify_key).headers["RateLimit"].startswith('"minute";r=0;')

    refused = verify(stand_ins.verify_key)

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "37"
    assert refused.headers["RateLimit"].startswith('"minute";r=0;t=37')
    problem = refused.json()
    assert problem["code"] == "allowance.exhausted"
    assert "of 600 files a minute 0 are left, of 20,000 a day 19,998" in problem["message"]["en"]
    assert "۱۹٬۹۹۸" in problem["message"]["fa"]
    assert len(stand_ins.charges) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Content-Type": "text/plain"}, 415), ({"Content-Length": "20000000"}, 413)],
)
def test_what_is_left_is_told_with_a_refusal_too(
    verify: Any, stand_ins: Any, headers: dict[str, str], status: int
) -> None:
    answer = verify(stand_ins.verify_key, **headers)
    assert answer.status_code == status
    assert answer.headers["RateLimit"].startswith('"minute";r=599;')


@pytest.mark.parametrize("report", ["simple", "etsi-xml"])
def test_what_is_left_is_told_with_a_report_too(caller: Any, stand_ins: Any, report: str) -> None:
    key = {"Authorization": f"Bearer {stand_ins.verify_key}"}
    answer = caller.post(f"{PATH}?report={report}", content=b"%PDF", headers=PDF_TYPE | key)
    assert answer.status_code == 200
    assert answer.headers["RateLimit-Policy"] == POLICY


def test_a_key_that_is_none_is_no_stranger(verify: Any, stand_ins: Any) -> None:
    assert verify("mohr_unknown").status_code == 401
    assert verify("").status_code == 401
    assert stand_ins.charges == []


def test_a_key_for_something_else_may_not_verify(verify: Any, stand_ins: Any) -> None:
    for key in (stand_ins.issue_key, stand_ins.read_key, stand_ins.bare_key):
        answer = verify(key)
        assert (answer.status_code, answer.json()["code"]) == (403, "access.scope_missing")
        assert 'scope="verify"' in answer.headers["WWW-Authenticate"]
        assert "RateLimit" not in answer.headers
    assert stand_ins.charges == []


def test_a_persons_own_key_verifies_uncounted(open_with: Any, stand_ins: Any) -> None:
    person = Officer(id="staff-aaaaaaaa", name="علی", role=Role.BRANCH_OFFICER, reach=Reach())
    owner = replace(stand_ins.authenticate(stand_ins.bare_key), officer=person)
    caller = open_with(authenticate=lambda _: owner)
    key = {"Authorization": "Bearer mohr_own"}

    answer = caller.post(PATH, content=b"%PDF", headers=PDF_TYPE | key)

    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers
    assert stand_ins.charges == []
    assert caller.get("/v1/allowance", headers=key).status_code == 403


@pytest.mark.parametrize("part", ["clients", "register"])
def test_a_register_that_is_away_is_told_apart_from_a_used_up_key(
    verify: Any, stand_ins: Any, part: str
) -> None:
    stand_ins.away.add(part)
    answer = verify(stand_ins.verify_key)
    assert (answer.status_code, answer.json()["code"]) == (503, f"{part}.unavailable")
    assert answer.headers["Retry-After"]


def test_a_key_can_ask_what_it_has_left(caller: Any, stand_ins: Any) -> None:
    key = {"Authorization": f"Bearer {stand_ins.verify_key}"}
    answer = caller.get("/v1/allowance", headers=key)

    assert answer.json() == {
        "minute": {"limit": 600, "remaining": 600, "resets_at": "2026-02-01T08:30:37Z"},
        "day": {"limit": 20_000, "remaining": 19_998, "resets_at": "2026-02-01T20:30:00Z"},
    }
    assert answer.headers["RateLimit-Policy"] == POLICY
    assert stand_ins.charges == [(stand_ins.verify_key, 0)]
    assert caller.get("/v1/allowance").status_code == 401
    read = {"Authorization": f"Bearer {stand_ins.read_key}"}
    assert caller.get("/v1/allowance", headers=read).status_code == 403


def test_the_fields_are_structured(verify: Any, stand_ins: Any) -> None:
    """Lists of strings with parameters that are integers (RFC 9651)."""
    item = r'"[a-z]+"(;[a-z]+=[0-9]{1,15})+'
    headers = verify(stand_ins.verify_key).headers
    for name in ("RateLimit", "RateLimit-Policy"):
        assert re.fullmatch(f"{item}(, {item})*", headers[name])


def test_one_call_is_not_told_of_another(verify: Any, stand_ins: Any) -> None:
    verify(stand_ins.verify_key)
    assert "RateLimit" not in verify(None).headers


def test_the_description_names_scope_headers_and_refusal(caller: Any) -> None:
    paths = caller.get("/openapi.json").json()["paths"]
    for path, method, anonymous in (
        (PATH, "post", True),
        ("/v1/digests/{sha256}", "get", True),
        ("/v1/verification-batches", "post", False),
        ("/v1/allowance", "get", False),
    ):
        operation = paths[path][method]
        assert operation["security"] == [{"apiKey": ["verify"]}, *([{}] if anonymous else [])]
        for status in ("200", "429"):
            assert {"RateLimit", "RateLimit-Policy"} <= set(
                operation["responses"][status]["headers"]
            )
        refused = operation["responses"]["429"]
        assert "Retry-After" in refused["headers"]
        (example,) = refused["content"]["application/problem+json"]["examples"].values()
        assert (example["value"]["status"], example["value"]["code"]) == (
            429,
            "allowance.exhausted",
        )
