"""PostgreSQL behind the register: engine, transactions, migrations.

Every exception of the database or its driver becomes one of ours here: ``Unavailable`` where
trying again later can help, ``InternalFault`` where it cannot.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import errors as pg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from clearance.errors import InternalFault, Refused, Unavailable
from register.answering import Answering, WatchedConnection

_log = logging.getLogger(__name__)

__all__ = [
    "Engine",
    "connection_parameters",
    "migrate",
    "open_database",
    "ping",
    "require_schema",
    "transaction",
]

_MIGRATION_LOCK: Final = 0x4D6F6872
"""Key of the advisory lock that lets one process at a time migrate (the letters "Mohr")."""

_CONNECT_SECONDS: Final = 3
_STATEMENT_SECONDS: Final = 10
_POOL_SECONDS: Final = 4
"""How long a caller waits for a connection while all are in use."""

_STANDBY = (pg.ReadOnlySqlTransaction,)
"""Faults outside the driver's ``OperationalError`` that pass: a write reached a standby."""
_LASTING = (
    pg.ProgramLimitExceeded,
    pg.StatementTooComplex,
    pg.TooManyColumns,
    pg.TooManyArguments,
    pg.ObjectNotInPrerequisiteState,
    pg.CantChangeRuntimeParam,
    pg.UnsafeNewEnumValueUsage,
)
"""Faults among the driver's ``OperationalError`` that do not pass: the statement is at fault."""


def open_database(
    url: str,
    *,
    pool_size: int = 16,
    connect_seconds: int = _CONNECT_SECONDS,
    statement_seconds: int = _STATEMENT_SECONDS,
) -> Engine:
    """Make the engine for a PostgreSQL address (``postgresql://…``); connects only when used.

    The pool serves ``pool_size`` threads at once, a few more for a moment, and tests a pooled
    connection before it hands it out. Sessions run in UTC; a statement, or a wait for a
    lock, that takes longer than ``statement_seconds`` is given up, and any as soon as it is known
    that the database has stopped answering (``register.answering``).
    Raises ``Refused("register.not_postgresql")`` for any other kind of address.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise Refused("register.not_postgresql") from error
    if address.get_backend_name() != "postgresql":
        raise Refused("register.not_postgresql")
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=min(statement_seconds, _POOL_SECONDS),
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=_session(connect_seconds, statement_seconds),
    )
    answering = Answering()

    @event.listens_for(engine, "do_connect")
    def connect(_: object, __: object, arguments: Any, parameters: Any) -> WatchedConnection:
        return answering.connect(*arguments, **parameters)

    return engine


def connection_parameters(engine: Engine) -> dict[str, Any]:
    """Return the parameters (libpq's, password included) of connections outside the engine.

    Those are for the queue's worker, which listens, and so has connections of its own.
    """
    _, address = engine.dialect.create_connect_args(engine.url)
    return {**address, **_session(_CONNECT_SECONDS, _STATEMENT_SECONDS)}


def _session(connect_seconds: int, statement_seconds: int) -> dict[str, Any]:
    return {
        "connect_timeout": connect_seconds,
        "application_name": "mohr",
        "options": f"-c timezone=UTC -c statement_timeout={statement_seconds * 1000}",
    }


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Run one transaction: committed when the block ends, rolled back when it raises.

    Raises ``Unavailable("register.unavailable")`` if the database does not answer, is shutting
    down, is full or busy beyond the limits. If that happens while committing, the outcome is
    unknown: the caller repeats its call, and every call of the register bears repeating.
    Any other refusal of the database is our fault: ``InternalFault("register.fault")``.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except PoolTimeout as error:
        raise Unavailable("register.unavailable") from error
    except DBAPIError as error:
        if _passes(error):
            raise Unavailable("register.unavailable") from error
        # The full text quotes the refused row, so names and amounts: it stays out of the log.
        if isinstance(error.orig, psycopg.Error):
            diagnosis = error.orig.diag
            _log.error("database refused: %s %s", diagnosis.sqlstate, diagnosis.message_primary)
        raise InternalFault("register.fault") from None


def _passes(error: DBAPIError) -> bool:
    passing = isinstance(error, (OperationalError, InterfaceError))
    passing = passing and not isinstance(error.orig, _LASTING)
    return passing or error.connection_invalidated or isinstance(error.orig, _STANDBY)


def ping(engine: Engine) -> None:
    """Ask the database for an answer; raises ``Unavailable("register.unavailable")``."""
    with transaction(engine) as connection:
        connection.execute(text("SELECT 1"))


def migrate(engine: Engine) -> None:
    """Bring the schema to its newest revision, in one transaction.

    Safe to call from several processes at once: the others wait for the first, then find nothing
    to do. A failure leaves the schema as it was. Raises ``Refused("register.schema_unknown")`` for
    a database at a revision that this program does not know, and as ``transaction`` does.
    """
    config = _migrations()
    with transaction(engine) as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        _refuse_strangers(connection, ScriptDirectory.from_config(config))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_schema(engine: Engine) -> None:
    """Refuse a database whose schema is not this program's: only ``migrate`` changes it.

    Raises ``Refused("register.schema_differs")``, and as ``transaction`` does.
    """
    with transaction(engine) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(_migrations()).get_current_head()
    if found != newest:
        raise Refused(
            "register.schema_differs",
            parameters={"found": found or "-", "wanted": newest or "-"},
        )


def _refuse_strangers(connection: Connection, scripts: ScriptDirectory) -> None:
    """Refuse what is newer than this program, or older than its baseline."""
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {each.revision for each in scripts.walk_revisions()}:
        raise Refused("register.schema_unknown", parameters={"found": found})


def _migrations() -> Config:
    config = Config()
    scripts = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", scripts.replace("%", "%%"))
    return config
