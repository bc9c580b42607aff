"""GET /v1/clearances/{number} and its document: by API key or by verification code."""

from collections.abc import Callable
from typing import Any

import pytest

from register.records import RevocationReason, Standing, StandingState

ABSENT = "1404-0041-000777-2"
WRONG_CODE = "0000-0000-0000-0000"


@pytest.fixture(params=["", "/document"])
def path(request: pytest.FixtureRequest, clearance: Any) -> str:
    return f"/v1/clearances/{clearance.number}{request.param}"


@pytest.mark.parametrize("key", ["issue_key", "read_key"])
def test_a_key_reads(caller: Any, stand_ins: Any, path: str, key: str) -> None:
    headers = {"Authorization": f"Bearer {getattr(stand_ins, key)}"}
    assert caller.get(path, headers=headers).status_code == 200


def test_a_key_without_scope_does_not(caller: Any, stand_ins: Any, path: str) -> None:
    headers = {"Authorization": f"Bearer {stand_ins.bare_key}"}
    assert caller.get(path, headers=headers).status_code == 403


def test_the_code_reads_in_query_and_header(caller: Any, clearance: Any, path: str) -> None:
    code = clearance.certificate.verification_code
    assert caller.get(path, params={"code": code}).status_code == 200
    assert caller.get(path, params={"code": code.lower().replace("-", "")}).status_code == 200
    assert caller.get(path, headers={"Verification-Code": code}).status_code == 200


def test_neither_key_nor_code_is_refused(caller: Any, path: str) -> None:
    there, absent = caller.get(path), caller.get(f"/v1/clearances/{ABSENT}")
    assert there.status_code == absent.status_code == 401
    assert there.json()["code"] == absent.json()["code"] == "access.key_required"


def test_a_bad_key_is_refused_even_with_the_right_code(
    caller: Any, clearance: Any, path: str
) -> None:
    response = caller.get(
        path,
        params={"code": clearance.certificate.verification_code},
        headers={"Authorization": "Bearer mohr_stale"},
    )
    assert response.status_code == 401


def test_absent_and_mismatched_look_the_same(caller: Any, clearance: Any) -> None:
    answers = [
        caller.get(f"/v1/clearances/{number}{tail}", params={"code": code})
        for number in (clearance.number, ABSENT, "no-number", "1404-0041-000001-0")
        for code in (WRONG_CODE, "short")
        for tail in ("", "/document")
    ]
    told = []
    for answer in answers:
        problem = answer.json()
        del problem["request_id"]
        told.append((answer.status_code, problem, len(answer.headers)))
    assert all(each == told[0] for each in told)
    assert told[0][0] == 404


def test_a_key_finds_no_absent_number(caller: Any, stand_ins: Any) -> None:
    headers = {"Authorization": f"Bearer {stand_ins.read_key}"}
    assert caller.get(f"/v1/clearances/{ABSENT}", headers=headers).status_code == 404


def test_tells_all_fields_and_the_standing(caller: Any, clearance: Any) -> None:
    answer = caller.get(
        f"/v1/clearances/{clearance.number}",
        params={"code": clearance.certificate.verification_code},
    ).json()
    assert answer["standing"] == {
        "state": "in_force",
        "at": None,
        "reason": None,
        "message": None,
        "replacement": None,
    }
    assert answer["replaces"] is None
    assert answer["certificate"]["number"] == clearance.number
    assert answer["certificate"]["contract"]["row"] == "00412187"
    assert answer["content_hash"] == clearance.content_hash.hex()


def test_replaced_and_replacement_name_each_other(caller: Any, stand_ins: Any) -> None:
    new = stand_ins.knows("replacement", serial=2)
    old = stand_ins.knows("ordinary-company")
    standing = Standing(
        state=StandingState.REPLACED,
        at=stand_ins.now,
        reason=RevocationReason.DATA_CORRECTED,
        replacement=new.number,
    )
    stand_ins.withdraw(old.number, standing)
    headers = {"Authorization": f"Bearer {stand_ins.read_key}"}

    told = caller.get(f"/v1/clearances/{old.number}", headers=headers).json()["standing"]
    assert (told["state"], told["replacement"]) == ("replaced", new.number)
    assert told["reason"] == "data_corrected"
    assert told["message"]["en"] == "Its data were wrong and have been corrected."
    answer = caller.get(f"/v1/clearances/{new.number}", headers=headers).json()
    assert answer["replaces"] == answer["certificate"]["replaces"] == "1403-0041-000127-9"


def test_hands_out_the_document(caller: Any, clearance: Any, stand_ins: Any) -> None:
    path = f"/v1/clearances/{clearance.number}/document"
    code = {"Verification-Code": clearance.certificate.verification_code}
    response = caller.get(path, headers=code)
    assert response.content == stand_ins.pdf
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["ETag"] == f'"{clearance.document.sha256}"'
    assert clearance.number in response.headers["Content-Disposition"]

    same = caller.get(path, headers={**code, "If-None-Match": response.headers["ETag"]})
    assert same.status_code == 304
    assert same.content == b""
    assert stand_ins.documents_read == 1


