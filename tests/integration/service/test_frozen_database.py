"""A database that is frozen, not down: every route answers an outage, and goes on afterwards."""

import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from api.app import create_app
from clearance.errors import Unavailable
from register.answering import SUSPECT_SECONDS
from register.database import Engine, open_database, ping, transaction
from register.embedded import EmbeddedPostgres
from register.records import Scope
from service.web import WebServer
from service.wiring.memory import open_memory
from service.wiring.web import open_parts

pytestmark = pytest.mark.integration

LONGEST_SECONDS = 5
VALUES = {
    "number": "1404-0041-000001-5",
    "code": "AAAA-AAAA-AAAA-AAAA",
    "serial": "12345",
    "token": "2KCE3IQ",
    "sha256": "0" * 64,
    "list_number": "0",
}


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Stop every process that works in a data folder, as a hung disk or a paused machine does."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.append(int(process.name))
        except OSError:
            continue
    assert found
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(prefix="mohr-frozen-") as place:
        folder = Path(place, "data")
        embedded = EmbeddedPostgres(folder)
        yield embedded.start(), folder
        embedded.stop()


@pytest.fixture
def engine(server: tuple[str, Path]) -> Iterator[Engine]:
    engine = open_database(server[0], pool_size=4)
    yield engine
    engine.dispose()


def seconds_of(call: Any) -> float:
    began = time.monotonic()
    with pytest.raises(Unavailable):
        call()
    return time.monotonic() - began


@pytest.mark.parametrize("warm", [True, False], ids=["pooled", "new connections"])
def test_whoever_waits_has_an_outage_in_time(engine, server, warm, eventually):
    if warm:
        ping(engine)
    with frozen(server[1]), ThreadPoolExecutor(40) as pool:
        # More callers than connections: those who wait for one have their answer too.
        times = list(pool.map(lambda _: seconds_of(lambda: ping(engine)), range(40)))
        assert max(times) < LONGEST_SECONDS
        assert seconds_of(lambda: ping(engine)) < 1

    def answers() -> bool:
        try:
            ping(engine)
        except Unavailable:
            return False
        return True

    eventually(answers, seconds=10)


def test_a_statement_that_is_merely_slow_goes_on(engine):
    with transaction(engine) as connection:
        connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": SUSPECT_SECONDS * 3})
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_every_route_answers(running_service, server, own_settings, eventually):
    url, folder = server
    settings = own_settings.model_copy(
        update={
            "database": own_settings.database.model_copy(
                update={"url": SecretStr(url.replace("+psycopg", ""))}
            )
        }
    )
    with (
        open_memory(settings, migrating=True) as memory,
        open_parts(settings, memory) as parts,
        WebServer(app := create_app(parts.services), settings.web),
        httpx.Client(base_url=f"http://127.0.0.1:{settings.web.port}", timeout=20) as http,
    ):
        _, key = memory.clients.add("tests", frozenset({Scope.ISSUE, Scope.READ}))
        routes = [
            path for path, operations in app.openapi()["paths"].items() if "get" in operations
        ] + ["/panel/login", "/panel/", "/", "/metrics"]

        def ask(path: str) -> tuple[str, int, float]:
            filled = re.sub(r"{(\w+)}", lambda match: VALUES.get(match[1], "1"), path)
            began = time.monotonic()
            answer = http.get(filled, headers={"Authorization": f"Bearer {key}"})
            return filled, answer.status_code, time.monotonic() - began

        def verify(content: bytes) -> tuple[str, int, float]:
            began = time.monotonic()
            answer = http.post(
                "/v1/verifications", content=content, headers={"Content-Type": "application/pdf"}
            )
            assert answer.json().get("outcome", "could_not_check") == "could_not_check"
            return "verification", answer.status_code, time.monotonic() - began

        assert ask("/health/ready")[1] == 200
        with frozen(folder), ThreadPoolExecutor(20) as pool:
            answered = list(pool.map(ask, routes))
            answered += list(pool.map(verify, [b"%PDF-1.7\nnothing"] * 4))
        assert len(answered) > 30
        assert [each for each in answered if each[2] > LONGEST_SECONDS] == []
        assert [each for each in answered if each[1] == 500] == []
        assert [each[1] for each in answered if each[0] == "/health/ready"] == [503]
        eventually(lambda: ask("/health/ready")[1] == 200, seconds=10)
