"""What the tests of the whole service need."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from keys.development import DevelopmentAuthority
from keys.development_services import serve_authority
from service.settings import Settings
from service.wiring.memory import Memory, open_memory
from service.wiring.timestamping import authority_folder

ISSUED_WITHIN_SECONDS = 90
"""Long for a machine that is busy with other tests; the worker itself comes after 2, 4, 8 … s."""


@pytest.fixture
def unused_port() -> int:
    """A port of loopback on which nothing listens."""
    return _unused_port()


@pytest.fixture
def own_settings(running_service: Any, unused_port: int) -> Iterator[Settings]:
    """The running service's token and keys, but a database and a timestamp authority of its own.

    The latter is away until a test serves it, see ``timestamps``.
    """
    settings: Settings = running_service.settings
    engine = running_service.memory.engine
    name = f"own_{uuid4().hex}"
    url = engine.url.set(database=name).render_as_string(hide_password=False)
    administrator = engine.execution_options(isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield settings.model_copy(
        update={
            "database": settings.database.model_copy(update={"url": SecretStr(url)}),
            "seal": settings.seal.model_copy(
                update={"timestamp_url": f"http://127.0.0.1:{unused_port}/tsa"}
            ),
            "web": settings.web.model_copy(update={"port": _unused_port()}),
        }
    )
    with administrator.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def own_memory(own_settings: Settings) -> Iterator[Memory]:
    """The register over that database."""
    with open_memory(own_settings, migrating=True) as memory:
        yield memory


@pytest.fixture
def own_service(serve_over: Any, own_settings: Settings, own_memory: Memory) -> Iterator[Any]:
    """A service over it, worker included, whose timestamp authority is away."""
    with serve_over(own_settings, own_memory) as service:
        yield service


@pytest.fixture
def timestamps(own_settings: Settings, unused_port: int) -> Callable[[], AbstractContextManager]:
    """Serve the timestamp authority of ``own_settings`` while the answered context is open."""

    @contextmanager
    def serve() -> Iterator[None]:
        authority = DevelopmentAuthority.open(authority_folder(own_settings))
        with serve_authority(authority, port=unused_port):
            yield

    return serve


@pytest.fixture
def wait_until_issued(eventually: Any) -> Callable[..., dict[str, Any]]:
    """Ask for a number until it is issued, and answer it; nothing else is called meanwhile."""

    def wait(service: Any, number: str) -> dict[str, Any]:
        def issued() -> dict[str, Any] | None:
            response = service.http.get(f"/v1/clearances/{number}", headers=service.authorization)
            assert response.status_code == 200, response.text
            answer: dict[str, Any] = response.json()
            return None if "state" in answer else answer

        found: dict[str, Any] = eventually(issued, seconds=ISSUED_WITHIN_SECONDS)
        return found

    return wait


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
