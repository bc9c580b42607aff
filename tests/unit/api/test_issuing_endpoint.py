"""POST /v1/clearances: who may, what is taken, what is answered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

PATH = "/v1/clearances"


@pytest.fixture
def post(caller: Any, stand_ins: Any) -> Callable[..., Any]:
    def post(content: Any, *, key: str | None = "k-1", **headers: str) -> Any:
        given = {
            "Authorization": f"Bearer {stand_ins.issue_key}",
            "Content-Type": "application/json",
            **({"Idempotency-Key": key} if key is not None else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return caller.post(PATH, content=body, headers=given)

    return post


def test_answers_number_code_and_links(post: Any, ordinary: Any) -> None:
    response = post(ordinary)
    answer = response.json()
    assert response.status_code == 201
    assert answer["number"] == "1404-0041-000001-9"
    assert answer["verification_code"].count("-") == 3
    assert answer["document"]["media_type"] == "application/pdf"
    assert answer["links"]["document"] == f"{PATH}/{answer['number']}/document"
    assert answer["links"]["verify"] == f"http://mohr.test/q/{answer['token']}"
    assert response.headers["Location"] == f"{PATH}/{answer['number']}"
    assert "Idempotency-Replayed" not in response.headers


def test_what_it_links_to_is_there(post: Any, ordinary: Any, caller: Any) -> None:
    answer = post(ordinary).json()
    code = {"Verification-Code": answer["verification_code"]}
    assert caller.get(answer["links"]["self"], headers=code).status_code == 200
    assert caller.get(answer["links"]["document"], headers=code).status_code == 200
    assert caller.get(answer["links"]["verify"]).status_code == 200


def test_same_key_and_body_answer_the_same(post: Any, ordinary: Any) -> None:
    first = post(ordinary)
    # The same request written differently: other order of members, other white space.
    again = post(json.dumps(dict(reversed(ordinary.items())), indent=3).encode())
    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"


def test_same_key_with_another_body_is_a_conflict(post: Any, ordinary: Any) -> None:
    post(ordinary)
    response = post({**ordinary, "kind": "interim"})
    assert response.status_code == 409
    assert response.json()["code"] == "idempotency.conflict"


def test_a_key_belongs_to_its_client(post: Any, ordinary: Any, stand_ins: Any) -> None:
    first = post(ordinary).json()
    stand_ins.by_key[("another", "k-1")] = stand_ins.by_key.pop((stand_ins.issue_key, "k-1"))
    assert post(ordinary).json()["number"] != first["number"]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency.key_missing"),
        ("", "idempotency.key_invalid"),
        ("two words", "idempotency.key_invalid"),
        ("x" * 256, "idempotency.key_invalid"),
    ],
)
def test_refuses_unfit_idempotency_keys(
    post: Any, ordinary: Any, stand_ins: Any, key: str | None, code: str
) -> None:
    response = post(ordinary, key=key)
    assert response.status_code == 400
    assert response.json()["code"] == code
    assert not stand_ins.by_number


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer mohr_unknown",
        "Basic bW9ocl9pc3N1ZTo=",
        "mohr_issue",
        "Bearer mohr_issue mohr_issue",
    ],
)
def test_bad_keys_are_all_refused_alike(
    caller: Any, ordinary: Any, stand_ins: Any, authorization: str | None
) -> None:
    headers = {"Idempotency-Key": "k"}
    if authorization is not None:
        headers["Authorization"] = authorization
    response = caller.post(PATH, json=ordinary, headers=headers)
    problem = response.json()
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert problem["code"] == "access.key_required"
    assert "mohr_unknown" not in response.text
    assert not stand_ins.by_number


@pytest.mark.parametrize("key", ["read_key", "bare_key"])
def test_a_key_without_the_scope_is_forbidden(
    post: Any, ordinary: Any, stand_ins: Any, key: str
) -> None:
    response = post(ordinary, Authorization=f"Bearer {getattr(stand_ins, key)}")
    assert response.status_code == 403
    assert response.json()["code"] == "access.scope_missing"
    assert 'scope="issue"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "request.not_json"),
        (b"{", "request.not_json"),
        (b'{"schema": NaN}', "request.not_json"),
        (b"\xff\xfe{}", "request.not_json"),
        (b'{"schema": 1, "schema": 1}', "request.repeated_member"),
        (b"[" * 100_000, "request.not_json"),
        (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, "request.not_json"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "request.not_json"),
    ],
)
def test_refuses_bodies_that_are_not_json(post: Any, body: bytes, code: str) -> None:
    response = post(body)
    assert response.status_code == 400
    assert response.json()["code"] == code


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_refuses_a_good_request_in_another_encoding(
    post: Any, ordinary: Any, stand_ins: Any, encoding: str
) -> None:
    response = post(json.dumps(ordinary).encode(encoding))
    assert response.status_code == 400
    assert response.json()["code"] == "request.not_json"
    assert not stand_ins.by_number


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"1", b"{}", b"[[[[[[[[1]]]]]]]]"])
def test_refuses_json_that_is_no_request(post: Any, body: bytes) -> None:
    response = post(body)
    assert response.status_code == 422
    assert response.json()["errors"]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/jsonp"])
def test_refuses_other_content_types(post: Any, ordinary: Any, kind: str) -> None:
    response = post(ordinary, Content_Type=kind)
    assert response.status_code == 415
    assert response.json()["code"] == "request.wrong_media_type"


def test_takes_json_with_a_charset(post: Any, ordinary: Any) -> None:
    assert post(ordinary, Content_Type="Application/JSON; charset=utf-8").status_code == 201


def test_names_each_wrong_field(post: Any, ordinary: Any) -> None:
    del ordinary["kind"]
    ordinary["contract"]["initial_amount"] = -1
    ordinary["extra"] = 1
    problem = post(ordinary).json()
    fields = {error["field"]: error["code"] for error in problem["errors"]}
    assert problem["code"] == "request.invalid"
    assert fields == {
        "/kind": "field.missing",
        "/contract/initial_amount": "money.negative",
        "/extra": "field.unknown",
    }
    assert all(error["message"]["fa"] and error["message"]["en"] for error in problem["errors"])


def test_a_single_wrong_field_stands_at_the_top(post: Any, ordinary: Any) -> None:
    ordinary["contract"]["end"] = "1404-12-30"
    response = post(ordinary)
    assert response.status_code == 422
    assert response.json()["code"] == "date.not_in_calendar"
    assert response.json()["field"] == "/contract/end"


def test_without_the_register_nothing_is_accepted(post: Any, ordinary: Any, stand_ins: Any) -> None:
    stand_ins.away.add("register")
    response = post(ordinary)
    assert response.status_code == 503
    assert response.json()["code"] == "register.unavailable"
    assert int(response.headers["Retry-After"]) > 0
    stand_ins.away.clear()
    assert post(ordinary).status_code == 201


def test_what_waits_for_a_part_is_accepted_with_its_number(
    post: Any, caller: Any, ordinary: Any, stand_ins: Any
) -> None:
    stand_ins.away.add("token")
    response = post(ordinary)
    answer = response.json()
    assert response.status_code == 202
    assert response.headers["Location"] == answer["links"]["self"] == f"{PATH}/{answer['number']}"
    # The next attempt comes 2 s after this one.
    assert response.headers["Retry-After"] == "3"
    error = answer.pop("last_error")
    assert answer == {
        "number": "1404-0041-000001-9",
        "state": "waiting",
        "since": "2026-02-01T08:30:00Z",
        "attempts": 1,
        "links": {"self": f"{PATH}/1404-0041-000001-9"},
    }
    assert error["code"] == "hsm.unavailable"
    assert error["message"]["fa"]
    assert error["message"]["en"]
    headers = {"Authorization": f"Bearer {stand_ins.issue_key}"}
    assert caller.get(response.headers["Location"], headers=headers).json() == {
        **answer,
        "last_error": error,
    }

    stand_ins.away.clear()
    issued = post(ordinary)
    assert issued.status_code == 201
    assert issued.json()["number"] == answer["number"]


def test_an_outage_of_the_key_list_is_not_a_bad_key(
    post: Any, ordinary: Any, stand_ins: Any
) -> None:
    stand_ins.away.add("clients")
    assert post(ordinary).status_code == 503


def test_a_machine_without_keys_issues_nothing(
    open_with: Callable[..., Any], ordinary: Any, stand_ins: Any
) -> None:
    response = open_with(issue=None).post(
        PATH, json=ordinary, headers={"Authorization": f"Bearer {stand_ins.issue_key}"}
    )
    assert response.status_code == 404
