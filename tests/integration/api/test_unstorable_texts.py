"""What no text of the database holds, a NUL or half a surrogate pair, wherever it may be sent."""

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from clearance.identifiers import BranchCode
from clearance.roles import Reach, Role
from register.records import Scope
from register.staff.accounts import Accounts

UNSTORABLE = ("\0", "\ud800")
PERSONS = {
    "nul.head": (Role.BRANCH_HEAD, Reach(branch=BranchCode("0041"))),
    "nul.auditor": (Role.HEADQUARTERS_AUDITOR, Reach()),
}


@pytest.fixture(scope="module")
def keys(running_service: Any) -> Mapping[str, str]:
    """Keys that together open every operation."""
    memory = running_service.memory
    accounts = Accounts(
        memory.engine, clock=lambda: datetime.now(UTC), random_bytes=secrets.token_bytes
    )
    keys = {"program": memory.clients.add("nul", frozenset(Scope))[1]}
    for name, (role, reach) in PERSONS.items():
        accounts.add(name, "همکار", role=role, reach=reach, actor="tests")
        keys[name] = memory.clients.add_personal(name)[1]
    return keys


@pytest.fixture(scope="module")
def paths(running_service: Any) -> Any:
    return running_service.http.get("/openapi.json").json()["paths"]


@pytest.fixture(scope="module")
def number(running_service: Any) -> str:
    made: str = running_service.issue("ordinary-company").number
    return made


@pytest.mark.parametrize("who", ["program", *PERSONS])
def test_it_is_refused_wherever_it_stands(
    running_service: Any, keys: Mapping[str, str], paths: Any, number: str, who: str
) -> None:
    wrong = []
    for method, path, body in requests(paths, number):
        answer = running_service.http.request(
            method,
            path,
            content=None if body is None else json.dumps(body),
            headers={
                "Authorization": f"Bearer {keys[who]}",
                "Content-Type": "application/json",
                "Idempotency-Key": secrets.token_hex(8),
            },
        )
        refused = 400 <= answer.status_code < 500
        # A QR token that cannot be read has a verdict like every other.
        if not refused and not path.startswith("/v1/tokens/"):
            wrong.append((method, path, body, answer.status_code))
        if "?" in path and (answer.status_code, answer.json()["code"]) != (422, "field.unfit"):
            wrong.append((method, path, body, answer.status_code))
    assert not wrong


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/clearances", {"number": "1405-0041-000001-2\0", "code": "x"}),
        ("/panel/login", {"username": "a.karimi\0", "password": "x"}),
        ("/panel/login", {"username\0": "a.karimi", "password": "x"}),
    ],
)
def test_no_form_holds_a_nul(running_service: Any, path: str, fields: dict[str, str]) -> None:
    answer = running_service.http.post(path, data=fields, headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert "request.invalid" in answer.text


@pytest.mark.parametrize("path", ["/panel/login?next=%00", "/?number=a%00", "/panel/audit?q=%00"])
def test_no_address_of_a_page_holds_a_nul(running_service: Any, path: str) -> None:
    answer = running_service.http.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("text/html")


def requests(paths: Any, number: str) -> Iterator[tuple[str, str, Any]]:
    """Make requests with one unstorable text each: in the path, the query, or the body."""
    for path, operations in paths.items():
        for method, operation in operations.items():
            in_path, in_query = (
                [each["name"] for each in operation.get("parameters", ()) if each["in"] == place]
                for place in ("path", "query")
            )
            body = example(operation)
            whole = filled(path, {}, number)
            for name in in_path:
                yield method, filled(path, {name: "\0"}, number), body
            for name in in_query:
                yield method, f"{whole}?{name}=a%00b", body
            for changed in changes(body):
                yield method, whole, changed


def filled(path: str, added: Mapping[str, str], number: str) -> str:
    """Fill in a path, with something behind its values where it can be known beforehand."""
    known = {"number": number, "branch": "0041", "code": "0041", "row": "001"}
    names = re.findall(r"\{(\w+)\}", path)
    return path.format(
        **{name: quote(known.get(name, "1") + added.get(name, "")) for name in names}
    )


def example(operation: Any) -> Any:
    """Return the JSON body that the document shows."""
    shown = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    several = [each["value"] for each in shown.get("examples", {}).values()]
    return shown.get("example", several[0] if several else None)


def changes(value: Any) -> Iterator[Any]:
    """Make the values that have one more unstorable character, each at the end of another text."""
    if isinstance(value, str):
        yield from (value + character for character in UNSTORABLE)
    elif isinstance(value, dict | list):
        for place in value if isinstance(value, dict) else range(len(value)):
            for changed in changes(value[place]):
                yield (
                    {**value, place: changed}
                    if isinstance(value, dict)
                    else put(value, place, changed)
                )


def put(values: list[Any], place: int, changed: Any) -> list[Any]:
    return [*values[:place], changed, *values[place + 1 :]]