def test_an_etag_does_not_replace_the_code(caller: Any, clearance: Any) -> None:
    response = caller.get(
        f"/v1/clearances/{clearance.number}/document",
        headers={"If-None-Match": f'"{clearance.document.sha256}"'},
    )
    assert response.status_code == 401


def test_wrong_codes_run_out(
    open_limited: Callable[..., Any], clearance: Any, stand_ins: Any
) -> None:
    caller = open_limited(wrong_codes="3/minute")
    path = f"/v1/clearances/{clearance.number}"
    right = {"code": clearance.certificate.verification_code}
    for _ in range(5):
        # Right ones do not count.
        assert caller.get(path, params=right).status_code == 200
    for _ in range(3):
        assert caller.get(path, params={"code": WRONG_CODE}).status_code == 404
    for wrong in (path, f"/v1/clearances/{ABSENT}", f"{path}/document"):
        refused = caller.get(wrong, params={"code": WRONG_CODE})
        assert refused.status_code == 429
        assert refused.json()["code"] == "access.too_many_attempts"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
    # Who shows a key guesses nothing.
    by_key = caller.get(path, headers={"Authorization": f"Bearer {stand_ins.read_key}"})
    assert by_key.status_code == 200


def test_a_right_code_passes_whoever_guesses_from_the_same_address(
    open_limited: Callable[..., Any], clearance: Any
) -> None:
    caller = open_limited(wrong_codes="3/minute")
    path = f"/v1/clearances/{clearance.number}"
    right = {"code": clearance.certificate.verification_code}
    typed = {"number": clearance.number, **right}
    for _ in range(4):
        caller.get(path, params={"code": WRONG_CODE})
    for _ in range(2):
        assert caller.get(path, params={"code": WRONG_CODE}).status_code == 429
        assert caller.get(path, params=right).status_code == 200
        assert caller.get(f"{path}/document", params=right).status_code == 200
        assert caller.post("/clearances", data=typed).status_code == 200
        assert caller.post("/clearances/document", data=typed).status_code == 200


@pytest.fixture
def waiting(stand_ins: Any, clearance: Any) -> Any:
    return stand_ins.keeps_waiting(clearance, stand_ins.issue_key)


def test_what_waits_is_told_to_its_own_client_and_to_the_code(
    caller: Any, stand_ins: Any, waiting: Any
) -> None:
    path = f"/v1/clearances/{waiting.number}"
    own = caller.get(path, headers={"Authorization": f"Bearer {stand_ins.issue_key}"})
    by_code = caller.get(path, headers={"Verification-Code": waiting.verification_code})
    assert own.status_code == by_code.status_code == 200
    assert own.json() == by_code.json()
    assert own.json()["state"] == "waiting"
    assert waiting.verification_code not in own.text


@pytest.mark.parametrize("tail", ["", "/document"])
def test_what_waits_is_absent_to_everyone_else(
    caller: Any, stand_ins: Any, waiting: Any, tail: str
) -> None:
    path = f"/v1/clearances/{waiting.number}{tail}"
    for headers in (
        {"Authorization": f"Bearer {stand_ins.read_key}"},
        {"Verification-Code": WRONG_CODE},
    ):
        assert caller.get(path, headers=headers).status_code == 404
    assert caller.get(path).status_code == 401


def test_what_waits_has_no_document_yet(caller: Any, stand_ins: Any, waiting: Any) -> None:
    response = caller.get(
        f"/v1/clearances/{waiting.number}/document",
        headers={"Authorization": f"Bearer {stand_ins.issue_key}"},
    )
    assert response.status_code == 409
    assert response.json()["code"] == "clearance.not_issued_yet"


def test_what_needs_a_person_says_so(caller: Any, stand_ins: Any, clearance: Any) -> None:
    stopped = stand_ins.keeps_waiting(clearance, stand_ins.issue_key, by_itself=False)
    answer = caller.get(
        f"/v1/clearances/{stopped.number}", params={"code": stopped.verification_code}
    ).json()
    assert answer["state"] == "stopped"
    assert answer["last_error"]["code"] == "keys.certificate_expired"


def test_the_page_knows_nothing_of_what_waits(caller: Any, waiting: Any) -> None:
    response = caller.post(
        "/clearances", data={"number": waiting.number, "code": waiting.verification_code}
    )
    assert response.status_code == 404


def test_an_outage_is_not_a_missing_clearance(
    caller: Any, clearance: Any, stand_ins: Any, path: str
) -> None:
    stand_ins.away.add("register")
    code = clearance.certificate.verification_code
    assert caller.get(path, params={"code": code}).status_code == 503


def test_a_document_out_of_reach_is_an_outage(caller: Any, clearance: Any, stand_ins: Any) -> None:
    stand_ins.away.add("documents")
    response = caller.get(
        f"/v1/clearances/{clearance.number}/document",
        params={"code": clearance.certificate.verification_code},
    )
    assert response.status_code == 503
