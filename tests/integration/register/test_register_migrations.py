"""Migrations run once, whoever starts first."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import text

import register
from clearance.errors import Refused
from register.database import migrate, open_database, require_schema

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


def test_a_database_of_another_lineage_is_refused_with_words_and_left_alone(empty_database_url):
    """Such as one from before the migrations were squashed, whose newest revision was 0015."""
    engine = open_database(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0015')"))

    with pytest.raises(Refused, match=r"register\.schema_unknown"):
        migrate(engine)
    with pytest.raises(Refused, match=r"register\.schema_differs"):
        require_schema(engine)

    with engine.begin() as connection:
        left = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        assert left.scalars().all() == ["alembic_version"]
    engine.dispose()


def test_the_queues_tables_are_those_of_the_installed_release():
    """A newer release brings migrations of its own: they belong into a new revision here."""
    applied = ScriptDirectory.from_config(_config()).get_revision("0001").module.QUEUE
    packaged = Path(SchemaManager.get_migrations_path()).glob("*.sql")

    assert max(file.name for file in packaged) == applied


def _config() -> Config:
    config = Config()
    scripts = Path(register.__file__).with_name("migrations")
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config
