"""The directory over HTTP (without sockets), on a real database."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import pytest

from api.app import create_app
from api.directory.schemas import (
    BRANCH_EXAMPLE,
    CONTRACT_ROW_EXAMPLE,
    REVIEW_REQUEST_EXAMPLE,
    UNDERTAKING_EXAMPLE,
    WORKSHOP_EXAMPLE,
)
from api.toolkit.limits import Limits
from clearance.csv_text import BYTE_ORDER_MARK
from clearance.errors import Refused
from clearance.identifiers import BranchCode
from clearance.roles import Officer, Reach, Role

ROW = "/v1/contract-rows/0041/00000123"


@dataclass(frozen=True)
class Client:
    id: str
    scopes: frozenset[str] = frozenset()
    officer: Officer | None = None


def officer(role: Role, **reach: Any) -> Client:
    person = Officer(id=f"the-{role}", name="مریم رضایی", role=role, reach=Reach(**reach))
    return Client(id="key", officer=person)


CLIENTS = {
    "feeder": Client(id="feeder", scopes=frozenset({"directory"})),
    "other": Client(id="other", scopes=frozenset({"directory"})),
    "issuer": Client(id="issuer", scopes=frozenset({"issue"})),
    "branch": officer(Role.BRANCH_OFFICER, branch=BranchCode("0041")),
    "neighbour": officer(Role.BRANCH_OFFICER, branch=BranchCode("0042")),
    "province": officer(Role.PROVINCIAL_SUPERVISOR, province="تهران"),
    "fars": officer(Role.PROVINCIAL_SUPERVISOR, province="فارس"),
    "admin": officer(Role.ADMINISTRATOR),
}


def authenticate(key: str) -> Client:
    if key not in CLIENTS:
        raise Refused("client.not_recognised")
    return CLIENTS[key]


@pytest.fixture
def call(empty_directory, services_with, office_with, clock):
    """Send a request as one of ``CLIENTS``."""
    services = services_with(
        office=office_with(directory=empty_directory), authenticate=authenticate, clock=clock
    )
    app = create_app(services, limits=Limits(import_bytes=20_000))

    def send(method: str, url: str, *, by: str = "feeder", **options: Any) -> httpx.Response:
        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            headers = {"Authorization": f"Bearer {by}", **options.pop("headers", {})}
            async with httpx.AsyncClient(transport=transport, base_url="http://mohr.test") as http:
                return await http.request(method, url, headers=headers, **options)

        return anyio.run(request)

    return send


@pytest.fixture
def fed(call):
    """The examples of the OpenAPI document, fed."""
    bodies = {
        "/v1/branches/0041": BRANCH_EXAMPLE,
        "/v1/workshops/0410000017": WORKSHOP_EXAMPLE,
        ROW: CONTRACT_ROW_EXAMPLE,
        "/v1/inspection-undertakings/1404/7712": UNDERTAKING_EXAMPLE,
    }
    for path, body in bodies.items():
        created = call("PUT", path, json=body)
        assert (created.status_code, created.json()) == (201, body)
        assert call("PUT", path, json=body).status_code == 200
    return bodies


def test_what_was_fed_is_read_by_whoever_may(call, fed) -> None:
    for path, body in fed.items():
        for reader in ("feeder", "branch", "province"):
            answer = call("GET", path, by=reader)
            assert answer.status_code == 200, (path, reader)
            if path == ROW:
                assert answer.json() == {"sequences": [{"record": body, "review": None}]}
            else:
                assert answer.json() == body
        for stranger in ("neighbour", "fars"):
            hidden = call("GET", path, by=stranger)
            assert hidden.status_code == 404, (path, stranger)
        unknown = path.replace("0041", "0043").replace("0410", "0411").replace("7712", "7713")
        assert (
            call("GET", unknown, by="neighbour").json()["code"]
            == (call("GET", path, by="neighbour").json()["code"])
        )
        assert call("GET", path, by="issuer").status_code == 403
        assert call("GET", path, by="admin").json()["code"] == "access.not_permitted"
        assert call("GET", path, by="nobody").status_code == 401
        assert call("PUT", path, by="issuer", json=body).status_code == 403
        assert call("PUT", path, by="branch", json=body).status_code == 403


def test_an_undertaking_is_asked_for_in_the_form_it_is_kept_in(call, fed) -> None:
    path = "/v1/inspection-undertakings/1404/7712"
    assert call("GET", f"{path}%E2%80%8F").json() == fed[path], "a mark that nobody sees"
    nul = call("GET", f"{path}%00")
    assert (nul.status_code, nul.json()["code"]) == (422, "text.control_character")


def test_a_stale_write_is_a_conflict(call, fed) -> None:
    stale = call("PUT", "/v1/workshops/0410000017", json={**WORKSHOP_EXAMPLE, "version": 11})
    assert stale.status_code == 409
    assert (stale.json()["code"], stale.json()["field"]) == ("directory.stale", "/version")
    taken = {**UNDERTAKING_EXAMPLE, "id": "other"}
    second = call("PUT", "/v1/inspection-undertakings/other", json=taken)
    assert second.status_code == 409
    assert second.json()["code"] == "undertaking.already_taken"
    assert "1404/7712" in second.json()["message"]["en"]


def test_every_wrong_value_is_told_at_once(call, fed) -> None:
    body = {
        **WORKSHOP_EXAMPLE,
        "number": "۰۴۱۰۰۰۰۰۱۷",
        "postal_code": "0",
        "version": 0,
        "colour": "red",
        "undertaking_accepted_at": "2124-01-01T00:00:00Z",
    }
    refused = call("PUT", "/v1/workshops/0410000017", json=body)
    assert refused.status_code == 422
    assert [(each["field"], each["code"]) for each in refused.json()["errors"]] == [
        ("/postal_code", "postal_code.invalid"),
        ("/version", "version.out_of_range"),
        ("/colour", "field.unknown"),
    ]
    future = call(
        "PUT",
        "/v1/workshops/0410000017",
        json={
            **WORKSHOP_EXAMPLE,
            "version": 13,
            "undertaking_accepted_at": "2123-01-01T00:00:00Z",
        },
    )
    assert future.json()["code"] == "time.in_future"
    other = call("PUT", "/v1/workshops/0410000018", json=WORKSHOP_EXAMPLE)
    assert (other.status_code, other.json()["code"]) == (422, "directory.key_differs")
    assert call("PUT", "/v1/workshops/12", json={}).json()["errors"][0]["field"] == "/number"
    assert call("PUT", "/v1/workshops/0410000017", content=b"{}").status_code == 415
    assert call("PUT", ROW, json=[]).status_code == 422
    backwards = {**CONTRACT_ROW_EXAMPLE, "end": "2020-01-01", "version": 9}
    assert call("PUT", ROW, json=backwards).json()["code"] == "period.end_before_start"


def test_an_officer_reviews_and_the_report_shows_it(call, fed) -> None:
    path = f"{ROW}/reviews"
    unreviewed = call("GET", "/v1/reconciliation", by="branch").json()
    assert [row["finding"] for row in unreviewed["rows"]] == ["unreviewed"]
    made = call("POST", path, by="branch", json=REVIEW_REQUEST_EXAMPLE)
    assert made.status_code == 201
    review = made.json()
    assert (review["outcome"], review["differences"]) == ("mismatched", ["initial_amount"])
    assert review["record"]["initial_amount"] == CONTRACT_ROW_EXAMPLE["initial_amount"]
    assert review["reviewed_by"] == "the-branch_officer"
    listed = call("GET", path, by="province", params={"sequence": "01"})
    assert listed.json() == {"reviews": [review]}
    assert call("GET", ROW).json()["sequences"][0]["review"] == review
    report = call("GET", "/v1/reconciliation", by="province").json()
    assert report["branches"][0]["mismatched"] == 1
    assert report["rows"][0]["fields"] == ["initial_amount"]
    assert report["next"] is None
    for stranger, status in {"feeder": 403, "neighbour": 404, "province": 403}.items():
        assert call("POST", path, by=stranger, json=REVIEW_REQUEST_EXAMPLE).status_code == status
    outdated = call("POST", path, by="branch", json={**REVIEW_REQUEST_EXAMPLE, "row_version": 3})
    assert (outdated.status_code, outdated.json()["code"]) == (409, "review.row_changed")
    assert call("GET", path, by="fars", params={"sequence": "01"}).status_code == 404


def test_the_report_as_csv_computes_nothing(call, fed) -> None:
    evil = {**CONTRACT_ROW_EXAMPLE, "contract_number": "=cmd|' /C calc'!A0", "version": 9}
    assert call("PUT", ROW, json=evil).status_code == 200
    answer = call("GET", "/v1/reconciliation", by="province", params={"format": "csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    text = answer.content.decode("utf-8")
    assert text.startswith(BYTE_ORDER_MARK)
    [row] = csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK)))
    assert row["contract_number"] == "'=cmd|' /C calc'!A0"
    assert (row["row"], row["finding"], row["province"]) == ("00000123", "unreviewed", "تهران")


def test_the_report_is_narrowed_and_paged(call, fed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.directory.reconciliation._PAGE", 1)
    second = {**CONTRACT_ROW_EXAMPLE, "sequence": "02"}
    assert call("PUT", ROW, json=second).status_code == 201
    first_page = call("GET", "/v1/reconciliation", params={"province": "تهران"}).json()
    next_page = call("GET", first_page["next"]).json()
    assert [page["rows"][0]["sequence"] for page in (first_page, next_page)] == ["01", "02"]
    assert first_page["branches"][0]["active"] == 2
    assert next_page["branches"] is None
    assert call("GET", "/v1/reconciliation", params={"province": "فارس"}).json()["rows"] == []
    assert call("GET", "/v1/reconciliation", by="fars").json() == {
        "branches": [],
        "rows": [],
        "next": None,
    }
    for wrong in ({"finding": "x"}, {"branch": "1"}, {"after": "1/2"}, {"format": "xml"}):
        assert call("GET", "/v1/reconciliation", params=wrong).status_code == 422, wrong


def test_a_file_is_taken_in_and_its_report_kept(call, fed) -> None:
    header = ",".join(WORKSHOP_EXAMPLE)
    good = ",".join(map(str, {**WORKSHOP_EXAMPLE, "number": "0410000099"}.values()))
    bad = good.replace("1345678901", "=0+1")
    content = "\n".join((f"{BYTE_ORDER_MARK}{header}", good, bad)).encode()

    def send(by: str = "feeder", **changes: Any) -> httpx.Response:
        headers = {"Content-Type": "text/csv", "Idempotency-Key": "k", **changes.pop("headers", {})}
        params = {"kind": "workshops", **changes.pop("params", {})}
        return call(
            "POST",
            "/v1/directory/imports",
            by=by,
            **{"content": content, "headers": headers, "params": params, **changes},
        )

    rehearsed = send(params={"dry_run": "true"}).json()
    assert (rehearsed["created"], rehearsed["refused"], rehearsed["id"]) == (1, 1, None)
    assert call("GET", "/v1/workshops/0410000099").status_code == 404
    answer = send()
    report = answer.json()
    assert (report["state"], report["created"], report["refused"]) == ("finished", 1, 1)
    assert report["refusals"][0]["line"] == 3
    assert report["refusals"][0]["errors"][0]["code"] == "postal_code.invalid"
    assert call("GET", "/v1/workshops/0410000099").status_code == 200
    assert "Idempotency-Replayed" not in answer.headers
    repeated = send()
    assert repeated.headers["Idempotency-Replayed"] == "true"
    again = repeated.json()
    assert (again["id"], again["resumed_after"]) == (report["id"], 3)
    kept = call("GET", answer.headers["Location"]).json()
    assert {**kept, "resumed_after": 3} == again
    listed = call("GET", report["refusals_csv"]).content.decode().removeprefix(BYTE_ORDER_MARK)
    [refusal] = csv.DictReader(io.StringIO(listed))
    assert (refusal["line"], refusal["field"]) == ("3", "/postal_code")
    assert refusal["fa"]
    assert call("GET", answer.headers["Location"], by="other").status_code == 404
    assert call("GET", report["refusals_csv"], by="other").status_code == 404
    assert call("GET", "/v1/directory/imports/x").status_code == 404
    assert send(by="issuer").status_code == 403
    assert send(content=content + b"\n" + content).status_code == 409
    assert send(content=bytes(20_001), headers={"Idempotency-Key": "z"}).status_code == 413
    assert send(headers={"Content-Type": "application/json"}).status_code == 415
    assert send(params={"kind": "x"}).status_code == 422
    assert send(params={"dry_run": "yes"}).status_code == 422
    headerless = send(content=b"a,b\n1,2\n", headers={"Idempotency-Key": "y"})
    assert {each["code"] for each in headerless.json()["errors"]} == {
        "import.unknown_column",
        "import.missing_column",
    }
    missing = call(
        "POST",
        "/v1/directory/imports?kind=workshops",
        content=content,
        headers={"Content-Type": "text/csv"},
    )
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency.key_missing")


def test_every_endpoint_is_described_with_an_example(call) -> None:
    document = call("GET", "/openapi.json").json()
    paths = document["paths"]
    assert set(paths["/v1/inspection-undertakings/{id}"]) == {"put", "get"}
    for path in (
        "/v1/branches/{code}",
        "/v1/workshops/{number}",
        "/v1/contract-rows/{branch}/{row}",
        "/v1/inspection-undertakings/{id}",
    ):
        put = paths[path]["put"]
        body = put["requestBody"]["content"]["application/json"]
        assert set(body["example"]) == set(body["schema"]["properties"])
        assert put["security"] == [{"apiKey": []}]
    text = json.dumps(document)
    for name in ("ReviewAnswer", "ReconciliationAnswer", "ImportAnswer", "ContractRowsAnswer"):
        assert f'"#/components/schemas/{name}"' in text
