"""Collections, breaches and deadlines over HTTP, with a stand-in for the register."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.deadline.breaches import PAGE, BreachesAnswer
from api.deadline.collections import REPORT_EXAMPLE, CollectionAnswer
from clearance.deadline import Collection, DeadlineRule
from clearance.directory import ContractRowKey
from clearance.errors import Conflict, NotFound, Unavailable
from clearance.identifiers import BranchCode, ContractRow, ContractSequence
from clearance.roles import Officer, Reach, Role
from register.collections import Breach, CollectionRecord, OpenCounts, Place

NOW = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
DUE = datetime(2026, 2, 2, 20, 29, 59, tzinfo=UTC)
OFFICER = Officer(
    id="a.karimi", name="x", role=Role.PROVINCIAL_SUPERVISOR, reach=Reach(province="تهران")
)


class StandInRegister:
    """Collections and deadlines, and what they were asked."""

    def __init__(self) -> None:
        self.records: dict[str, CollectionRecord] = {}
        self.reaches: list[Reach] = []
        self.asked: list[dict[str, Any]] = []
        self.found: list[Breach] = []
        self.counted = 0
        self.away = False

    def record(self, collection: Collection, *, actor: str) -> tuple[CollectionRecord, bool]:
        if collection.id == "taken":
            raise Conflict("collection.conflict", parameters={"id": "taken"})
        known = collection.id in self.records
        record = self.records.setdefault(
            collection.id,
            CollectionRecord(
                collection=collection,
                rule=DeadlineRule.NEXT_CALENDAR_DAY,
                due_at=DUE,
                recorded_at=NOW,
                settled_at=None,
                breached=False,
            ),
        )
        return record, not known

    def find(self, collection_id: str, *, reach: Reach) -> CollectionRecord:
        self.reaches.append(reach)
        if collection_id not in self.records:
            raise NotFound("collection.not_found")
        return self.records[collection_id]

    def settled_by(self, _number: str) -> CollectionRecord | None:
        return next(iter(self.records.values()), None)

    def breaches(self, reach: Reach, **asked: Any) -> tuple[Breach, ...]:
        self.reaches.append(reach)
        self.asked.append(asked)
        after = asked["after"]
        begin = 0
        if after is not None:
            ids = [breach.collection_id for breach in self.found]
            begin = ids.index(after.collection_id) + 1
        return tuple(self.found[begin : begin + asked["limit"]])

    def counts(self) -> OpenCounts:
        self.counted += 1
        if self.away:
            raise Unavailable("register.unavailable")
        return OpenCounts(open=7, overdue=2)


@pytest.fixture
def register() -> StandInRegister:
    return StandInRegister()


@pytest.fixture
def office(
    open_with: Callable[..., Any], office_with: Any, stand_ins: Any, register: StandInRegister
) -> Callable[..., Any]:
    """Call the office with the key of an officer or of a program."""
    known = stand_ins.authenticate

    def authenticate(key: str) -> Any:
        client = known(stand_ins.bare_key if key == "officer" else key)
        object.__setattr__(client, "officer", OFFICER if key == "officer" else None)
        return client

    caller = open_with(
        office=office_with(collections=register, deadlines=register),
        authenticate=authenticate,
        clock=lambda: stand_ins.now,
    )

    def call(method: str, url: str, key: str = "mohr_issue", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return caller.request(method, url, headers=headers, **options)

    return call


def breach(serial: int, *, number: str | None = None) -> Breach:
    return Breach(
        collection_id=f"C-{serial}",
        key=ContractRowKey(
            branch_code=BranchCode("0041"), row=ContractRow("123"), sequence=ContractSequence("01")
        ),
        collected_at=NOW,
        due_at=DUE + timedelta(days=serial),
        raised_at=DUE + timedelta(days=serial, seconds=5),
        number=number,  # type: ignore[arg-type]
        ended_at=None if number is None else DUE + timedelta(days=40),
    )


def test_a_report_starts_the_clock(office: Any) -> None:
    response = office("POST", "/v1/collections", json=REPORT_EXAMPLE)

    assert response.status_code == 201
    assert response.headers["Location"] == "/v1/collections/1404-0041-77"
    answer = response.json()
    assert answer["collected_at"] == "2026-02-01T07:30:00Z"
    assert answer["due_at"] == "2026-02-02T20:29:59Z"
    assert (answer["number"], answer["in_time"]) == (None, None)
    assert office("POST", "/v1/collections", json=REPORT_EXAMPLE).status_code == 200
    assert office("GET", "/v1/collections/1404-0041-77").json() == answer


def test_a_wrong_report_names_its_fields(office: Any) -> None:
    response = office("POST", "/v1/collections", json={**REPORT_EXAMPLE, "branch_code": "4"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "/branch_code"
    taken = office("POST", "/v1/collections", json={**REPORT_EXAMPLE, "id": "taken"})
    assert (taken.status_code, taken.json()["code"]) == (409, "collection.conflict")
    assert office("POST", "/v1/collections", content=b"{").status_code == 415
    assert office("POST", "/v1/collections", key="", json=REPORT_EXAMPLE).status_code == 401


@pytest.mark.parametrize("key", ["mohr_read", "mohr_bare", "officer"])
def test_only_feeders_and_issuers_report(office: Any, key: str) -> None:
    response = office("POST", "/v1/collections", key=key, json=REPORT_EXAMPLE)
    assert response.status_code == 403


def test_a_collection_is_read_within_reach(office: Any, register: StandInRegister) -> None:
    office("POST", "/v1/collections", json=REPORT_EXAMPLE)
    path = "/v1/collections/1404-0041-77"

    assert [office("GET", path, key=key).status_code for key in ("officer", "mohr_read")] == [
        200,
        200,
    ]
    assert register.reaches == [OFFICER.reach, Reach()]
    assert office("GET", path, key="mohr_bare").status_code == 403
    for absent in ("other", "%00", "-1"):
        response = office("GET", f"/v1/collections/{absent}")
        assert (response.status_code, response.json()["code"]) == (404, "collection.not_found")


def test_breaches_are_for_officers_within_their_reach(
    office: Any, register: StandInRegister
) -> None:
    for key in ("mohr_issue", "mohr_read"):
        assert office("GET", "/v1/breaches", key=key).status_code == 403
    register.found = [breach(0), breach(1, number="1404-0041-000001-9")]

    answer = office("GET", "/v1/breaches", key="officer").json()

    assert register.reaches == [OFFICER.reach]
    assert [each["state"] for each in answer["breaches"]] == ["open", "closed"]
    # 20:29:59 UTC is the end of that very day in Tehran.
    assert answer["breaches"][0]["day"] == "2026-02-02"
    assert answer["next"] is None


def test_breaches_are_chosen_and_paged(office: Any, register: StandInRegister) -> None:
    register.found = [breach(serial) for serial in range(PAGE + 1)]
    chosen = "state=open&branch=۰۰۴۱&from=1404-11-13&to=2030-01-01"

    first = office("GET", f"/v1/breaches?{chosen}", key="officer").json()
    rest = office("GET", first["next"], key="officer").json()

    assert [each["collection"] for each in rest["breaches"]] == [f"C-{PAGE}"]
    assert rest["next"] is None
    last = breach(PAGE - 1)
    after = Place(due_at=last.due_at, collection_id=last.collection_id)
    assert register.asked[1] == {**register.asked[0], "after": after}
    assert register.asked[0]["is_open"] is True
    assert register.asked[0]["branch"] == "0041"
    assert register.asked[0]["first_day"].isoformat() == "2026-02-02"


def test_breaches_come_as_csv_to_the_end(
    office: Any, register: StandInRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.deadline.breaches.LARGEST_PAGE", 2)
    register.found = [breach(serial) for serial in range(5)]

    response = office("GET", "/v1/breaches?format=csv&state=closed", key="officer")

    assert response.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["collection"] for row in rows] == [f"C-{serial}" for serial in range(5)]
    assert rows[0]["number"] == ""
    assert len(register.asked) == 3
    assert {asked["is_open"] for asked in register.asked} == {False}


@pytest.mark.parametrize(
    "query",
    [
        "state=late",
        "branch=41",
        "from=1404-13-01",
        "to=soon",
        "after=x",
        "after=2026-02-01T08:30:00Z",
        "after=2026-02-01T08:30:00Z~%00",
        "format=xml",
    ],
)
def test_a_wrong_choice_is_refused_by_name(office: Any, query: str) -> None:
    response = office("GET", f"/v1/breaches?{query}", key="officer")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "/" + query.partition("=")[0]


def test_a_clearance_tells_its_deadline_to_holders_of_a_key(office: Any, clearance: Any) -> None:
    path = f"/v1/clearances/{clearance.number}"
    assert office("GET", path).json()["deadline"] is None
    office("POST", "/v1/collections", json=REPORT_EXAMPLE)

    assert office("GET", path).json()["deadline"] == {
        "collected_at": "2026-02-01T07:30:00Z",
        "due_at": "2026-02-02T20:29:59Z",
        "rule": "next_calendar_day",
        "in_time": None,
    }
    code = clearance.certificate.verification_code
    assert office("GET", f"{path}?code={code}", key="").json()["deadline"] is None


def test_running_clocks_are_counted_once_a_minute(
    office: Any, register: StandInRegister, stand_ins: Any
) -> None:
    for _ in range(3):
        text = office("GET", "/metrics", key="").text
    assert register.counted == 1
    assert 'mohr_collections_open{state="in_time"} 5.0' in text
    assert 'mohr_collections_open{state="overdue"} 2.0' in text

    register.away = True
    stand_ins.now += timedelta(minutes=1)
    assert 'mohr_collections_open{state="overdue"} 2.0' in office("GET", "/metrics", key="").text
    assert register.counted == 2


def test_the_public_has_none_of_it(caller: Any) -> None:
    for method, path in (
        ("POST", "/v1/collections"),
        ("GET", "/v1/collections/x"),
        ("GET", "/v1/breaches"),
    ):
        assert caller.request(method, path).status_code == 404
    assert "mohr_collections_open{" not in caller.get("/metrics").text


def test_openapi_shows_what_is_answered(office: Any) -> None:
    document = office("GET", "/openapi.json").json()
    report = document["paths"]["/v1/collections"]["post"]
    body = report["requestBody"]["content"]["application/json"]
    assert body["example"] == REPORT_EXAMPLE
    assert report["security"] == [{"apiKey": []}]
    schemas = document["components"]["schemas"]
    # What is null is left out of the document.
    shown = {"assessed_at": None, **schemas["CollectionAnswer"]["example"]}
    CollectionAnswer.model_validate(shown, strict=True)
    shown = schemas["BreachAnswer"]["example"]
    BreachesAnswer.model_validate({"breaches": [shown], "next": None}, strict=True)
    breaches = document["paths"]["/v1/breaches"]["get"]
    assert set(breaches["responses"]["200"]["content"]) == {"application/json", "text/csv"}
