"""What keys may have verified: counted once for all processes, never beyond the limits."""

import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from clearance.errors import InvalidValue, NotFound, Refused, Unavailable
from register.allowances import AllowanceExhausted, Allowances
from register.clients import Clients
from register.database import open_database
from register.records import FileLimits, Scope

pytestmark = pytest.mark.integration

VERIFY = frozenset({Scope.VERIFY})


@pytest.fixture(scope="module")
def database_url(new_database):
    """One database for all of these tests: each has keys of its own."""
    with new_database() as url:
        yield url


@pytest.fixture
def clients(engine, clock):
    return Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=bytes(32))


@pytest.fixture
def allowances(engine, clock):
    return Allowances(engine, clock=clock)


@pytest.fixture
def key_with(clients):
    """Add a key with limits and answer its client's id."""

    def add(per_minute, per_day=20_000):
        limits = FileLimits(per_minute=per_minute, per_day=per_day)
        return clients.add("شهرداری", VERIFY, limits=limits)[0].id

    return add


def left(allowance):
    return allowance.minute.remaining, allowance.day.remaining


def test_what_is_charged_is_gone_until_the_window_ends(allowances, key_with, clock):
    key = key_with(10, 100)

    assert left(allowances.charge(key, 1)) == (9, 99)
    answer = allowances.charge(key, 4)
    assert left(answer) == (5, 95)
    assert (answer.minute.limit, answer.day.limit) == (10, 100)
    assert answer.minute.resets_at == datetime(2025, 5, 4, 8, 31, tzinfo=UTC)
    assert answer.day.resets_at == datetime(2025, 5, 4, 20, 30, tzinfo=UTC), "midnight in Tehran"
    assert answer.at == clock.now
    assert left(allowances.charge(key, 0)) == (5, 95)

    clock.advance(minutes=1)
    assert left(allowances.charge(key, 0)) == (10, 95)
    clock.advance(hours=12)
    assert left(allowances.charge(key, 1)) == (9, 99)


def test_the_windows_end_at_their_very_edge(allowances, key_with, clock):
    key = key_with(2, 3)
    clock.now = datetime(2025, 5, 4, 20, 29, 59, 999999, tzinfo=UTC)
    allowances.charge(key, 2)
    with pytest.raises(AllowanceExhausted) as refused:
        allowances.charge(key, 1)
    assert refused.value.seconds == 1, "never 0, which would mean now"

    clock.now = datetime(2025, 5, 4, 20, 30, tzinfo=UTC)
    assert left(allowances.charge(key, 2)) == (0, 1)


def test_what_does_not_fit_is_refused_and_not_charged(allowances, key_with, clock):
    key = key_with(5, 100)
    clock.advance(seconds=18)
    allowances.charge(key, 3)

    with pytest.raises(AllowanceExhausted) as refused:
        allowances.charge(key, 3)

    assert refused.value.seconds == 42
    assert left(refused.value.allowance) == (2, 97)
    assert refused.value.code == "allowance.exhausted"
    assert refused.value.parameters["in_minute"] == "2"
    assert left(allowances.charge(key, 2)) == (0, 95)


def test_a_used_up_day_is_waited_for_until_the_next(allowances, key_with, clock):
    key = key_with(5, 6)
    allowances.charge(key, 5)
    clock.advance(minutes=1)

    with pytest.raises(AllowanceExhausted) as refused:
        allowances.charge(key, 2)

    assert refused.value.seconds == 12 * 3600 - 60
    assert left(allowances.charge(key, 1)) == (4, 0)


def test_a_call_of_more_than_a_minutes_files_passes_once_and_is_paid_off(
    allowances, key_with, clock
):
    key = key_with(600)
    answer = allowances.charge(key, 1000)
    assert left(answer) == (0, 19_000)
    assert answer.minute.resets_at == clock.now + timedelta(minutes=1)

    def seconds_refused(files):
        with pytest.raises(AllowanceExhausted) as refused:
            allowances.charge(key, files)
        return refused.value.seconds

    assert [seconds_refused(files) for files in (1, 200, 201, 600, 1000)] == [60, 60, 120, 120, 120]
    clock.advance(minutes=1)
    assert left(allowances.charge(key, 0)) == (200, 19_000), "writing it over forgets no debt"
    assert seconds_refused(201) == 60
    assert left(allowances.charge(key, 200)) == (0, 18_800)
    clock.advance(minutes=1)
    assert left(allowances.charge(key, 1000)) == (0, 17_800)
    clock.advance(minutes=5)
    assert left(allowances.charge(key, 0)) == (600, 17_800)


