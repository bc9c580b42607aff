"""A branch that does by the circular what its systems do: everything over the HTTP interface."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

import httpx
import pyotp
import pytest

from api.panel.cookies import SESSION
from clearance.clock import system_clock
from clearance.directory import CONTRACT_FIELDS, Workshop
from clearance.directory_shapes import as_object
from clearance.identifiers import BranchCode
from clearance.request import parse_request
from clearance.roles import Reach, Role
from demonstration.directory import Entries, directory_for
from demonstration.invented import legal_entity_id, workshop_number
from register.records import Scope
from register.staff.service import Staff
from register.staff.sessions import Visitor
from service.wiring.panel import open_staff_of

BRANCH = {"code": "4417", "name": "شعبهٔ آزمون بخشنامه", "province": "استان آزمون بخشنامه"}
PASSWORD = "باغ و سیب پاییزی سه‌شنبه"
VISITOR = Visitor(address="127.0.0.1", network="127.0.0.1", agent="a browser")
OFFICES = {
    "officer": (Role.BRANCH_OFFICER, Reach(branch=BranchCode(BRANCH["code"]))),
    "head": (Role.BRANCH_HEAD, Reach(branch=BranchCode(BRANCH["code"]))),
    "neighbour": (Role.BRANCH_HEAD, Reach(branch=BranchCode("4418"))),
    "province": (Role.PROVINCIAL_SUPERVISOR, Reach(province=BRANCH["province"])),
    "elsewhere": (Role.PROVINCIAL_SUPERVISOR, Reach(province="فارس")),
    "auditor": (Role.HEADQUARTERS_AUDITOR, Reach()),
    "administrator": (Role.ADMINISTRATOR, Reach()),
}


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One branch: its systems with a key of theirs, and people with keys of their own."""

    http: httpx.Client
    keys: dict[str, str]
    """By who: ``system``, or as in ``OFFICES``."""
    staff: Staff
    passwords: dict[str, str]
    """One-time passwords, by who."""

    def ask(self, method: str, path: str, *, who: str = "system", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.keys[who]}", **options.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **options)

    def get(self, path: str, *, who: str = "system") -> Any:
        answer = self.ask("GET", path, who=who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def request(self, example: str = "ordinary-company", **changes: Any) -> dict[str, Any]:
        """Make a request of parties, a row and receipts that no other request has."""
        random = Random(secrets.randbits(64))  # noqa: S311 - invented data
        request: dict[str, Any] = self.read(example) | {"branch": BRANCH} | changes
        for party in ("work_assigner", "contractor"):
            request[party]["workshop_number"] = workshop_number(random)
            request[party]["identifier"] = legal_entity_id(random)
        request["contract"]["row"] = f"{random.randrange(10**8):08}"
        for receipt in request["premium"]["receipts"]:
            receipt["id"] = f"R-{random.randrange(10**12)}"
        if "undertaking_id" in request["basis"]:
            request["basis"]["undertaking_id"] = f"U-{random.randrange(10**12)}"
        return request

    read: Callable[[str], dict[str, Any]]

    def entries(self, request: dict[str, Any]) -> Entries:
        """Return what the branch's systems know of a request."""
        return directory_for(parse_request(request, now=system_clock()))

    def feed(self, entries: Entries) -> None:
        """Feed the directory, review the row and report the collection, as far as there is one."""
        self.put("branches", entries.branch.code, entries.branch)
        for workshop in entries.workshops:
            self.put_workshop(workshop)
        self.put_row(entries)
        self.review(entries)
        if entries.undertaking is not None:
            self.put("inspection-undertakings", entries.undertaking.id, entries.undertaking)
        self.collect(entries)

    def put(self, kind: str, path: str, record: object) -> None:
        answer = self.ask("PUT", f"/v1/{kind}/{path}", json=as_object(record))
        assert answer.status_code in (200, 201), answer.text

    def put_workshop(self, workshop: Workshop) -> None:
        self.put("workshops", workshop.number, workshop)

    def put_row(self, entries: Entries) -> None:
        row = entries.contract_row
        self.put("contract-rows", f"{row.key.branch_code}/{row.key.row}", row)

    def review(self, entries: Entries, *, who: str = "officer", **claims: Any) -> httpx.Response:
        """Hold a row against its claims file, which says the same but for ``claims``."""
        row = entries.contract_row
        record = as_object(row)
        told = {name: record[name] for name in CONTRACT_FIELDS} | claims
        return self.ask(
            "POST",
            f"/v1/contract-rows/{row.key.branch_code}/{row.key.row}/reviews",
            who=who,
            json={
                "sequence": row.key.sequence,
                "row_version": row.version,
                "claims_file": {name: value for name, value in told.items() if value is not None},
            },
        )

    def collect(self, entries: Entries) -> None:
        collection = entries.collection
        key = collection.key
        told: dict[str, Any] = {"receipts": [as_object(each) for each in collection.receipts]}
        if collection.assessed_at is not None:
            told["assessed_at"] = collection.assessed_at.isoformat()
        answer = self.ask(
            "POST",
            "/v1/collections",
            json={
                "id": collection.id,
                "branch_code": key.branch_code,
                "row": key.row,
                "sequence": key.sequence,
                "sum_of_debits": collection.sum_of_debits,
                **told,
            },
        )
        assert answer.status_code in (200, 201), answer.text

    def post(self, request: dict[str, Any]) -> httpx.Response:
        key = {"Idempotency-Key": secrets.token_hex(8)}
        return self.ask("POST", "/v1/clearances", json=request, headers=key)

    def issue(self, request: dict[str, Any]) -> str:
        """Issue, and answer the number."""
        answer = self.post(request)
        assert answer.status_code == 201, answer.text
        number: str = answer.json()["number"]
        return number

    def failures(self, request: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return why a request is refused: the failures by their codes, without ``rules.``."""
        answer = self.post(request)
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == "rules.not_met", answer.text
        return {
            failure["code"].removeprefix("rules."): failure for failure in answer.json()["failures"]
        }

    def revoke(self, number: str) -> None:
        path = f"/v1/clearances/{number}/revocations"
        asked = self.ask("POST", path, who="officer", json={"reason": "data_corrected"})
        assert asked.status_code == 201, asked.text
        decided = self.ask(
            "POST",
            f"{path}/{asked.json()['id']}/decision",
            who="head",
            json={"decision": "confirm"},
        )
        assert decided.status_code in (200, 201), decided.text


@pytest.fixture(scope="session")
def branch(running_service: Any, example: Callable[[str], dict[str, Any]]) -> Branch:
    memory = running_service.memory
    staff = open_staff_of(running_service.settings, memory.engine)
    _, system = memory.clients.add("branch systems", frozenset(Scope))
    keys, passwords = {"system": system}, {}
    for name, (role, reach) in OFFICES.items():
        username = f"circular-{name}"
        _, passwords[name] = staff.accounts.add(
            username, "نمونهٔ آزمون", role=role, reach=reach, actor="tests"
        )
        keys[name] = memory.clients.add_personal(username)[1]
    return Branch(
        http=running_service.http, keys=keys, staff=staff, passwords=passwords, read=example
    )


@pytest.fixture(scope="session")
def at_the_panel(branch: Branch) -> Callable[..., httpx.Response]:
    """Open a page of the panel as somebody who has logged in with both factors."""

    @cache
    def session(who: str) -> str:
        logins, sessions = branch.staff.logins, branch.staff.sessions
        name, once = f"circular-{who}", branch.passwords[who]
        first = sessions.find(logins.with_password(name, once, VISITOR))
        second = sessions.find(logins.change_password(first, None, PASSWORD, VISITOR))
        totp = pyotp.TOTP(branch.staff.second_factors.offer(second.member.id).secret)
        secret, _ = logins.with_enrolment(second, totp.at(system_clock()), VISITOR)
        return secret

    def get(path: str, *, who: str) -> httpx.Response:
        headers = {"Cookie": f"{SESSION}={session(who)}", "Accept": "text/html"}
        return branch.http.get(path, headers=headers)

    return get


@pytest.fixture
def known(branch: Branch) -> Callable[..., dict[str, Any]]:
    """Make a request that the directory bears out."""

    def make(*arguments: Any, **changes: Any) -> dict[str, Any]:
        request = branch.request(*arguments, **changes)
        branch.feed(branch.entries(request))
        return request

    return make


@pytest.fixture
def of_party() -> Callable[[Entries, str], Workshop]:
    """Return a party's workshop in its next version, for changes."""

    def find(entries: Entries, party: str) -> Workshop:
        workshop = entries.workshops[("work_assigner", "contractor").index(party)]
        return replace(workshop, version=2)

    return find
