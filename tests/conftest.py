"""What integration and end-to-end tests share: one real service for the whole run."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from register.clients import Scope
from register.repository import Register
from service.home import prepare_development_home
from service.settings import Settings
from service.web import WebServer
from service.wiring import open_memory, open_service

EXAMPLES = Path(__file__).parents[1] / "examples"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder."""
    root = Path(__file__).parent
    for item in items:
        kind = item.path.relative_to(root).parts[0]
        if kind in ("integration", "e2e"):
            item.add_marker(kind)


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
    register: Register
    """For what has no endpoint, such as a withdrawal."""

    def post(self, request: object, *, key: str | None = None) -> httpx.Response:
        """Ask for a clearance."""
        return self.http.post(
            "/v1/clearances",
            json=request,
            headers={
                "Authorization": f"Bearer {self.api_key}",
                "Idempotency-Key": key or secrets.token_hex(8),
            },
        )

    def issue(self, example: str = "ordinary-company") -> Made:
        """Issue one of ``examples/``."""
        response = self.http.post(
            "/v1/clearances",
            content=(EXAMPLES / f"{example}.json").read_bytes(),
            headers={
                "Authorization": f"Bearer {self.api_key}",
                "Content-Type": "application/json",
                "Idempotency-Key": secrets.token_hex(8),
            },
        )
        assert response.status_code == 201, response.text
        answer = response.json()
        document = self.http.get(
            f"/v1/clearances/{answer['number']}/document",
            headers={"Authorization": f"Bearer {self.api_key}"},
        )
        assert document.status_code == 200, document.text
        return Made(
            number=answer["number"],
            verification_code=answer["verification_code"],
            token=answer["token"],
            document=document.content,
            answer=answer,
        )


@pytest.fixture(scope="session")
def development_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A MOHR_HOME with token, keys and development authority."""
    return prepare_development_home(tmp_path_factory.mktemp("home"), lambda _: None)


@pytest.fixture(scope="session")
def running_service(development_home: Settings) -> Iterator[RunningService]:
    """The service over ``development_home``, until the run ends."""
    settings = development_home
    base_url = f"http://127.0.0.1:{settings.web.port}"
    with (
        open_memory(settings) as memory,
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
            register=memory.register,
        )