def test_a_call_of_more_than_a_days_files_is_told_that_waiting_is_no_use(allowances, key_with):
    key = key_with(5, 10)
    for _ in range(2):
        with pytest.raises(InvalidValue, match=r"allowance\.more_than_a_day"):
            allowances.charge(key, 11)
    assert left(allowances.charge(key, 10)) == (0, 0)


def test_keys_are_counted_apart(allowances, key_with):
    one, other = key_with(1), key_with(1)
    allowances.charge(one, 1)
    assert left(allowances.charge(other, 1)) == (0, 19_999)


def test_a_key_that_does_not_verify_has_nothing_to_charge(allowances, clients):
    reader, _ = clients.add("backend", frozenset({Scope.READ}))
    for client_id in (reader.id, "nobody"):
        for files in (0, 1):
            with pytest.raises(InvalidValue, match=r"client\.limits_without_verify"):
                allowances.charge(client_id, files)


def test_threads_that_charge_at_once_lose_no_file(allowances, key_with):
    key = key_with(50)

    def charge(_):
        try:
            allowances.charge(key, 1)
        except AllowanceExhausted:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(charge, range(80)))

    assert passed == 50
    assert left(allowances.charge(key, 0)) == (0, 19_950)


_CHARGE = """
import sys
from datetime import UTC, datetime
from register.allowances import AllowanceExhausted, Allowances
from register.database import open_database

engine = open_database(sys.argv[1])
allowances = Allowances(engine, clock=lambda: datetime(2025, 5, 4, 8, 30, tzinfo=UTC))
passed = 0
for _ in range(40):
    try:
        allowances.charge(sys.argv[2], 1)
        passed += 1
    except AllowanceExhausted:
        pass
print(passed)
engine.dispose()
"""


def test_processes_that_charge_at_once_lose_no_file(allowances, key_with, database_url):
    key = key_with(60)
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _CHARGE, database_url, key],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    passed = [int(each.communicate(timeout=60)[0]) for each in processes]

    assert sum(passed) == 60
    assert left(allowances.charge(key, 0)) == (0, 19_940)


def test_a_clock_that_is_a_little_ahead_counts_in_the_same_window(engine, key_with, clock):
    key = key_with(10, 15)
    clock.now = datetime(2025, 5, 4, 20, 29, 59, tzinfo=UTC)
    ahead = Allowances(engine, clock=lambda: clock.now + timedelta(seconds=2))
    right = Allowances(engine, clock=clock)

    ahead.charge(key, 6)
    answer = right.charge(key, 3)

    assert left(answer) == (1, 6)
    assert answer.minute.resets_at == datetime(2025, 5, 4, 20, 31, tzinfo=UTC)
    assert answer.day.resets_at == datetime(2025, 5, 5, 20, 30, tzinfo=UTC)


def test_a_clock_that_was_far_ahead_leaves_no_key_locked_out(engine, allowances, key_with, clock):
    key = key_with(10, 10)
    Allowances(engine, clock=lambda: clock.now + timedelta(days=365)).charge(key, 10)

    assert left(allowances.charge(key, 4)) == (6, 6)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    calls=st.lists(
        st.tuples(st.integers(0, 14), st.sampled_from([0, 1, 20, 59, 60, 61, 119, 180])),
        max_size=10,
    )
)
def test_no_order_of_calls_gets_more_than_the_limits(allowances, key_with, clock, calls):
    """At most a minute's files for each minute begun, beyond what the largest call overdraws; and
    who waits as long as told passes."""
    key = key_with(5, 30)
    clock.now = started = datetime(2025, 5, 4, 8, 30, tzinfo=UTC)
    midnight = datetime(2025, 5, 4, 20, 30, tzinfo=UTC)
    passed = 0
    for files, seconds in calls:
        clock.advance(seconds=seconds)
        try:
            allowances.charge(key, files)
        except AllowanceExhausted as refused:
            clock.advance(seconds=refused.seconds)
            if passed + files > 30:
                assert clock.now == midnight
                break
            allowances.charge(key, files)
        passed += files
        minutes = (clock.now - started) // timedelta(minutes=1) + 1
        assert passed <= 5 * minutes + (14 - 5)
        assert passed <= 30


