"""Revocations over HTTP, with a stand-in for the register."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from api.revocation.endpoints import RevocationAnswer
from clearance.errors import Conflict, NotFound
from clearance.identifiers import ClearanceNumber
from clearance.roles import Officer, Reach, Role
from register.records import RevocationReason, RevocationState
from register.revocations import MOST_LISTED, Decision, Revocation

NUMBER = ClearanceNumber("1404-0041-000001-9")
PATH = f"/v1/clearances/{NUMBER}/revocations"
AT = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
REMARK = "ردیف پیمان اشتباه است"


def revocation(**changes: Any) -> Revocation:
    facts = {
        "id": 7,
        "number": NUMBER,
        "reason": RevocationReason.DATA_CORRECTED,
        "remark": REMARK,
        "requested_by": "clerk",
        "requested_at": AT,
        "state": RevocationState.OPEN,
        "decided_by": None,
        "decided_at": None,
    }
    return Revocation(**{**facts, **changes})


class StandInRevocations:
    """What the endpoints ask of the register."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.found: tuple[Revocation, ...] = (revocation(),)

    def open(self, number: str, **asked: Any) -> Revocation:
        self.asked.append((number, asked))
        return revocation(reason=asked["reason"], remark=asked["remark"])

    def decide(self, number: str, id_: int, decision: Decision, *, officer: Officer) -> Revocation:
        if id_ != 7:
            raise NotFound("revocation_request.not_found")
        if officer.id == "clerk":
            raise Conflict("revocation_request.same_officer")
        confirmed = decision is Decision.CONFIRM
        state = RevocationState.CONFIRMED if confirmed else RevocationState.REJECTED
        return revocation(state=state, decided_by=officer.id, decided_at=AT)

    def of(self, number: str, *, officer: Officer) -> tuple[Revocation, ...]:
        return self.found

    def within_reach(self, **asked: Any) -> tuple[Revocation, ...]:
        self.asked.append(asked)
        return self.found


@pytest.fixture
def register() -> StandInRevocations:
    return StandInRevocations()


@pytest.fixture
def call(
    open_with: Callable[..., Any], office_with: Any, register: StandInRevocations
) -> Callable[..., Any]:
    """Call with the key of an officer of some role, of a program, or with none."""
    officers = {
        role.value: Officer(id=name, name="", role=role, reach=Reach())
        for role, name in (
            (Role.BRANCH_OFFICER, "clerk"),
            (Role.BRANCH_HEAD, "head"),
            (Role.HEADQUARTERS_AUDITOR, "auditor"),
            (Role.ADMINISTRATOR, "administrator"),
        )
    }
    caller = open_with(
        office=office_with(revocations=register),
        authenticate=lambda key: SimpleNamespace(
            id=key, scopes=frozenset({"issue", "read"}), officer=officers.get(key)
        ),
    )

    def send(method: str, path: str, *, key: str | None = "branch_head", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return caller.request(method, path, headers=headers, **options)

    return send


def test_asking_answers_the_open_request(call: Any, register: StandInRevocations) -> None:
    body = {"reason": "lawful_order", "remark": REMARK}
    response = call("POST", PATH, key="branch_officer", json=body)
    assert response.status_code == 201
    answer = response.json()
    assert (answer["id"], answer["number"], answer["state"]) == (7, NUMBER, "open")
    assert (answer["reason"], answer["remark"]) == ("lawful_order", REMARK)
    assert answer["message"]["fa"] == "به دستور مرجع قانونی."
    assert (answer["requested_by"], answer["decided_by"]) == ("clerk", None)
    number, asked = register.asked[0]
    assert (number, asked["reason"], asked["officer"].id) == (
        NUMBER,
        RevocationReason.LAWFUL_ORDER,
        "clerk",
    )
    assert call("POST", PATH, json={"reason": "lawful_order"}).json()["remark"] is None


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "/reason", "field.missing"),
        ({"reason": "because"}, "/reason", "field.not_allowed"),
        ({"reason": 1}, "/reason", "field.wrong_type"),
        ({"reason": "lawful_order", "remark": ""}, "/remark", "text.empty"),
        ({"reason": "lawful_order", "remark": "ب" * 1001}, "/remark", "text.too_long"),
        ({"reason": "lawful_order", "officer": "x"}, "/officer", "field.unknown"),
        ([], "", "field.wrong_type"),
    ],
)
def test_a_wrong_request_names_what_is_wrong(call: Any, body: Any, field: str, code: str) -> None:
    response = call("POST", PATH, json=body)
    assert response.status_code == 422
    assert [(each["field"], each["code"]) for each in response.json()["errors"]] == [(field, code)]


