"""What integration and end-to-end tests share: one real service for the whole run."""

import importlib
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.toolkit.dependencies import (
    ClearancePort,
    Office,
    ReceiptPort,
    Services,
    TrustPort,
    VerificationPort,
)
from clearance.clock import system_clock
from clearance.identifiers import ClearanceNumber
from clearance.roles import Officer, Reach, Role
from demonstration.filling import seed_directory
from register.records import RevocationReason, Scope
from register.revocations import Decision, Revocations
from service.home import prepare_development_home
from service.settings import Settings
from service.web import WebServer
from service.wiring.memory import Memory, open_memory
from service.wiring.web import open_service

EXAMPLES = Path(__file__).parents[1] / "examples"
VECTORS = Path(__file__).parent / "vectors"


# What tests share besides fixtures lies outside any package and is imported by its bare name.
sys.path.append(str(VECTORS))

KINDS = ("unit", "integration", "fuzz", "circular", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder, and run the quick ones first.

    The browser's driver keeps an event loop in the main thread until the run ends, so that no
    test after it could start one of its own.
    """
    root = Path(__file__).parent
    kinds = {item: item.path.relative_to(root).parts[0] for item in items}
    for item, kind in kinds.items():
        if kind != "unit":
            item.add_marker("e2e" if kind == "e2e" else "integration")
    items.sort(key=lambda item: KINDS.index(kinds[item]))


@pytest.fixture(scope="session")
def load_vectors() -> Callable[[str], ModuleType]:
    """Load a module of ``tests/vectors``, which lies outside any package."""
    return importlib.import_module


@dataclass(frozen=True, kw_only=True)
class Made:
    """A clearance that a test has had issued."""

    number: str
    verification_code: str
    token: str
    document: bytes
    answer: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


@dataclass(frozen=True, kw_only=True)
class RunningService:
    """The whole service on loopback: PostgreSQL, token, development authority, web server."""

    settings: Settings
    base_url: str
    api_key: str
    """With the scopes ``issue`` and ``read``."""
    http: httpx.Client
    memory: Memory
    """For what a test does without an endpoint."""
    services: Services
    """For a test that puts an application of its own over the same parts."""

    @property
    def authorization(self) -> dict[str, str]:
        """The header that the API key goes into."""
        return {"Authorization": f"Bearer {self.api_key}"}

    def seed_directory(self, request: object) -> None:
        """Bring into the directory what the rules demand of a request, as far as it can be read."""
        seed_directory([json.dumps(request).encode()], self.settings, self.memory)

    def post(self, request: object, *, key: str | None = None) -> httpx.Response:
        """Ask for a clearance that the directory bears out."""
        self.seed_directory(request)
        return self.http.post(
            "/v1/clearances",
            json=request,
            headers=self.authorization | {"Idempotency-Key": key or secrets.token_hex(8)},
        )

    def issue(self, request: object = "ordinary-company") -> Made:
        """Issue a request, or one of ``examples/`` by its name for a contract row of its own."""
        body = fresh_example(request) if isinstance(request, str) else request
        response = self.post(body)
        assert response.status_code == 201, response.text
        answer = response.json()
        document = self.http.get(
            f"/v1/clearances/{answer['number']}/document", headers=self.authorization
        )
        assert document.status_code == 200, document.text
        return Made(
            number=answer["number"],
            verification_code=answer["verification_code"],
            token=answer["token"],
            document=document.content,
            answer=answer,
        )

    def revoke(self, number: str, reason: RevocationReason) -> None:
        """Have one officer ask for a revocation and another confirm it."""
        revocations = Revocations(self.memory.engine, clock=system_clock)
        asking, confirming = (
            Officer(id=name, name=name, role=Role.BRANCH_HEAD, reach=Reach())
            for name in ("asking", "confirming")
        )
        asked = revocations.open(
            ClearanceNumber(number), reason=reason, remark=None, officer=asking
        )
        revocations.decide(asked.number, asked.id, Decision.CONFIRM, officer=confirming)

    def verify(self, pdf: bytes) -> dict[str, Any]:
        """Return the verdict on a file."""
        response = self.http.post(
            "/v1/verifications", content=pdf, headers={"Content-Type": "application/pdf"}
        )
        assert response.status_code == 200, response.text
        verdict: dict[str, Any] = response.json()
        return verdict


def read_example(name: str) -> dict[str, Any]:
    """Read one of ``examples/``."""
    request: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_bytes())
    return request


def fresh_example(name: str) -> dict[str, Any]:
    """Read one of ``examples/`` with a contract row and receipts that no other request has."""
    request = read_example(name)
    request["contract"]["row"] = f"{secrets.randbelow(10**8):08d}"
    for receipt in request["premium"]["receipts"]:
        receipt["id"] = f"{receipt['id'][:60]}-{secrets.token_hex(8)}"
    return request


@pytest.fixture(scope="session")
def fresh() -> Callable[[str], dict[str, Any]]:
    """Read a request of ``examples/``; it excludes no other, and no other excludes it."""
    return fresh_example


@pytest.fixture(scope="session")
def example() -> Callable[[str], dict[str, Any]]:
    """Read a request of ``examples/`` by its name."""
    return read_example


@pytest.fixture(scope="session")
def development_home() -> Iterator[Settings]:
    """A MOHR_HOME with token, keys and development authority.

    Not below pytest's own folder, which each further run of pytest closes again to the user that
    the embedded PostgreSQL runs as.
    """
    with tempfile.TemporaryDirectory(prefix="mohr-") as folder:
        yield prepare_development_home(Path(folder), lambda _: None)


@contextmanager
def serving(settings: Settings, memory: Memory) -> Iterator[RunningService]:
    """Serve a home over a register, worker included, with a key of the tests' own."""
    base_url = f"http://127.0.0.1:{settings.web.port}"
    with (
        open_service(settings, memory) as services,
        WebServer(create_app(services), settings.web),
        httpx.Client(base_url=base_url, timeout=60, trust_env=False) as http,
    ):
        _, api_key = memory.clients.add("tests", frozenset({Scope.ISSUE, Scope.READ}))
        yield RunningService(
            settings=settings,
            base_url=base_url,
            api_key=api_key,
            http=http,
            memory=memory,
            services=services,
        )


@pytest.fixture(scope="session")
def serve_over() -> Callable[[Settings, Memory], AbstractContextManager[RunningService]]:
    """Serve other settings over another register, beside the running service."""
    return serving


@pytest.fixture(scope="session")
def running_service(development_home: Settings) -> Iterator[RunningService]:
    """The service over ``development_home``, until the run ends."""
    with (
        open_memory(development_home, migrating=True) as memory,
        serving(development_home, memory) as service,
    ):
        yield service


PORTS: dict[str, type] = {
    "clearances": ClearancePort,
    "verification": VerificationPort,
    "receipts": ReceiptPort,
    "trust": TrustPort,
}
IN_PORT = {
    **{each.name: (port, each.name) for port, kind in PORTS.items() for each in fields(kind)},
    "find_clearance": ("clearances", "find"),
    "find_receipt": ("receipts", "find"),
    "seal_receipt": ("receipts", "seal"),
}
"""In which port a part lies, and under which name there."""
ABSENT = {"issue": None, "office": None, "seal": None, "verify_in_bulk": None, "probes": {}}


@pytest.fixture(scope="session")
def services_with() -> Callable[..., Services]:
    """Make an application's services out of some parts, with nothing behind the others."""
    nothing: dict[str, Any] = {
        name: kind(**{each.name: ABSENT.get(each.name, _nothing) for each in fields(kind)})
        for name, kind in PORTS.items()
    }
    nothing |= {
        each.name: ABSENT.get(each.name, _nothing)
        for each in fields(Services)
        if each.name not in PORTS
    }
    nothing |= {"public_url": "http://mohr.test", "demo": False}
    return lambda **parts: with_parts(Services(**nothing), **parts)


@pytest.fixture(scope="session")
def services_changed() -> Callable[..., Services]:
    """Put other parts into services; each is found in its port by its name."""
    return with_parts


def with_parts(services: Services, **parts: Any) -> Services:
    """Replace parts of services, wherever they lie."""
    for name, part in parts.items():
        if name in IN_PORT:
            port, inner = IN_PORT[name]
            changed = replace(getattr(services, port), **{inner: part})
            services = replace(services, **{port: changed})
        else:
            services = replace(services, **{name: part})
    return services


def _nothing(*_: Any) -> None:
    return None


@pytest.fixture(scope="session")
def office_with() -> Callable[..., Office]:
    """Make an office out of some parts; the others are there and must not be asked."""
    nothing: dict[str, Any] = dict.fromkeys(each.name for each in fields(Office))
    return lambda **parts: Office(**nothing | parts)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Ask until the answer is true, and answer that; fail after ``seconds``."""

    def ask(question: Callable[[], Any], *, seconds: float = 90) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            assert time.monotonic() < deadline, answer
            time.sleep(0.05)
        return answer

    return ask
