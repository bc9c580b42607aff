"""Every operation of the OpenAPI document, with a key of each kind: no fault, nothing undocumented.

Schemathesis makes the requests from the document (with the same seed in every run) and holds the
answers against it. The application is one over the running service's own parts, so that its
counters are not those of other tests.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies
from schemathesis import Case, CheckContext, GenerationMode, Response, SerializationContext
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.toolkit.limits import Limits
from clearance.identifiers import BranchCode
from clearance.roles import Reach, Role
from register.records import FileLimits, Scope
from register.staff.accounts import Accounts

UNLIMITED = Limits(wrong_codes="1000000/minute", receipts="1000000/minute")
EXAMPLES = 4
"""Requests of each operation with each kind of key: half as documented, half not."""
WITHOUT_KEY = "none"
PERSONAL = "personal"
KINDS = (*(scope.value for scope in Scope), PERSONAL, WITHOUT_KEY)
SUCCESS = range(200, 400)

quick = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


@schemathesis.serializer("application/jsonl", "application/x-ndjson")
def lines(_: SerializationContext, value: Any) -> bytes:
    """Write one JSON value on each line, and what is no list as it is."""
    if isinstance(value, list):
        return b"".join(json.dumps(each).encode() + b"\n" for each in value)
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def is_no_fault(_: CheckContext, response: Response, case: Case) -> None:
    """What the service does not do it names beforehand (501); everything else it does."""
    documented = case.operation.definition.raw["responses"]
    assert response.status_code < 500 or str(response.status_code) in documented, response.text


def names_its_success(_: CheckContext, response: Response, case: Case) -> None:
    """``default`` describes problems; whatever is none has a description of its own."""
    if response.status_code in SUCCESS:
        documented = case.operation.definition.raw["responses"]
        assert str(response.status_code) in documented, response.status_code


CHECKS = [
    is_no_fault,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    names_its_success,
]


@pytest.fixture(scope="module")
def document(running_service: Any) -> Any:
    return schemathesis.openapi.from_asgi(
        "/openapi.json", create_app(running_service.services, limits=UNLIMITED)
    )


@pytest.fixture(scope="module")
def operations(document: Any) -> list[Any]:
    return [each.ok() for each in document.get_all_operations()]


@pytest.fixture(scope="module")
def keys(running_service: Any) -> Mapping[str, str | None]:
    """A key of each scope, one of a head of branch, and none."""
    memory = running_service.memory
    plenty = FileLimits(per_minute=100_000, per_day=100_000)
    keys: dict[str, str | None] = {
        scope.value: memory.clients.add(
            "schemathesis",
            frozenset({scope}),
            limits=plenty if scope is Scope.VERIFY else None,
        )[1]
        for scope in Scope
    }
    accounts = Accounts(
        memory.engine, clock=lambda: datetime.now(UTC), random_bytes=secrets.token_bytes
    )
    accounts.add(
        "schemathesis.head",
        "همکار",
        role=Role.BRANCH_HEAD,
        reach=Reach(branch=BranchCode("0041")),
        actor="tests",
    )
    _, keys[PERSONAL] = memory.clients.add_personal("schemathesis.head")
    return {**keys, WITHOUT_KEY: None}


@pytest.fixture(scope="module")
def known(running_service: Any) -> Mapping[str, str]:
    """Values of path parameters behind which something lies."""
    made = running_service.issue("ordinary-company")
    return {
        "number": made.number,
        "token": made.token,
        "sha256": made.answer["document"]["sha256"],
    }


def authorization(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_answers_as_documented(
    operations: list[Any], keys: Mapping[str, str | None], known: Mapping[str, str], kind: str
) -> None:
    failures = []
    for operation in operations:
        try:
            _try(operation, authorization(keys[kind]), known)
        except FailureGroup as found:  # all of them are shown, not the first alone
            failures.append(f"{operation.label}: {found}")
    assert not failures, "\n\n".join(failures)


def _try(operation: Any, headers: Mapping[str, str], known: Mapping[str, str]) -> None:
    made = strategies.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    @quick
    @hypothesis.given(case=made, at_a_known_place=strategies.booleans())
    def check(case: Case, at_a_known_place: bool) -> None:
        if at_a_known_place:
            case.path_parameters.update(
                {name: known[name] for name in case.path_parameters if name in known}
            )
        case.headers.pop("Authorization", None)
        case.call_and_validate(headers=dict(headers), checks=CHECKS)

    check()