@pytest.mark.parametrize(("decision", "state"), [("confirm", "confirmed"), ("reject", "rejected")])
def test_another_officer_decides(call: Any, decision: str, state: str) -> None:
    response = call("POST", f"{PATH}/7/decision", json={"decision": decision})
    assert response.status_code == 200
    answer = response.json()
    assert (answer["state"], answer["decided_by"]) == (state, "head")
    assert answer["decided_at"] == "2026-02-01T08:30:00Z"


def test_a_wrong_decision_is_none(call: Any) -> None:
    for body in ({"decision": "maybe"}, {}, {"decision": True}):
        assert call("POST", f"{PATH}/7/decision", json=body).status_code == 422
    for id_ in ("8", "x", "7x", "-7", "٧", "9" * 30):
        response = call("POST", f"{PATH}/{id_}/decision", json={"decision": "confirm"})
        assert (response.status_code, response.json()["code"]) == (
            404,
            "revocation_request.not_found",
        )
    strange = call("POST", "/v1/clearances/1/revocations/7/decision", json={"decision": "confirm"})
    assert (strange.status_code, strange.json()["code"]) == (404, "clearance.not_found")


def test_who_asked_cannot_decide(
    open_with: Callable[..., Any], office_with: Any, register: Any
) -> None:
    clerk = Officer(id="clerk", name="", role=Role.PROVINCIAL_SUPERVISOR, reach=Reach())
    caller = open_with(
        office=office_with(revocations=register),
        authenticate=lambda key: SimpleNamespace(id=key, scopes=frozenset(), officer=clerk),
    )
    response = caller.post(
        f"{PATH}/7/decision",
        json={"decision": "confirm"},
        headers={"Authorization": "Bearer key"},
    )
    assert (response.status_code, response.json()["code"]) == (
        409,
        "revocation_request.same_officer",
    )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", PATH, {"branch_officer", "branch_head"}),
        ("POST", f"{PATH}/7/decision", {"branch_head"}),
        ("GET", PATH, {"branch_officer", "branch_head", "headquarters_auditor"}),
        ("GET", "/v1/revocations", {"branch_officer", "branch_head", "headquarters_auditor"}),
    ],
)
def test_the_role_decides_and_a_program_s_key_is_no_officer(
    call: Any, method: str, path: str, allowed: set[str]
) -> None:
    assert call(method, path, key=None).status_code == 401
    for key in ("program", "branch_officer", "branch_head", "headquarters_auditor"):
        response = call(method, path, key=key)
        if key in allowed:
            # Let through to the body, which a POST lacks here.
            assert response.status_code in (200, 415)
        else:
            assert (response.status_code, response.json()["code"]) == (403, "access.not_permitted")
    assert call(method, path, key="administrator").status_code == 403


def test_requests_are_listed_with_a_way_on(call: Any, register: StandInRevocations) -> None:
    answer = call("GET", "/v1/revocations?state=open&before=12").json()
    assert [each["id"] for each in answer["revocations"]] == [7]
    assert answer["next"] is None
    asked = register.asked[-1]
    assert (asked["state"], asked["before"]) == (RevocationState.OPEN, 12)

    register.found = tuple(revocation(id=each) for each in range(MOST_LISTED + 20, 20, -1))
    assert call("GET", "/v1/revocations").json()["next"] == "/v1/revocations?before=21"
    more = call("GET", "/v1/revocations?state=open").json()["next"]
    assert more == "/v1/revocations?before=21&state=open"
    assert len(call("GET", PATH).json()["revocations"]) == MOST_LISTED
    register.found = ()
    assert call("GET", "/v1/revocations").json() == {"revocations": [], "next": None}


@pytest.mark.parametrize(
    ("query", "field"), [("state=done", "/state"), ("before=x", "/before"), ("state=", "/state")]
)
def test_a_wrong_choice_is_refused(call: Any, query: str, field: str) -> None:
    response = call("GET", f"/v1/revocations?{query}")
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_the_public_machine_has_none_of_it(caller: Any) -> None:
    for path in (PATH, "/v1/revocations"):
        assert caller.get(path).status_code == 404


def test_openapi_describes_them(call: Any) -> None:
    document = call("GET", "/openapi.json").json()
    paths = document["paths"]
    asking = paths["/v1/clearances/{number}/revocations"]["post"]
    deciding = paths["/v1/clearances/{number}/revocations/{id}/decision"]["post"]
    for operation in (asking, deciding, paths["/v1/revocations"]["get"]):
        assert operation["security"] == [{"apiKey": []}]
    for operation, reads in ((asking, "reason"), (deciding, "decision")):
        content = operation["requestBody"]["content"]["application/json"]
        assert reads in content["schema"]["properties"]
        assert reads in content["example"]
    shown = document["components"]["schemas"]["RevocationAnswer"]["example"]
    assert RevocationAnswer(**shown).state == "confirmed"
