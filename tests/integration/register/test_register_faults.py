"""The register is broken on purpose, then opened again: nothing is lost, doubled or half done."""

import os
import signal
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import create_engine, event, text

from clearance.errors import InternalFault, Unavailable
from register import database
from register.database import migrate, open_database
from register.embedded import EmbeddedPostgres
from register.embedded_watch import EmbeddedWatch
from register.records import IssuedClearance, RevocationReason, Ticket
from register.revocations import Decision

pytestmark = pytest.mark.integration


@contextmanager
def broken_commit(engine, *, persisted):
    """Cut the connection at commit: before the server did it, or before it could say so."""
    commit = engine.dialect.do_commit

    def cut(connection):
        if persisted:
            commit(connection)
        connection.driver_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    engine.dialect.do_commit = cut
    try:
        yield
    finally:
        engine.dialect.do_commit = commit


@pytest.mark.parametrize("persisted", [False, True])
def test_a_broken_prepare(engine, prepare, clock, persisted):
    first = prepare("first")
    with broken_commit(engine, persisted=persisted), pytest.raises(Unavailable):
        prepare("key")
    clock.advance(seconds=60)

    assert prepare("key").number.serial == first.number.serial + 1
    assert prepare("next").number.serial == first.number.serial + 2


@pytest.mark.parametrize("persisted", [False, True])
def test_a_broken_record_of_the_intent(engine, register, prepare, finish, persisted):
    ticket = prepare("key")
    with broken_commit(engine, persisted=persisted), pytest.raises(Unavailable):
        register.record_intent(ticket, content_hash=bytes(32), token_sha256=bytes(32))
    register.release(ticket, "register.unavailable")

    assert finish(prepare("key")).number == ticket.number


@pytest.mark.parametrize("persisted", [False, True])
def test_a_broken_completion(engine, register, prepare, finish, persisted, monkeypatch):
    ticket = prepare("key")
    complete = register.complete

    def broken(*args, **facts):
        with broken_commit(engine, persisted=persisted):
            return complete(*args, **facts)

    monkeypatch.setattr(register, "complete", broken)
    with pytest.raises(Unavailable):
        finish(ticket)
    monkeypatch.undo()
    register.release(ticket, "register.unavailable")

    again = prepare("key")
    assert isinstance(again, IssuedClearance if persisted else Ticket)
    assert again.number == ticket.number
    assert (register.find(ticket.number) is not None) is persisted


@pytest.mark.parametrize("persisted", [False, True])
def test_a_broken_release(engine, register, prepare, clock, persisted):
    ticket = prepare("key")
    with broken_commit(engine, persisted=persisted), pytest.raises(Unavailable):
        register.release(ticket, "tsa.unavailable")
    clock.advance(seconds=60)

    assert prepare("key").number == ticket.number


@pytest.mark.parametrize("persisted", [False, True])
def test_a_broken_revocation(engine, register, issue, revocations, officers, sql, persisted):
    number = issue().number
    asking, deciding = officers
    asked = revocations.open(
        number, reason=RevocationReason.LAWFUL_ORDER, remark=None, officer=asking
    )
    with broken_commit(engine, persisted=persisted), pytest.raises(Unavailable):
        revocations.decide(number, asked.id, Decision.CONFIRM, officer=deciding)

    assert (register.find(number).standing.at is not None) is persisted
    for written in (
        "SELECT 1 FROM revocation_decision",
        "SELECT 1 FROM audit_event WHERE name = 'clearance.withdrawn'",
        "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'status-list'",
    ):
        assert len(sql(written)) == int(persisted)


def test_a_connection_lost_between_calls_is_replaced_unnoticed(register, prepare, postgres_url):
    prepare("key")
    administrator = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'mohr' AND pid <> pg_backend_pid()"
            )
        )
    administrator.dispose()

    assert prepare("other").number.serial == 2


def test_a_register_that_was_never_there_is_unavailable(tmp_path, clock, prepare_on, register_on):
    engine = open_database(f"postgresql://postgres@/postgres?host={tmp_path}")
    register = register_on(engine)

    with pytest.raises(Unavailable, match=r"register\.unavailable"):
        prepare_on(register)
    with pytest.raises(Unavailable, match=r"register\.unavailable"):
        database.ping(engine)


