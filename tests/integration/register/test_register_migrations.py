"""Migrations run once, whoever starts first."""

import subprocess
import sys

import pytest
from sqlalchemy import text

from register.database import migrate, open_database

pytestmark = pytest.mark.integration

_MIGRATE = """
import sys
from register.database import migrate, open_database

engine = open_database(sys.argv[1])
migrate(engine)
engine.dispose()
"""


def test_three_processes_that_migrate_at_once_all_succeed(empty_database_url):
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _MIGRATE, empty_database_url],
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    outcomes = [(each.communicate(timeout=60)[1], each.returncode) for each in processes]

    assert outcomes == [("", 0)] * 3


def test_a_failed_migration_changes_nothing_and_can_be_repeated(empty_database_url):
    engine = open_database(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE audit_event (in_the_way integer)"))
    with pytest.raises(Exception, match=r"register\.fault"):
        migrate(engine)
    with engine.begin() as connection:
        left = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        assert left.scalars().all() == ["audit_event"]
        connection.execute(text("DROP TABLE audit_event"))

    migrate(engine)
    migrate(engine)
    engine.dispose()
