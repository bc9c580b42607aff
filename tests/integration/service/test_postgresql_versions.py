"""The service on each PostgreSQL that is installed here, from an empty database on.

Debian's is one of the packages for tests, the wheel's is 18. Folders with further servers
(``bin`` in them) can be named in ``TEST_POSTGRESQL``, separated by colons.
"""

import os
import pwd
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from keys.development import DevelopmentAuthority
from keys.development_services import serve_authority
from register.embedded import EmbeddedPostgres
from register.records import RevocationReason
from service.wiring.memory import open_memory
from service.wiring.timestamping import authority_folder

OLDEST, NEWEST = 14, 18


def _installed() -> list[Path]:
    named = [Path(each) for each in os.environ.get("TEST_POSTGRESQL", "").split(":") if each]
    return [*sorted(Path("/usr/lib/postgresql").glob("*")), *named]


def test_a_debian_server_is_among_them() -> None:
    assert _installed(), "setup/packages-test.txt names one"


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a server of this test's own, with nothing in it."""
    with tempfile.TemporaryDirectory(prefix="mohr-tests-") as place:
        folder = Path(place)
        served = _the_wheels(folder) if request.param is None else _private(request.param, folder)
        with served as url:
            yield url


@contextmanager
def _the_wheels(folder: Path) -> Iterator[str]:
    server = EmbeddedPostgres(folder / "data")
    yield server.start()
    server.stop()


@contextmanager
def _private(server: Path, folder: Path) -> Iterator[str]:
    """Serve a new cluster on a Unix socket; the package's own is neither started nor touched."""
    user = "postgres" if os.geteuid() == 0 else None  # no server runs as root
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)

    def run(command: str, *arguments: object) -> None:
        subprocess.run(
            [server / "bin" / command, *map(str, arguments)],
            user=user,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,  # the server inherits it: no pipe of ours
            stderr=subprocess.STDOUT,
            check=True,
            timeout=60,
        )

    data = folder / "data"
    run("initdb", "--pgdata", data, "--username=mohr", "--auth=trust", "--no-sync")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "--pgdata", data, "--wait", "--log", folder / "log", "-o", options, "start")
    yield f"postgresql://mohr@/postgres?host={folder}"
    run("pg_ctl", "--pgdata", data, "--mode=immediate", "stop")


@pytest.fixture
def authority_port(unused_port: int) -> int:
    """Another port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def service(
    running_service: Any, serve_over: Any, database_url: str, unused_port: int, authority_port: int
) -> Iterator[Any]:
    """The service over that database, with the token and the keys of the running one.

    Its timestamp authority is one of its own, which is away at first.
    """
    shared = running_service.settings
    url = SecretStr(database_url)
    settings = shared.model_copy(
        update={
            "database": shared.database.model_copy(update={"url": url}),
            "web": shared.web.model_copy(update={"port": unused_port}),
            "seal": shared.seal.model_copy(
                update={"timestamp_url": f"http://127.0.0.1:{authority_port}/tsa"}
            ),
        }
    )
    with open_memory(settings, migrating=True) as memory, serve_over(settings, memory) as served:
        yield served


@pytest.mark.parametrize(
    "database_url", [*_installed(), None], indirect=True, ids=lambda at: at.name if at else "wheel"
)
def test_the_service_starts_migrates_issues_and_verifies(
    service: Any, authority_port: int, fresh: Any, wait_until_issued: Any
) -> None:
    with service.memory.engine.begin() as connection:
        version = connection.execute(text("SHOW server_version_num")).scalar_one()
    assert OLDEST <= int(version) // 10_000 <= NEWEST

    # 1. Without the timestamp authority a request waits in the queue.
    waiting = service.post(fresh("smallest"))
    assert waiting.status_code == 202, waiting.text

    # 2. With it the worker issues that one, and the next caller is answered at once.
    authority = DevelopmentAuthority.open(authority_folder(service.settings))
    with serve_authority(authority, port=authority_port):
        wait_until_issued(service, waiting.json()["number"])
        made = service.issue()

    # 3. What was issued verifies, until it is withdrawn.
    assert service.verify(made.document)["outcome"] == "authentic"
    service.revoke(made.number, RevocationReason.DATA_CORRECTED)
    assert service.verify(made.document)["outcome"] == "withdrawn"
