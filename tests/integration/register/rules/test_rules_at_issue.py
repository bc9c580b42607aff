"""The rules where they are enforced: in the transaction of each attempt, over the database."""

import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from clearance.canonical import canonical_bytes, request_object
from clearance.certificate import ClearanceKind, ClearanceRequest, UndertakingBasis
from clearance.deadline import DeadlineRule
from clearance.directory import RowState
from clearance.errors import Conflict, RulesNotMet
from clearance.identifiers import ContractRow, WorkshopNumber
from clearance.working_days import WorkingCalendar
from demonstration.directory import Entries, directory_for, enter
from register.collections import Collections
from register.directory import Directory
from register.records import IssuedClearance, Ticket
from register.repository import Register

pytestmark = pytest.mark.integration

AT_ONCE = 6


@pytest.fixture
def directory(engine: Engine, clock) -> Directory:
    return Directory(engine, clock=clock)


@pytest.fixture
def collections(engine: Engine, clock) -> Collections:
    rule = DeadlineRule.NEXT_CALENDAR_DAY
    return Collections(engine, clock=clock, rule=rule, calendar=WorkingCalendar())


@pytest.fixture
def know(directory: Directory, collections: Collections) -> Callable[[Entries], None]:
    return lambda entries: enter(entries, directory, collections)


@pytest.fixture
def judging(engine: Engine, clock) -> Register:
    """A register with the real rules."""
    return Register(engine, clock=clock, random_bytes=secrets.token_bytes)


@pytest.fixture
def request_of(make_request) -> Callable[..., ClearanceRequest]:
    """A request of its own contract row and receipts, with two workshops."""

    def make(*, row: str = "12345678", kind: ClearanceKind = ClearanceKind.FINAL, **changes: Any):
        request = make_request()
        receipt = replace(request.premium.receipts[0], id=f"R-{uuid4().hex}")
        return replace(
            request,
            kind=kind,
            contract=replace(request.contract, row=ContractRow(row)),
            contractor=replace(request.contractor, workshop_number=WorkshopNumber("9876543210")),
            premium=replace(request.premium, receipts=(receipt,)),
            **changes,
        )

    return make


def prepare(
    register: Register, request: ClearanceRequest, key: str | None = None
) -> Ticket | IssuedClearance:
    return register.prepare(
        request,
        idempotency_key=key or uuid4().hex,
        request_hash=hashlib.sha256(canonical_bytes(request_object(request))).digest(),
        client_id="client",
    )


def refusal(register: Register, request: ClearanceRequest, key: str | None = None) -> RulesNotMet:
    with pytest.raises(RulesNotMet) as refused:
        prepare(register, request, key)
    return refused.value


def codes(refused: RulesNotMet) -> list[str]:
    return [failure.code.removeprefix("rules.") for failure in refused.failures]


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make calls at the same moment; answer what each answered or raised."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except (RulesNotMet, Conflict) as refused:
            return refused

    with ThreadPoolExecutor(len(calls)) as callers:
        return list(callers.map(run, calls))


def test_what_the_directory_bears_out_is_issued(judging, request_of, know, finish_on) -> None:
    request = request_of()
    know(directory_for(request))

    issued = finish_on(judging, prepare(judging, request))

    assert issued.number.serial == 1


def test_a_refusal_uses_no_number_and_leaves_its_trace(
    judging, request_of, know, finish_on, sql, clock
) -> None:
    unknown, known = request_of(row="00000001"), request_of(row="00000002")
    know(directory_for(known))

    assert codes(refusal(judging, unknown, "key")) == ["row_unknown", "collection_missing"]
    assert finish_on(judging, prepare(judging, known)).number.serial == 1
    assert sql("SELECT count(*) FROM intent") == [(1,)]
    assert sql(
        "SELECT actor, subject, details, at FROM audit_event WHERE name = 'clearance.refused'"
    ) == [
        (
            "client",
            "1234/00000001/01",
            {
                "row": "1234/00000001/01",
                "codes": "rules.row_unknown, rules.collection_missing",
            },
            clock.now,
        )
    ]

    know(directory_for(unknown))
    assert prepare(judging, unknown, "key").number.serial == 2


def test_the_directory_judges_and_not_the_request(judging, request_of, know) -> None:
    request = request_of()
    entries = directory_for(request)
    know(
        replace(
            entries,
            workshops=(
                replace(entries.workshops[0], account_id=None),
                replace(entries.workshops[1], undertaking_accepted_at=None),
            ),
            contract_row=replace(entries.contract_row, subject="دیگر", state=RowState.CLOSED),
        )
    )

    assert codes(refusal(judging, request)) == [
        "work_assigner_account_missing",
        "contractor_eservices_not_accepted",
        "data_differs",
        "row_closed",
    ]


def test_a_row_changed_after_its_review_waits_for_another(
    judging, request_of, know, directory
) -> None:
    request = request_of()
    know(directory_for(request))
    row = directory.contract_row(directory_for(request).contract_row.key)
    directory.put_contract_row(replace(row, version=2), actor="backend")

    assert codes(refusal(judging, request)) == ["row_unreviewed"]


def test_of_many_final_requests_for_one_row_at_once_one_passes(
    judging, request_of, know, sql
) -> None:
    requests = [request_of() for _ in range(AT_ONCE)]
    for request in requests:
        know(directory_for(request))

    answers = at_once([lambda each=each: prepare(judging, each) for each in requests])

    (ticket,) = [each for each in answers if isinstance(each, Ticket)]
    refused = [each for each in answers if isinstance(each, RulesNotMet)]
    assert len(refused) == AT_ONCE - 1
    for each in refused:
        (failure,) = each.failures
        assert failure.code == "rules.final_second"
        assert failure.parameters == {"number": ticket.number}
    assert sql("SELECT last_serial FROM number_counter") == [(1,)]


