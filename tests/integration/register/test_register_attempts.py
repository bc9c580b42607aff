"""One idempotency key: one number, one clearance, one attempt at a time."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from clearance.canonical import content_hash
from clearance.errors import Conflict, InternalFault
from register.records import (
    IssuedClearance,
    RegisteredDocument,
    SealedDocument,
    StandingState,
    Ticket,
)

pytestmark = pytest.mark.integration


def test_an_issued_clearance_reads_back_as_it_was(register, prepare, finish):
    ticket = prepare("key")
    issued = finish(ticket)

    assert issued.certificate == ticket.certificate()
    assert issued.content_hash == content_hash(ticket.certificate())
    assert issued.issued_at == ticket.issued_at
    assert issued.document.sealed_at == ticket.issued_at + timedelta(seconds=1)
    assert issued.status_list_index == ticket.status_list_index
    assert (issued.document.size, issued.document.layout) == (1234, "closed")
    assert issued.standing.state is StandingState.IN_FORCE
    assert register.find(ticket.number) == issued
    assert register.find_by_digest(issued.document.sha256) == issued
    assert register.find_by_content_hash(issued.content_hash) == issued


def test_nothing_is_found_before_it_is_issued(register, prepare):
    ticket = prepare("key")

    assert register.find(ticket.number) is None
    pending = register.pending(ticket.number)
    assert (pending.client_id, pending.attempts, pending.last_error) == ("client", 1, None)


def test_unknown_digests_and_numbers_are_absent(register, documents, issue):
    issued = issue()
    other = "0" * 64

    registered = RegisteredDocument(
        document=issued.document,
        revision=0,
        sealed_at=issued.document.sealed_at,
        standing=issued.standing,
    )
    assert documents.find_all([other, issued.document.sha256]) == {
        issued.document.sha256: registered
    }
    assert documents.find_all([]) == {}
    assert documents.find("' OR true --") is None
    assert register.find_by_digest("' OR true --") is None
    assert register.find_by_content_hash(bytes(32)) is None
    assert register.pending(issued.number) is None


def test_the_same_key_and_body_answer_the_same_clearance(prepare, issue):
    issued = issue("key")

    again = prepare("key")

    assert isinstance(again, IssuedClearance)
    assert again == issued


def test_the_same_key_with_another_body_is_a_conflict_before_and_after_issue(prepare, finish):
    ticket = prepare("key")
    with pytest.raises(Conflict, match=r"idempotency\.conflict"):
        prepare("key", subject="دیگر")
    finish(ticket)
    with pytest.raises(Conflict, match=r"idempotency\.conflict"):
        prepare("key", subject="دیگر")


def test_two_clients_may_use_the_same_key(register, prepare, make_request):
    mine = prepare("key")
    theirs = register.prepare(
        make_request(), idempotency_key="key", request_hash=bytes(32), client_id="other"
    )

    assert mine.number != theirs.number


def test_while_one_works_the_other_must_wait(prepare, clock):
    prepare("key")
    clock.advance(seconds=59, milliseconds=500)

    with pytest.raises(Conflict, match=r"idempotency\.in_progress") as refused:
        prepare("key")

    assert refused.value.parameters == {"seconds": "1"}


def test_sixteen_threads_with_one_key_make_one_ticket(prepare):
    def attempt(_: int) -> Ticket | str:
        try:
            return prepare("key")
        except Conflict as error:
            return error.code

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(attempt, range(16)))

    tickets = [each for each in outcomes if isinstance(each, Ticket)]
    assert [ticket.number.serial for ticket in tickets] == [1]
    assert outcomes.count("idempotency.in_progress") == 15


def test_a_released_attempt_is_continued_with_the_same_number_and_a_new_time(
    register, prepare, finish, clock
):
    first = prepare("key")
    register.release(first, "tsa.unavailable")
    assert register.pending(first.number).last_error == "tsa.unavailable"
    clock.advance(minutes=3)

    second = prepare("key")

    assert (second.number, second.verification_code, second.status_list_index) == (
        first.number,
        first.verification_code,
        first.status_list_index,
    )
    assert second.attempt_id != first.attempt_id
    assert second.issued_at == first.issued_at + timedelta(minutes=3)
    assert finish(second).issued_at == second.issued_at


def test_a_crashed_attempt_is_taken_over_after_its_lease_and_can_no_longer_finish(
    register, prepare, finish, clock
):
    crashed = prepare("key")
    clock.advance(seconds=60)
    successor = prepare("key")
    assert successor.number == crashed.number

    with pytest.raises(Conflict, match=r"ticket\.spent"):
        finish(crashed)
    register.release(crashed, "hsm.unavailable")

    assert finish(successor).certificate == successor.certificate()


def test_an_overtaken_attempt_cannot_complete_what_it_recorded(register, prepare, finish, clock):
    slow = prepare("key")
    register.record_intent(
        slow, content_hash=content_hash(slow.certificate()), token_sha256=bytes(32)
    )
    clock.advance(seconds=61)
    finish(prepare("key"))

    with pytest.raises(Conflict, match=r"ticket\.spent"):
        complete(register, slow)


def test_a_late_attempt_that_nobody_overtook_may_still_finish(prepare, finish, clock):
    ticket = prepare("key")
    clock.advance(minutes=10)

    assert finish(ticket).number == ticket.number


def test_the_number_keeps_its_year_when_it_is_taken_up_in_the_next(register, prepare, clock):
    first = prepare("key")
    register.release(first, "tsa.unavailable")
    clock.advance(days=365)

    second = prepare("key")

    assert second.number.jalali_year == 1404
    assert second.issued_at.year == 2026


def test_a_ticket_is_good_for_one_use(register, prepare, finish):
    ticket = prepare("key")
    issued = finish(ticket)

    with pytest.raises(Conflict, match=r"ticket\.spent"):
        complete(register, ticket)
    with pytest.raises(Conflict, match=r"ticket\.spent"):
        register.record_intent(ticket, content_hash=bytes(32), token_sha256=bytes(32))
    register.release(ticket, "internal.fault")
    assert prepare("key") == issued


def test_the_intent_is_recorded_once(register, prepare):
    ticket = prepare("key")
    register.record_intent(ticket, content_hash=bytes(32), token_sha256=bytes(32))

    with pytest.raises(Conflict, match=r"ticket\.spent"):
        register.record_intent(ticket, content_hash=bytes(32), token_sha256=bytes(32))


def test_nothing_is_issued_without_a_recorded_intent(register, prepare):
    ticket = prepare("key")

    with pytest.raises(InternalFault, match=r"register\.content_differs"):
        complete(register, ticket)

    assert register.find(ticket.number) is None


def test_nothing_is_issued_that_is_not_what_was_recorded(register, prepare):
    ticket = prepare("key")
    register.record_intent(ticket, content_hash=bytes(32), token_sha256=bytes(32))

    with pytest.raises(InternalFault, match=r"register\.content_differs"):
        complete(register, ticket)


def test_nothing_is_issued_but_the_tickets_certificate(register, prepare):
    ticket, other = prepare("key"), prepare("other")
    content = content_hash(other.certificate())
    register.record_intent(ticket, content_hash=content, token_sha256=bytes(32))

    with pytest.raises(InternalFault, match=r"register\.content_differs"):
        complete(register, ticket, certificate=other.certificate(), content_hash=content)


def test_no_other_records_document_is_entered(register, prepare):
    ticket, other = prepare("key"), prepare("other")
    content = content_hash(ticket.certificate())
    register.record_intent(ticket, content_hash=content, token_sha256=bytes(32))

    with pytest.raises(InternalFault, match=r"register\.content_differs"):
        complete(register, ticket, document=sealed(other))


def test_one_file_cannot_stand_for_two_clearances(register, prepare, issue):
    first = issue()
    ticket = prepare()
    register.record_intent(
        ticket, content_hash=content_hash(ticket.certificate()), token_sha256=bytes(32)
    )

    with pytest.raises(InternalFault, match=r"register\.fault"):
        complete(register, ticket, document=replace(first.document, number=ticket.number))

    assert register.find(ticket.number) is None


def test_each_step_leaves_its_event(register, prepare, finish, clock, sql):
    first = prepare("key")
    register.release(first, "tsa.unavailable")
    clock.advance(minutes=1)
    second = prepare("key")
    finish(second)

    events = sql(
        "SELECT name, actor, details ->> 'attempt_id', at FROM audit_event "
        "WHERE subject = :number AND name LIKE 'clearance.%' ORDER BY id",
        number=first.number,
    )
    assert [(name, attempt) for name, _, attempt, _ in events] == [
        ("clearance.issuing", str(first.attempt_id)),
        ("clearance.attempt_failed", str(first.attempt_id)),
        ("clearance.issuing", str(second.attempt_id)),
        ("clearance.sealing", str(second.attempt_id)),
        ("clearance.issued", str(second.attempt_id)),
    ]
    assert {actor for _, actor, _, _ in events} == {"client"}
    assert events[-1][3] == clock.now


def complete(register, ticket: Ticket, **changes: object) -> IssuedClearance:
    certificate = ticket.certificate()
    facts = {
        "certificate": certificate,
        "content_hash": content_hash(certificate),
        "token_text": f"TOKEN{ticket.attempt_id.hex}",
        "document": sealed(ticket),
    }
    return register.complete(ticket, **{**facts, **changes})


def sealed(ticket: Ticket) -> SealedDocument:
    return SealedDocument(
        kind="clearance",
        number=ticket.number,
        sha256=hashlib.sha256(ticket.attempt_id.bytes).hexdigest(),
        size=1,
        layout="closed",
        template_version=1,
        sealed_at=ticket.issued_at,
    )
