"""What waits is queued with the fact that it waits, once, and found again if its job is lost."""

from datetime import timedelta
from uuid import uuid4

import pytest

from clearance.errors import Conflict, InternalFault, NotFound
from clearance.identifiers import ClearanceNumber
from register.queue import LONGEST_DELAY, delay
from register.records import IssuedClearance

pytestmark = pytest.mark.integration


@pytest.fixture
def jobs(sql):
    """The numbers that have jobs waiting, and for when."""
    return lambda: sql(
        "SELECT args ->> 'number', scheduled_at FROM procrastinate_jobs "
        "WHERE status = 'todo' AND task_name = 'resume' AND queue_name = 'issuing' ORDER BY id"
    )


@pytest.fixture
def waiting(register, prepare):
    """A ticket that was given back because the TSA was away."""
    ticket = prepare("key")
    register.release(ticket, "tsa.unavailable", passes=True)
    return ticket


def test_an_outage_sets_a_job_and_a_fault_does_not(register, prepare, clock, jobs):
    outage, fault = prepare(), prepare()
    register.release(outage, "tsa.unavailable", passes=True)
    register.release(fault, "issuance.own_check_failed")

    resume_at = clock.now + timedelta(seconds=2)
    assert jobs() == [(outage.number, resume_at)]
    assert register.pending(outage.number).resume_at == resume_at
    assert register.pending(fault.number).resume_at is None


def test_a_release_that_fails_sets_no_job(register, prepare, sql, jobs):
    ticket = prepare()
    sql("CREATE UNIQUE INDEX broken ON audit_event ((name = 'clearance.attempt_failed'))")
    sql(
        "INSERT INTO audit_event (at, name, actor, subject, details) "
        "VALUES (now(), 'clearance.attempt_failed', 'a', 's', '{}')"
    )
    with pytest.raises(InternalFault):
        register.release(ticket, "tsa.unavailable", passes=True)

    assert jobs() == []
    assert register.pending(ticket.number).leased_until is not None


def test_one_job_waits_however_often_the_caller_tries(register, prepare, clock, waiting, jobs):
    for _ in range(3):
        register.release(prepare("key"), "tsa.unavailable", passes=True)

    assert jobs() == [(waiting.number, clock.now + timedelta(seconds=2))]


def test_a_ticket_that_was_overtaken_sets_no_job(register, prepare, finish, clock, jobs):
    slow = prepare("key")
    clock.advance(minutes=2)
    finish(prepare("key"))
    register.release(slow, "tsa.unavailable", passes=True)

    assert jobs() == []


def test_the_delay_grows_to_five_minutes_and_no_further():
    assert [delay(attempts).total_seconds() for attempts in (1, 2, 3, 8)] == [2, 4, 8, 256]
    assert delay(9) == delay(10_000) == LONGEST_DELAY == timedelta(minutes=5)


def test_a_worker_goes_on_with_the_very_request(register, finish, clock, waiting):
    clock.advance(minutes=3)
    ticket = register.resume(waiting.number)

    assert ticket.request == waiting.request
    assert (ticket.number, ticket.verification_code, ticket.status_list_index) == (
        waiting.number,
        waiting.verification_code,
        waiting.status_list_index,
    )
    assert (ticket.attempt, ticket.client_id) == (2, "client")
    assert ticket.issued_at == waiting.issued_at + timedelta(minutes=3)
    issued = finish(ticket)
    assert register.resume(waiting.number) == issued


def test_worker_and_caller_never_work_at_once(register, prepare, finish, clock, waiting):
    ticket = register.resume(waiting.number)
    for attempt in (lambda: prepare("key"), lambda: register.resume(waiting.number)):
        with pytest.raises(Conflict, match=r"idempotency\.in_progress"):
            attempt()
    finish(ticket)

    assert isinstance(prepare("key"), IssuedClearance)


def test_only_a_given_number_can_be_resumed(register):
    with pytest.raises(NotFound, match=r"clearance\.not_found"):
        register.resume(ClearanceNumber.make(1404, "1234", 7))


def test_a_request_that_cannot_be_read_is_left_to_its_caller(register, prepare, sql, waiting):
    sql("ALTER TABLE intent DISABLE TRIGGER keep_identity")
    sql("UPDATE intent SET request = (request::jsonb - 'premium')::text")
    with pytest.raises(InternalFault, match=r"register\.unreadable"):
        register.resume(waiting.number)

    pending = register.pending(waiting.number)
    assert (pending.last_error, pending.resume_at) == ("register.unreadable", None)
    assert prepare("key").number == waiting.number


def test_a_lost_job_is_set_again(register, clock, sql, waiting, jobs):
    sql("DELETE FROM procrastinate_jobs")
    register.set_lost_jobs()
    assert jobs() == [], "not yet due"
    clock.advance(seconds=2)
    register.set_lost_jobs()
    register.set_lost_jobs()

    assert jobs() == [(waiting.number, clock.now + timedelta(seconds=2))]


def test_what_a_killed_process_was_at_is_taken_up_after_its_lease(register, prepare, clock, jobs):
    killed = prepare()
    clock.advance(seconds=59)
    register.set_lost_jobs()
    assert jobs() == []
    clock.advance(seconds=1)
    register.set_lost_jobs()

    assert [number for number, _ in jobs()] == [killed.number]


def test_what_is_issued_or_needs_a_person_has_no_job(register, prepare, finish, clock, jobs):
    finish(prepare())
    register.release(prepare(), "keys.certificate_expired")
    clock.advance(days=1)
    register.set_lost_jobs()

    assert jobs() == []


def test_a_job_holds_nothing_but_the_number(waiting, sql):
    assert sql("SELECT args FROM procrastinate_jobs") == [({"number": waiting.number},)]


def test_the_request_is_kept_as_canonical_json(sql, prepare):
    prepare(uuid4().hex)
    ((request,),) = sql("SELECT request FROM intent")

    assert request.startswith('{"approvals":{"head_of_branch":{')
    assert '"schema":1' in request
