"""The ledger of paper forms over HTTP (without sockets), on a real database."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import pytest

from api.app import create_app
from clearance.csv_text import BYTE_ORDER_MARK
from clearance.errors import Refused
from clearance.identifiers import BranchCode
from clearance.roles import Officer, Reach, Role
from register.paper_forms.lookup import PaperFormLookup

pytestmark = pytest.mark.integration

PRESENT = {"attendees": [{"name": "علی کریمی", "role": "رئیس شعبه"}]}


@dataclass(frozen=True)
class Client:
    id: str
    scopes: frozenset[str] = frozenset()
    officer: Officer | None = None


@pytest.fixture
def call(ledger, engine, services_with, office_with, clock, officer_of, supervisor_of):
    """Send a request as an officer, as a program, or (``by=""``) without a key."""
    people = {
        "branch": officer_of("1234"),
        "neighbour": officer_of("1235"),
        "province": supervisor_of("تهران"),
        "fars": supervisor_of("فارس"),
        "auditor": Officer(id="auditor", name="ح", role=Role.HEADQUARTERS_AUDITOR, reach=Reach()),
        "admin": Officer(id="admin", name="م", role=Role.ADMINISTRATOR, reach=Reach()),
    }
    clients = {name: Client(id=name, officer=person) for name, person in people.items()}
    clients["program"] = Client(id="program", scopes=frozenset({"issue", "read", "directory"}))

    def authenticate(key: str) -> Client:
        if key not in clients:
            raise Refused("client.not_recognised")
        return clients[key]

    lookup = PaperFormLookup(engine, clock=clock, effective_date=clock.now.date())
    app = create_app(
        services_with(
            office=office_with(paper=ledger),
            find_paper_form=lookup.form,
            read_document=lambda sha256: f"%PDF {sha256}".encode(),
            authenticate=authenticate,
            clock=clock,
        )
    )

    def send(method: str, url: str, *, by: str = "branch", **options: Any) -> httpx.Response:
        async def request() -> httpx.Response:
            headers = {"Authorization": f"Bearer {by}"} if by else {}
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://mohr.test") as http:
                return await http.request(method, url, headers=headers, **options)

        return anyio.run(request)

    return send


@pytest.fixture
def allotted(call):
    """Serials 100 to 199 of branch 1234, as the interface answers them."""
    body = {"branch_code": "1234", "first": "۱۰۰", "last": "199"}
    answer = call("POST", "/v1/paper-ranges", by="province", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def entries(*made: dict[str, Any]) -> dict[str, Any]:
    return {"entries": list(made)}


def test_ranges_are_allotted_by_the_province_and_read_within_reach(call, allotted) -> None:
    assert allotted["count"] == 100
    assert allotted["allotted_by"] == "supervisor-تهران"
    again = {"branch_code": "1234", "first": "150", "last": "150"}
    refused = call("POST", "/v1/paper-ranges", by="province", json=again)
    assert (refused.status_code, refused.json()["code"]) == (409, "paper.overlap")
    assert "100" in refused.json()["message"]["en"]
    for by, status in (("fars", 404), ("branch", 403), ("auditor", 403), ("program", 403)):
        assert call("POST", "/v1/paper-ranges", by=by, json=again).status_code == status, by
    assert call("POST", "/v1/paper-ranges", by="stranger", json=again).status_code == 401
    for by in ("branch", "province", "auditor"):
        assert call("GET", "/v1/paper-ranges", by=by).json() == {"ranges": [allotted]}
    for by in ("neighbour", "fars"):
        assert call("GET", "/v1/paper-ranges", by=by).json() == {"ranges": []}
    assert call("GET", "/v1/paper-ranges", by="admin").status_code == 403


def test_a_serials_record_is_for_officers_within_whose_reach_it_lies(call, allotted) -> None:
    body = entries(
        {"first": "100", "last": "149", "state": "issued_before_effective_date"},
        {"first": "150", "state": "missing", "explanation": "یافت نشد"},
    )
    assert call("POST", "/v1/paper-forms/states", json=body).status_code == 204
    record = call("GET", "/v1/paper-forms/150").json()["record"]
    assert (record["state"], record["branch_code"]) == ("missing", "1234")
    assert record["entries"][0]["explanation"] == "یافت نشد"
    for by in ("", "neighbour", "fars"):
        told = call("GET", "/v1/paper-forms/150", by=by)
        assert (told.status_code, told.json()["record"]) == (200, None), by
        assert told.json()["meaning"] == "void"
    assert call("GET", "/v1/paper-forms/150", by="program").status_code == 403
    assert call("GET", "/v1/paper-forms/150", by="stranger").status_code == 401


def test_a_refused_entry_is_named_and_nothing_is_recorded(call, allotted) -> None:
    body = entries(
        {"first": "100", "state": "used"}, {"first": "199", "last": "200", "state": "used"}
    )
    refused = call("POST", "/v1/paper-forms/states", json=body)
    assert refused.status_code == 404
    assert (refused.json()["code"], refused.json()["field"]) == (
        "paper.not_allotted",
        "/entries/1",
    )
    assert call("GET", "/v1/paper-forms/100").json()["record"]["entries"] == []
    for by in ("neighbour", "province"):
        status = call("POST", "/v1/paper-forms/states", by=by, json=body).status_code
        assert status == {"neighbour": 404, "province": 403}[by]
    malformed = call("POST", "/v1/paper-forms/states", content=b"{")
    assert malformed.status_code == 415


def test_the_ledger_balances_as_json_and_csv(call, allotted) -> None:
    body = entries(
        {"first": "100", "last": "149", "state": "issued_before_effective_date"},
        {"first": "150", "last": "159", "state": "unused_returned", "hologram": "150"},
    )
    assert call("POST", "/v1/paper-forms/states", json=body).status_code == 204
    ledger = call("GET", "/v1/paper-ledger", by="province").json()
    (line,) = ledger["lines"]
    assert line["balance"] == ledger["total"]
    assert line["balance"]["allotted"] == 100
    assert (line["balance"]["difference"], line["outstanding"]) == (40, 50)
    assert (ledger["deadline"], ledger["late"]) == ("2025-12-20", [])

    answer = call("GET", "/v1/paper-ledger?format=csv&province=تهران", by="auditor")
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text.removeprefix(BYTE_ORDER_MARK)))
    assert (row["branch_code"], row["unused_returned"], row["difference"]) == ("1234", "10", "40")
    assert call("GET", "/v1/paper-ledger", by="fars").json()["lines"] == []
    assert call("GET", "/v1/paper-ledger?branch=12").status_code == 422
    assert call("GET", "/v1/paper-ledger?format=xml").status_code == 422


def test_minutes_over_http(call, allotted, ledger, sealed_minutes) -> None:
    body = entries({"first": "100", "last": "199", "state": "unused_returned", "hologram": "100"})
    assert call("POST", "/v1/paper-forms/states", json=body).status_code == 204
    drawn = call("POST", "/v1/paper-minutes", json={"kind": "branch", "branch_code": "1234"})
    assert (drawn.status_code, drawn.json()["state"]) == (201, "draft")
    path = drawn.headers["location"]
    assert call("GET", path, by="neighbour").status_code == 404
    assert call("POST", f"{path}/closing", by="province", json=PRESENT).status_code == 403
    assert call("POST", f"{path}/closing", by="fars", json=PRESENT).status_code == 404

    closed = call("POST", f"{path}/closing", json=PRESENT).json()
    assert closed["state"] == "closed"
    assert closed["content"]["unused"] == [{"first": "100", "last": "199", "count": 100}]
    waiting = call("GET", f"{path}/document")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "paper.not_sealed_yet")

    ledger.enter_document(sealed_minutes(closed["number"]))
    document = call("GET", f"{path}/document", by="province")
    assert document.content == f"%PDF {'a' * 64}".encode()
    assert document.headers["content-type"] == "application/pdf"
    (listed,) = call("GET", "/v1/paper-minutes", by="auditor").json()["minutes"]
    assert (listed["state"], listed["links"]["document"]) == ("sealed", f"{path}/document")
    assert call("GET", "/v1/paper-minutes/22-1404-999999").status_code == 404
    assert call("GET", "/v1/paper-minutes/nonsense").status_code == 404


def test_every_endpoint_is_described_with_an_example(call) -> None:
    paths = json.loads(call("GET", "/openapi.json", by="").text)["paths"]
    bodies = [
        operation["requestBody"]["content"]["application/json"]
        for path, operations in paths.items()
        if path.startswith("/v1/paper-")
        for operation in operations.values()
        if "requestBody" in operation
    ]
    assert len(bodies) == 4
    assert all("example" in body for body in bodies)
    assert BranchCode(bodies[0]["example"]["branch_code"])
