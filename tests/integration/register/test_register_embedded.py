"""The embedded server: odd folders, several processes, leftovers of the dead."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from clearance.errors import Unavailable
from register import database
from register.database import open_database
from register.embedded import EmbeddedPostgres

pytestmark = pytest.mark.integration


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(prefix="mohr-tests-") as place:
        yield Path(place)
    for link in Path(tempfile.gettempdir()).glob("mohr-*"):
        if link.is_symlink() and link.readlink().is_relative_to(place):
            link.unlink()


@pytest.mark.parametrize("name", ["پوشهٔ با فاصله $HOME 'q'", "long" * 40])
def test_any_folder_will_do(place, name):
    folder = place / name / "postgres"
    server = EmbeddedPostgres(folder)
    engine = open_database(server.start())
    database.ping(engine)
    engine.dispose()
    server.stop()

    assert folder.stat().st_mode & 0o777 == 0o700
    assert not (folder / "postmaster.pid").exists()


def test_the_server_serves_until_the_last_process_leaves_and_outlives_its_lock_files(place):
    folder = place / "data"
    server = EmbeddedPostgres(folder)
    url = server.start()

    # 1. Another process joins and leaves.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _JOIN, str(folder)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, url, "")
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (id integer)"))

    # 2. The last one stops it.
    server.stop()
    with pytest.raises(Unavailable):
        database.ping(engine)

    # 3. A machine that went down leaves lock files whose process numbers others then get.
    stale = f"{os.getpid()}\n{folder}\n1746347400\n5432\n{folder}\n\n  100  100\nready   \n"
    (folder / "postmaster.pid").write_text(stale)
    (folder / ".s.PGSQL.5432.lock").write_text(stale)
    (folder / ".handle_pids.json").write_text("[999999999]")
    server.start()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM kept")).scalar_one() == 0
    engine.dispose()
    server.stop()
    assert not (folder / "postmaster.pid").exists()


def test_two_shares_in_one_process_are_two(place):
    first, second = EmbeddedPostgres(place / "data"), EmbeddedPostgres(place / "data")
    engine = open_database(first.start())
    second.start()

    second.stop()
    second.stop()
    database.ping(engine)

    first.stop()
    with pytest.raises(Unavailable):
        database.ping(engine)
    engine.dispose()


def test_only_the_owner_reaches_the_socket(place):
    server = EmbeddedPostgres(place / "data")
    server.start()
    try:
        assert [path.name for path in place.rglob(".s.PGSQL.5432")] == [".s.PGSQL.5432"]
        assert (place / "data").stat().st_mode & 0o077 == 0
    finally:
        server.stop()


def test_a_folder_that_cannot_be_is_unavailable(place):
    (place / "file").write_text("in the way")

    with pytest.raises(Unavailable, match=r"register\.embedded_not_started") as refused:
        EmbeddedPostgres(place / "file" / "data").start()

    assert refused.value.parameters["log"].endswith("/data/log")


_JOIN = """
import sys
from pathlib import Path
from register import database
from register.embedded import EmbeddedPostgres

url = EmbeddedPostgres(Path(sys.argv[1])).start()
engine = database.open_database(url)
database.ping(engine)
engine.dispose()
print(url)
"""
