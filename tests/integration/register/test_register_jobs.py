"""Jobs of any task: set with the fact that they serve, once, and none hinders another."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from clearance.errors import Conflict, Unavailable
from register.database import connection_parameters
from register.queue import NOTICES, defer
from service.worker import Worker

pytestmark = pytest.mark.integration


@pytest.fixture
def waiting(sql):
    return lambda: sql(
        "SELECT task_name, args, scheduled_at, priority FROM procrastinate_jobs "
        "WHERE status = 'todo' ORDER BY priority DESC, id"
    )


@pytest.fixture
def put_off(engine):
    """Set a job in a transaction of its own."""

    def put(task, arguments, **choices):
        with engine.begin() as connection:
            defer(connection, task, arguments, **choices)

    return put


def test_a_job_goes_with_its_transaction(engine, waiting):
    with engine.connect() as connection:
        defer(connection, "wash", {"plate": 1})

    assert waiting() == []


def test_one_job_of_a_lock_waits_and_the_earliest_moment_counts(put_off, waiting, clock):
    later, soon = (clock.now + timedelta(hours=hours) for hours in (2, 1))
    put_off("wash", {"plate": 1}, at=later, lock="1", priority=7)
    put_off("dry", {"plate": 1}, at=later, lock="1")
    put_off("wash", {"plate": 2}, lock="2", priority=9)
    for at in (soon, later, soon):
        put_off("wash", {"plate": 1}, at=at, lock="1")
    put_off("wash", {"plate": 2}, at=soon, lock="2")

    assert waiting() == [
        ("wash", {"plate": 2}, None, 9),
        ("wash", {"plate": 1}, soon, 7),
        ("dry", {"plate": 1}, later, 0),
    ]
    put_off("wash", {"plate": 1}, lock="1")
    assert waiting()[1][2] is None


def test_without_a_lock_each_job_counts(put_off, waiting):
    for _ in range(2):
        put_off("wash", {"plate": 1})

    assert len(waiting()) == 2


def test_two_that_set_one_job_at_the_same_time_both_get_through(put_off, waiting):
    at_once = threading.Barrier(4)

    def put(_):
        at_once.wait()
        put_off("wash", {"plate": 1}, lock="1")

    with ThreadPoolExecutor(4) as several:
        list(several.map(put, range(4)))

    assert len(waiting()) == 1


def test_a_job_that_is_being_done_does_not_stand_in_for_the_next(put_off, sql, waiting):
    put_off("wash", {"plate": 1}, lock="1")
    sql("UPDATE procrastinate_jobs SET status = 'doing'")
    put_off("wash", {"plate": 1}, lock="1")

    assert len(waiting()) == 1


def test_a_slow_receiver_of_notices_holds_up_nothing_else(engine, put_off):
    slow, done = threading.Event(), threading.Event()
    for place in range(5):
        put_off("slow", {"notice": place}, queue=NOTICES, priority=20)
    put_off("wash", {})
    with Worker(
        connection=connection_parameters(engine),
        tasks={"slow": lambda **_: slow.wait(20), "wash": done.set},
    ):
        washed = done.wait(20)
        slow.set()

    assert washed


def test_what_fails_is_told_and_hinders_nothing_else(engine, put_off, sql, caplog):
    done, seen = [], threading.Event()

    def fail(error):
        def task(**_):
            raise error

        return task

    def work(plate):
        done.append(plate)

    for task in ("broken", "away", "taken"):
        put_off(task, {"plate": 3})
    put_off("wash", {"plate": 4})
    with Worker(
        connection=connection_parameters(engine),
        tasks={
            "broken": fail(ZeroDivisionError("by plate")),
            "away": fail(Unavailable("tsa.unavailable")),
            "taken": fail(Conflict("ticket.spent")),
            "wash": work,
        },
        rounds=(fail(ZeroDivisionError("by round")), fail(Unavailable("x.away")), seen.set),
    ):
        assert seen.wait(40)
        deadline = time.monotonic() + 20
        while sql("SELECT FROM procrastinate_jobs") and time.monotonic() < deadline:
            time.sleep(0.05)

    assert done == [4]
    assert sql("SELECT FROM procrastinate_jobs") == []
    told = caplog.text
    assert "by plate" in told
    assert "by round" in told
    assert "away {'plate': 3} waits on: tsa.unavailable" in told
    assert "a round waits on: x.away" in told