def test_a_second_final_is_refused_while_the_first_counts(
    judging, request_of, know, finish_on, clock
) -> None:
    first, second = request_of(), request_of()
    for each in (first, second):
        know(directory_for(each))
    waiting = prepare(judging, first, "first")

    # Under way, with its lease over, waiting for a worker: it counts.
    assert codes(refusal(judging, second)) == ["final_second"]
    clock.advance(seconds=61)
    assert codes(refusal(judging, second)) == ["final_second"]
    judging.release(waiting, "tsa.unavailable", passes=True)
    assert codes(refusal(judging, second)) == ["final_second"]

    # Given up: the second passes, and the first is judged anew.
    again = judging.resume(waiting.number)
    judging.release(again, "keys.certificate_expired")
    issued = finish_on(judging, prepare(judging, second))
    refused = refusal(judging, first, "first")
    assert codes(refused) == ["final_second"]
    assert refused.failures[0].parameters == {"number": issued.number}


def test_an_interim_one_follows_no_final_one(judging, request_of, know, finish_on) -> None:
    interim, final, late = (
        request_of(kind=kind)
        for kind in (ClearanceKind.INTERIM, ClearanceKind.FINAL, ClearanceKind.INTERIM)
    )
    for each in (interim, final, late):
        know(directory_for(each))

    finish_on(judging, prepare(judging, interim))
    finish_on(judging, prepare(judging, final))

    assert codes(refusal(judging, late)) == ["interim_after_final"]


def test_each_attempt_is_judged_anew_and_a_refused_one_stops(
    judging, request_of, know, directory, sql, clock
) -> None:
    request = request_of()
    know(directory_for(request))
    ticket = prepare(judging, request, "key")
    judging.release(ticket, "tsa.unavailable", passes=True)
    row = directory.contract_row(directory_for(request).contract_row.key)
    directory.put_contract_row(replace(row, version=2), actor="backend")

    with pytest.raises(RulesNotMet) as refused:
        judging.resume(ticket.number)

    assert codes(refused.value) == ["row_unreviewed"]
    pending = judging.pending(ticket.number)
    assert (pending.last_error, pending.resume_at) == ("rules.not_met", None)
    assert pending.leased_until is None
    assert sql("SELECT actor, subject FROM audit_event WHERE name = 'clearance.refused'") == [
        ("client", ticket.number)
    ]

    know(directory_for(request))
    assert prepare(judging, request, "key").number == ticket.number


def undertaken(request: ClearanceRequest, name: str) -> ClearanceRequest:
    year = date(2024, 3, 20), date(2025, 3, 20)
    basis = UndertakingBasis(
        undertaking_id=name, fiscal_period_start=year[0], fiscal_period_end=year[1]
    )
    return replace(request, basis=basis)


def test_of_many_undertakings_of_one_period_at_once_one_serves(
    judging, request_of, know, directory
) -> None:
    requests = [
        undertaken(request_of(row=f"{number:08d}"), f"U-{number}") for number in range(AT_ONCE)
    ]
    for request in requests:
        know(replace(directory_for(request), undertaking=None))

    def file_and_prepare(request: ClearanceRequest) -> Any:
        with suppress(Conflict):  # undertaking.already_taken
            directory.file_undertaking(directory_for(request).undertaking, actor="backend")
        return prepare(judging, request)

    answers = at_once([lambda each=each: file_and_prepare(each) for each in requests])

    (ticket,) = [each for each in answers if isinstance(each, Ticket)]
    first = ticket.request.basis.undertaking_id
    for refused in (each for each in answers if not isinstance(each, Ticket)):
        (failure,) = refused.failures
        assert (failure.requirement, failure.code) == ("R8", "rules.undertaking_second")
        assert failure.parameters == {"first": first}

    # The first serves every other contract of the contractor.
    other = undertaken(request_of(row="00009999"), first)
    know(directory_for(other))
    assert isinstance(prepare(judging, other), Ticket)


def test_without_one_on_file_none_serves(judging, request_of, know) -> None:
    request = undertaken(request_of(), "U-1")
    know(replace(directory_for(request), undertaking=None))

    assert codes(refusal(judging, request)) == ["undertaking_missing"]


def test_two_requests_rest_on_one_collection_and_one_passes(judging, request_of, know) -> None:
    first = request_of(kind=ClearanceKind.INTERIM)
    second = replace(first, approvals=request_of().approvals)
    know(directory_for(first))

    answers = at_once([lambda each=each: prepare(judging, each) for each in (first, second)])

    assert sorted(type(each).__name__ for each in answers) == ["RulesNotMet", "Ticket"]
    (refused,) = [each for each in answers if isinstance(each, RulesNotMet)]
    assert codes(refused) == ["collection_used"]


def test_row_and_kind_are_those_of_the_request(judging, request_of, know, sql) -> None:
    request = request_of()
    know(directory_for(request))
    prepare(judging, request)

    for change, broken in (
        ("kind = 'interim'", "check"),
        ("contract_row = '001'", "check"),
        ("contract_sequence = NULL", "not-null"),
    ):
        with pytest.raises(Exception, match=f"violates {broken} constraint"):
            sql(f"UPDATE intent SET {change}")  # noqa: S608
