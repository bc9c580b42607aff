"""Opening, pausing, resuming and cancelling a batch, and what its lines do meanwhile."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from clearance.errors import Conflict, InternalFault, NotFound, RulesNotMet
from clearance.identifiers import ClearanceNumber
from clearance.rulebook import Failure
from register.batches.records import BatchState, LineState, NewLine

CLIENT = "client"
FAULT = InternalFault("issuance.own_check_failed", parameters={"reasons": "altered"})
BROKEN_RULE = RulesNotMet(
    (
        Failure(
            requirement="R10",
            code="rules.final_second",
            fields=("/kind",),
            parameters={"number": "1404-1234-000001-0"},
        ),
    )
)


def test_opens_with_every_line_waiting_or_refused(open_batch, batches, sql):
    batch = open_batch(3, refused={2})

    assert (batch.state, batch.lines, batch.open_lines) == (BatchState.RUNNING, 3, 2)
    waiting, refused, _ = batches.lines(batch.id, client_id=CLIENT, limit=10)
    assert (waiting.state, waiting.attempts, waiting.error) == (LineState.WAITING, 0, None)
    assert refused.state is LineState.REFUSED
    (problem,) = refused.error.problems
    assert (problem.code, problem.field) == ("field.missing", "/kind")
    assert sql("SELECT name, actor, details FROM audit_event") == [
        ("batch.opened", CLIENT, {"lines": 3, "refused": 1})
    ]


def test_a_batch_with_nothing_to_do_has_ended(open_batch, sql):
    batch = open_batch(2, refused={1, 2})

    assert batch.state is BatchState.FINISHED
    assert batch.ended_at == batch.opened_at
    assert sql("SELECT FROM procrastinate_jobs") == []


def test_the_same_key_and_body_open_one_batch_also_at_once(batches):
    def open_it(_):
        return batches.open(
            [NewLine(line=1, request="{}")],
            client_id=CLIENT,
            idempotency_key="key",
            body_sha256=bytes(32),
        )

    with ThreadPoolExecutor(4) as callers:
        opened = list(callers.map(open_it, range(4)))
    assert len({each.batch.id for each in opened}) == 1
    assert sorted(each.replayed for each in opened) == [False, True, True, True]
    known = {"idempotency_key": "key", "body_sha256": bytes(32)}
    assert batches.opened_by(CLIENT, **known).id == opened[0].batch.id
    assert batches.opened_by("another", **known) is None
    with pytest.raises(Conflict, match=r"idempotency\.conflict"):
        batches.opened_by(CLIENT, idempotency_key="key", body_sha256=hashlib.sha256().digest())


def test_to_another_client_a_batch_is_not_there(open_batch, batches):
    batch = open_batch(1)
    for call in (batches.find, batches.pause, batches.resume, batches.cancel):
        for batch_id, client in ((batch.id, "another"), (uuid4(), CLIENT)):
            with pytest.raises(NotFound, match=r"batch\.not_found"):
                call(batch_id, client_id=client)
    with pytest.raises(NotFound, match=r"batch\.not_found"):
        batches.lines(batch.id, client_id="another", limit=1)


def test_lines_come_page_by_page(open_batch, batches):
    batch = open_batch(5, refused={2, 4})

    def places(**wanted):
        return [each.line for each in batches.lines(batch.id, client_id=CLIENT, **wanted)]

    assert places(limit=2) == [1, 2]
    assert places(limit=2, after=2) == [3, 4]
    assert places(limit=2, after=4) == [5]
    assert places(limit=2, state=LineState.REFUSED) == [2, 4]
    assert places(limit=2, state=LineState.REFUSED, after=2) == [4]


def test_paused_begins_nothing_and_resumed_goes_on(open_batch, batches, lines, sql, jobs):
    batch = open_batch(3)
    under_way = lines.take(batch.id, 0)
    assert batches.pause(batch.id, client_id=CLIENT).state is BatchState.PAUSED
    assert batches.pause(batch.id, client_id=CLIENT).state is BatchState.PAUSED
    assert lines.take(batch.id, 1) is None
    assert lines.end(under_way, LineState.FAILED, error=FAULT)
    jobs.take_all()
    assert lines.take(batch.id, 0) is None
    assert jobs.lanes() == [], "a paused batch costs nothing"

    resumed = batches.resume(batch.id, client_id=CLIENT)
    assert resumed.state is BatchState.RUNNING
    assert resumed.counts[LineState.FAILED] == 0, "failed lines are tried again"
    assert jobs.lanes() == [0, 1, 2]
    again = lines.take(batch.id, 0)
    assert (again.line, again.attempt) == (under_way.line, 2), "what has begun comes first"
    assert again.idempotency_key == under_way.idempotency_key
    names = [name for (name,) in sql("SELECT name FROM audit_event ORDER BY id")]
    assert names == ["batch.opened", "batch.paused", "batch.resumed"]


def test_cancelled_keeps_what_has_begun(open_batch, batches, lines, counts):
    batch = open_batch(4)
    working, waiting = lines.take(batch.id, 0), lines.take(batch.id, 1)
    lines.put_back(waiting, "tsa.unavailable")
    cancelled = batches.cancel(batch.id, client_id=CLIENT)
    assert cancelled.state is BatchState.CANCELLED
    assert cancelled.ended_at is None
    assert counts(batch.id) == {"waiting": 1, "working": 1, "cancelled": 2}
    assert batches.cancel(batch.id, client_id=CLIENT).cancelled_at == cancelled.cancelled_at

    lines.end(working, LineState.REFUSED, error=BROKEN_RULE)
    for call in (batches.pause, batches.resume):
        with pytest.raises(Conflict, match=r"batch\.ended"):
            call(batch.id, client_id=CLIENT)
    assert lines.take(batch.id, 0) is None, "held"


def test_an_ended_batch_takes_no_orders(open_batch, batches, lines):
    batch = open_batch(1)
    lines.end(lines.take(batch.id, 0), LineState.REFUSED, error=BROKEN_RULE)
    for call in (batches.pause, batches.resume, batches.cancel):
        with pytest.raises(Conflict, match=r"batch\.ended"):
            call(batch.id, client_id=CLIENT)


def test_an_outage_holds_the_batch_longer_each_time(
    open_batch, batches, lines, clock, jobs, prepare, finish
):
    batch = open_batch(9)
    first, second = lines.take(batch.id, 0), lines.take(batch.id, 1)
    number = prepare("key").number
    for taken in (first, second):
        lines.put_back(taken, "tsa.unavailable", number=number if taken is first else None)
    hold = batches.find(batch.id, client_id=CLIENT).hold
    assert (hold.code, hold.until) == ("tsa.unavailable", clock.now + timedelta(seconds=2))
    jobs.take_all()
    assert lines.take(batch.id, 3) is None
    assert jobs.waiting() == [(3, hold.until)]

    clock.advance(seconds=2)
    again = lines.take(batch.id, 3)
    assert again.line == first.line, "what has begun comes first: no further number is taken"
    lines.put_back(again, "tsa.unavailable", number=number)
    assert batches.find(batch.id, client_id=CLIENT).hold.until == clock.now + timedelta(seconds=4)

    clock.advance(seconds=4)
    again = lines.take(batch.id, 3)
    issued = finish(prepare("key2"))
    assert issued.number != number
    lines.end(again, LineState.FAILED, error=FAULT)
    assert batches.find(batch.id, client_id=CLIENT).hold is not None
    last = lines.take(batch.id, 3)
    lines.end(last, LineState.ISSUED, number=issued.number)
    assert batches.find(batch.id, client_id=CLIENT).hold is None
    (line,) = batches.lines(batch.id, client_id=CLIENT, state=LineState.ISSUED, limit=9)
    assert line.number == issued.number
    assert line.verification_code == issued.verification_code
    assert (line.issued_at, line.document_sha256) == (issued.issued_at, issued.document.sha256)


def test_a_line_can_wait_by_itself(open_batch, batches, lines, clock, jobs):
    batch = open_batch(1)
    lines.put_back(lines.take(batch.id, 0), "idempotency.in_progress", after=timedelta(seconds=7))
    assert batches.find(batch.id, client_id=CLIENT).hold is None
    jobs.take_all()
    assert lines.take(batch.id, 0) is None
    assert jobs.waiting() == [(0, clock.now + timedelta(seconds=7))]
    clock.advance(seconds=7)
    assert lines.take(batch.id, 0).attempt == 2


def test_no_two_workers_take_one_line(open_batch, lines, counts):
    batch = open_batch(40)
    with ThreadPoolExecutor(8) as workers:
        taken = list(workers.map(lambda lane: lines.take(batch.id, lane), range(40)))
    assert sorted(each.line for each in taken if each) == list(range(1, 41))


def test_a_killed_worker_leaves_its_line_to_another(open_batch, lines, clock, jobs, counts):
    batch = open_batch(2)
    killed = lines.take(batch.id, 0)
    jobs.take_all()
    lines.set_lost_jobs()
    assert counts(batch.id) == {"waiting": 1, "working": 1}
    assert jobs.lanes() == [0]

    clock.advance(seconds=90)
    lines.set_lost_jobs()
    assert counts(batch.id) == {"waiting": 2}
    assert jobs.lanes() == [0, 1]
    again = lines.take(batch.id, 0)
    assert (again.line, again.attempt) == (killed.line, 2)
    assert not lines.end(killed, LineState.FAILED, error=FAULT), "it was overtaken"
    assert not lines.put_back(killed, "tsa.unavailable")
    assert counts(batch.id) == {"waiting": 1, "working": 1}


def test_a_lane_under_way_is_not_opened_twice(open_batch, lines, jobs, sql):
    open_batch(2)
    sql("UPDATE procrastinate_jobs SET status = 'doing'")
    lines.set_lost_jobs()
    assert sql("SELECT count(*) FROM procrastinate_jobs") == [(2,)]


def test_tells_the_rate_of_the_last_minute(open_batch, batches, lines, clock):
    batch = open_batch(10)
    for _ in range(4):
        clock.advance(seconds=3)
        lines.end(lines.take(batch.id, 0), LineState.REFUSED, error=BROKEN_RULE)
    found = batches.find(batch.id, client_id=CLIENT)
    assert found.per_minute == pytest.approx(20)
    assert found.seconds_left == 18
    clock.advance(minutes=2)
    found = batches.find(batch.id, client_id=CLIENT)
    assert (found.per_minute, found.seconds_left) == (None, None)


@pytest.mark.parametrize("seconds", [-1, 0, 0.5])
def test_tells_no_rate_of_lines_that_ended_just_now(open_batch, batches, lines, clock, seconds):
    batch = open_batch(4)
    for _ in range(2):
        lines.end(lines.take(batch.id, 0), LineState.REFUSED, error=BROKEN_RULE)
    clock.advance(seconds=seconds)
    found = batches.find(batch.id, client_id=CLIENT)
    assert (found.per_minute, found.seconds_left) == (None, None)


def test_what_has_ended_stays(open_batch, lines, sql, finish, prepare):
    batch = open_batch(2, refused={2})
    lines.end(lines.take(batch.id, 0), LineState.ISSUED, number=finish(prepare()).number)
    for statement in (
        "UPDATE batch_line SET state = 'waiting', ended_at = NULL",
        "UPDATE batch_line SET number = NULL WHERE line = 1",
        "UPDATE batch_line SET request = '{}' WHERE line = 1",
        "UPDATE batch SET client_id = 'another'",
        "DELETE FROM batch_line",
        "TRUNCATE batch CASCADE",
    ):
        with pytest.raises(IntegrityError, match=r"stays|keeps|refused"):
            sql(statement)


def test_takes_ten_thousand_lines_in_a_few_seconds(batches, engine):
    request = '{"subject":"' + "ا" * 1500 + '"}'
    many = [NewLine(line=place, request=request) for place in range(1, 10_001)]
    began = time.monotonic()
    opened = batches.open(many, client_id=CLIENT, idempotency_key="many", body_sha256=bytes(32))
    assert time.monotonic() - began < 15
    assert opened.batch.open_lines == 10_000


def test_numbers_are_those_of_the_register(open_batch, lines):
    batch = open_batch(1)
    never_given = ClearanceNumber.make(1404, "1234", 7)
    with pytest.raises(Exception, match=r"register\.fault"):
        lines.end(lines.take(batch.id, 0), LineState.ISSUED, number=never_given)