def test_a_wait_for_a_lock_ends(database_url, prepare, prepare_on, clock, register_on):
    prepare("key")
    engine = open_database(database_url, statement_seconds=1)
    register = register_on(engine)
    blocker = create_engine(database_url)
    with blocker.begin() as connection:
        connection.execute(text("SELECT 1 FROM number_counter FOR UPDATE"))
        with pytest.raises(Unavailable, match=r"register\.unavailable"):
            prepare_on(register)
    blocker.dispose()

    assert prepare_on(register).number.serial == 2
    engine.dispose()


def test_an_exhausted_pool_is_unavailable(database_url):
    engine = open_database(database_url, pool_size=1, statement_seconds=1)
    held = [engine.connect() for _ in range(5)]
    with pytest.raises(Unavailable, match=r"register\.unavailable"):
        database.ping(engine)
    for connection in held:
        connection.close()
    database.ping(engine)
    engine.dispose()


def test_a_standby_takes_no_writes_and_says_so_as_an_outage(
    database_url, prepare_on, clock, register_on
):
    engine = open_database(database_url)

    @event.listens_for(engine, "begin")
    def _read_only(connection):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    with pytest.raises(Unavailable, match=r"register\.unavailable"):
        prepare_on(register_on(engine))
    engine.dispose()


def test_names_and_amounts_of_a_refused_row_stay_out_of_errors_and_log(
    engine, prepare, sql, caplog
):
    sql("ALTER TABLE intent ADD CONSTRAINT broken CHECK (false) NOT VALID")
    key = uuid4().hex

    with pytest.raises(Exception, match=r"register\.fault") as fault:
        prepare(key)

    assert fault.value.__cause__ is None
    assert fault.value.__suppress_context__
    assert "broken" in caplog.text
    assert key not in caplog.text


def test_a_server_killed_within_a_transaction_loses_only_that_transaction(
    own_server, clock, prepare_on, register_on
):
    server, folder, engine = own_server
    register = register_on(engine)
    done = [prepare_on(register) for _ in range(3)]

    @event.listens_for(engine, "before_cursor_execute")
    def _kill(connection, cursor, statement, *rest):
        if statement.startswith("INSERT INTO audit_event"):
            _kill_server(folder)

    with pytest.raises(Unavailable, match=r"register\.unavailable"):
        prepare_on(register)
    event.remove(engine, "before_cursor_execute", _kill)
    with pytest.raises(Unavailable, match=r"register\.unavailable"):
        register.find(done[0].number)

    server.start()

    assert [register.pending(ticket.number).attempts for ticket in done] == [1, 1, 1]
    assert prepare_on(register).number.serial == 4


def test_a_killed_server_comes_back_by_itself_with_all_that_was_committed(
    own_server, clock, prepare_on, register_on, eventually
):
    server, folder, engine = own_server
    register = register_on(engine)
    ticket = prepare_on(register)

    def found():
        try:
            return register.pending(ticket.number)
        except Unavailable:
            return None

    with EmbeddedWatch(server):
        for _ in range(2):
            _kill_server(folder)
            assert eventually(found, seconds=15).number == ticket.number


@pytest.fixture
def own_server():
    """A server of the test's own, to be killed."""
    with tempfile.TemporaryDirectory(prefix="mohr-tests-") as place:
        folder = Path(place, "data")
        server = EmbeddedPostgres(folder)
        engine = open_database(server.start())
        migrate(engine)
        yield server, folder, engine
        engine.dispose()
        server.stop()


def _kill_server(folder: Path) -> None:
    """Kill the postmaster and all its children, as a power cut would."""
    postmaster = int((folder / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in [postmaster, *map(int, children)]:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path("/proc", str(postmaster), "cwd").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("SELECT currval('notice_position')", "55000"),
        ("SET max_connections = 7", "55P02"),
        (f"SELECT {', '.join(['1'] * 1700)}", "54011"),
    ],
)
def test_a_statement_that_can_never_succeed_is_a_fault_and_no_outage(
    engine, caplog, statement, sqlstate
):
    with (
        pytest.raises(InternalFault, match=r"register\.fault"),
        database.transaction(engine) as connection,
    ):
        connection.execute(text(statement))

    assert f"database refused: {sqlstate}" in caplog.text
