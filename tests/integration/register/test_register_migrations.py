"""Migrations run once, whoever starts first."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import text

import register
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


def test_what_was_given_before_the_queue_is_left_to_its_caller(empty_database_url, sql_on):
    engine = open_database(empty_database_url)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    sql_on(engine, "INSERT INTO number_counter VALUES (1404, '1234', 1)")
    sql_on(
        engine,
        "INSERT INTO intent (number, jalali_year, branch_code, serial, verification_code, "
        "client_id, idempotency_key, request_hash, prepared_at, attempts) VALUES "
        "('1404-1234-000001-8', 1404, '1234', 1, '0000-0000-0000-0000', 'client', 'key', "
        "sha256(''), now(), 1)",
    )

    migrate(engine)

    assert sql_on(engine, "SELECT request, resume_at FROM intent") == [("{}", None)]
    engine.dispose()


def test_the_queues_tables_are_those_of_the_installed_release():
    """A newer release brings migrations of its own: they belong into a new revision here."""
    applied = ScriptDirectory.from_config(_config()).get_revision("0002").module.NEWEST
    packaged = Path(SchemaManager.get_migrations_path()).glob("*.sql")

    assert max(file.name for file in packaged) == applied


@pytest.fixture
def sql_on():
    def run(engine, statement):
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []

    return run


def _config() -> Config:
    config = Config()
    scripts = Path(register.__file__).with_name("migrations")
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config