def test_new_limits_hold_from_the_next_call_on_and_count_what_was_used(
    allowances, clients, key_with, sql
):
    key = key_with(10, 100)
    allowances.charge(key, 8)

    assert clients.limit(key, per_minute=5).limits == FileLimits(per_minute=5, per_day=100)
    assert left(allowances.charge(key, 0)) == (0, 92)
    with pytest.raises(AllowanceExhausted):
        allowances.charge(key, 1)
    clients.limit(key, per_minute=20, per_day=9, actor="root")
    assert left(allowances.charge(key, 1)) == (11, 0)
    assert sql(
        "SELECT name, actor, details FROM audit_event WHERE subject = :key ORDER BY id", key=key
    )[1:] == [
        ("client.limited", "operator", {"per_minute": 5, "per_day": 100}),
        ("client.limited", "root", {"per_minute": 20, "per_day": 9}),
    ]


def test_only_keys_that_verify_carry_limits(clients):
    usual, key = clients.add("شهرداری", VERIFY)
    others, _ = clients.add("backend", frozenset(Scope) - VERIFY)

    assert usual.limits == FileLimits(per_minute=600, per_day=20_000)
    assert clients.authenticate(key).limits == usual.limits
    assert others.limits is None
    listed = {each.id: each.limits for each in clients.list()}
    assert (listed[usual.id], listed[others.id]) == (usual.limits, None)
    with pytest.raises(InvalidValue, match=r"client\.limits_without_verify"):
        clients.add("backend", frozenset({Scope.READ}), limits=FileLimits())
    with pytest.raises(InvalidValue, match=r"client\.limits_without_verify"):
        clients.limit(others.id, per_day=5)


@pytest.mark.parametrize("limit", [0, -1, 1_000_000_001, 10**30])
def test_a_limit_that_is_none_is_refused(clients, key_with, limit):
    key = key_with(10)
    for limits in ({"per_minute": limit}, {"per_day": limit}):
        with pytest.raises(InvalidValue, match=r"client\.limit_out_of_range"):
            FileLimits(**limits)
        with pytest.raises(InvalidValue, match=r"client\.limit_out_of_range"):
            clients.limit(key, **limits)


def test_the_highest_limits_can_be_counted(allowances, key_with, clock):
    key = key_with(1_000_000_000, 1_000_000_000)
    assert left(allowances.charge(key, 1_000_000_000)) == (0, 0)
    clock.advance(days=3650)
    assert left(allowances.charge(key, 1)) == (999_999_999, 999_999_999)


def test_a_revoked_or_unknown_key_gets_no_limits(clients, key_with):
    key = key_with(10)
    clients.revoke(key)
    with pytest.raises(Refused, match=r"client\.revoked"):
        clients.limit(key, per_day=5)
    with pytest.raises(NotFound, match=r"client\.not_found"):
        clients.limit("nobody", per_day=5)


def test_the_database_keeps_limits_and_scope_together(clients, key_with, sql):
    verifies = key_with(10)
    reads = clients.add("backend", frozenset({Scope.READ}))[0].id
    for key, change in (
        (reads, "scopes = '{read,verify}'"),
        (reads, "files_per_day = 5"),
        (reads, "scopes = '{everything}'"),
        (verifies, "files_per_day = NULL"),
        (verifies, "files_per_day = 0"),
        (verifies, "files_per_minute = -1"),
        (verifies, "scopes = '{read}'"),
    ):
        with pytest.raises(IntegrityError, match="violates check constraint"):
            sql(f"UPDATE api_client SET {change} WHERE id = :key", key=key)  # noqa: S608


def test_a_register_that_does_not_answer_is_no_used_up_allowance(key_with, engine, clock):
    key = key_with(10)
    address = engine.url.set(database="no_such_database").render_as_string(hide_password=False)
    away = open_database(address)
    with pytest.raises(Unavailable, match=r"register\.unavailable"):
        Allowances(away, clock=clock).charge(key, 1)
    away.dispose()


def test_a_charge_is_one_statement(allowances, key_with, engine):
    key = key_with(10)
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    allowances.charge(key, 1)
    assert len(statements) == 1


def test_a_standby_cannot_count(key_with, engine, clock, database_url, sql):
    key = key_with(10)
    sql(f"ALTER DATABASE {engine.url.database} SET default_transaction_read_only = on")
    standby = open_database(database_url)
    with pytest.raises(Unavailable, match=r"register\.unavailable"):
        Allowances(standby, clock=clock).charge(key, 1)
    standby.dispose()
    sql(f"ALTER DATABASE {engine.url.database} RESET default_transaction_read_only")
