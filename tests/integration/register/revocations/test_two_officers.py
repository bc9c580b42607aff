"""Revoking: one officer asks, another decides, once, and nothing is deleted."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from clearance.errors import Conflict, NotFound, Refused
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.roles import Officer, Reach, Role
from register.records import RevocationReason, RevocationState, StandingState
from register.revocations import Decision

pytestmark = pytest.mark.integration

REASON = RevocationReason.DATA_CORRECTED
REMARK = "آقای کریمی تلفنی گفت"
ABSENT = ClearanceNumber.make(1404, BranchCode("9999"), 7)


@pytest.fixture
def ask(revocations, officers):
    def act(number, *, officer=officers[0], remark=REMARK):
        return revocations.open(number, reason=REASON, remark=remark, officer=officer)

    return act


@pytest.fixture
def decide(revocations, officers):
    def act(asked, decision=Decision.CONFIRM, *, officer=officers[1]):
        return revocations.decide(asked.number, asked.id, decision, officer=officer)

    return act


def officer(name, *, role=Role.BRANCH_HEAD, **reach):
    return Officer(id=name, name="", role=role, reach=Reach(**reach))


def test_a_confirmed_request_withdraws_at_once(register, issue, ask, decide, clock, sql):
    issued = issue()
    asked = ask(issued.number)
    assert (asked.state, asked.remark) == (RevocationState.OPEN, REMARK)
    assert register.find(issued.number).standing.state is StandingState.IN_FORCE
    clock.advance(days=2)

    decided = decide(asked)

    assert decided.state is RevocationState.CONFIRMED
    assert (decided.requested_by, decided.decided_by) == ("officer-1", "officer-2")
    assert decided.decided_at == clock.now
    standing = register.find_by_digest(issued.document.sha256).standing
    assert standing.state is StandingState.REVOKED
    assert (standing.at, standing.reason) == (clock.now, REASON)
    assert standing.replacement is None
    assert sql("SELECT priority FROM procrastinate_jobs WHERE task_name = 'status-list'") == [(30,)]


def test_a_rejected_request_leaves_it_in_force_and_allows_another(
    register, issue, ask, decide, revocations, officers
):
    number = issue().number
    rejected = decide(ask(number), Decision.REJECT)
    assert rejected.state is RevocationState.REJECTED
    assert register.find(number).standing.state is StandingState.IN_FORCE

    decide(ask(number, officer=officers[1]), officer=officers[0])

    assert register.find(number).standing.state is StandingState.REVOKED
    states = [each.state for each in revocations.of(number, officer=officers[0])]
    assert states == [RevocationState.REJECTED, RevocationState.CONFIRMED]


def test_who_asked_does_not_decide(issue, ask, decide, officers, sql):
    asked = ask(issue().number)
    for decision in Decision:
        with pytest.raises(Conflict, match=r"revocation_request\.same_officer"):
            decide(asked, decision, officer=officers[0])

    # Not even a program that forgets to look.
    statement = (
        "INSERT INTO revocation_decision"
        " (request_id, requested_by, outcome, decided_by, decided_at)"
        " VALUES (:id, :asked, 'confirmed', 'officer-1', now())"
    )
    with pytest.raises(IntegrityError, match="decided_by_another_officer"):
        sql(statement, id=asked.id, asked="officer-1")
    with pytest.raises(IntegrityError, match="foreign key"):
        sql(statement, id=asked.id, asked="somebody else")


def test_a_withdrawal_needs_a_confirmed_request_of_its_own(issue, ask, decide, sql):
    number, other = issue().number, issue().number
    asked, rejected = ask(number), decide(ask(other), Decision.REJECT)
    statement = (
        "INSERT INTO revocation (number, reason, at, actor, recorded_at, request_id)"
        " VALUES (:number, 'data_corrected', now(), 'officer-2', now(), :id)"
    )
    for wrong in (None, asked.id, rejected.id):
        with pytest.raises(IntegrityError, match="confirmed request"):
            sql(statement, number=number, id=wrong)
    decide(asked)
    with pytest.raises(IntegrityError, match="confirmed request"):
        sql(statement, number=other, id=asked.id)


def test_one_request_is_open_at_most_and_none_after_the_withdrawal(issue, ask, decide, sql):
    number = issue().number
    asked = ask(number)
    with pytest.raises(Conflict, match=r"revocation_request\.already_open"):
        ask(number)
    statement = (
        "INSERT INTO revocation_request (number, ordinal, reason, requested_by, requested_at)"
        " VALUES (:number, :ordinal, 'data_corrected', 'officer-9', now())"
    )
    with pytest.raises(IntegrityError, match="ordinal"):
        sql(statement, number=number, ordinal=1)
    with pytest.raises(IntegrityError, match="one open request"):
        sql(statement, number=number, ordinal=2)

    decide(asked)
    with pytest.raises(Conflict, match=r"clearance\.already_withdrawn"):
        ask(number)
    with pytest.raises(IntegrityError, match="one open request"):
        sql(statement, number=number, ordinal=2)


def test_a_decision_is_final(issue, ask, decide):
    for first in Decision:
        asked = ask(issue().number)
        decide(asked, first)
        for second in Decision:
            with pytest.raises(Conflict, match=r"revocation_request\.already_decided"):
                decide(asked, second)


@pytest.mark.parametrize("again", range(3))
def test_of_two_who_confirm_at_once_one_does(register, issue, ask, decide, sql, again):
    asked = ask(issue().number)
    outcomes = at_once(
        lambda name: decide(asked, officer=officer(name, role=Role.PROVINCIAL_SUPERVISOR))
    )
    assert outcomes == ["confirmed", "revocation_request.already_decided"]
    assert register.find(asked.number).standing.state is StandingState.REVOKED
    assert len(sql("SELECT FROM audit_event WHERE name = 'clearance.withdrawn'")) == 1


@pytest.mark.parametrize("again", range(3))
def test_of_two_who_ask_at_once_one_does(issue, ask, again):
    number = issue().number
    outcomes = at_once(
        lambda name: ask(number, officer=officer(name, role=Role.PROVINCIAL_SUPERVISOR))
    )
    assert outcomes == ["open", "revocation_request.already_open"]


def at_once(act):
    barrier = Barrier(2)

    def outcome(name):
        barrier.wait()
        try:
            return act(name).state.value
        except Conflict as error:
            return error.code

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(outcome, ["a", "b"]))


def test_only_what_is_issued_can_be_revoked(prepare, ask):
    for number in (ABSENT, prepare().number):
        with pytest.raises(NotFound, match=r"clearance\.not_found"):
            ask(number)


def test_what_lies_out_of_reach_does_not_exist(issue, ask, decide, revocations, sql):
    sql("INSERT INTO branch VALUES ('1234', 'b', 'تهران', 1, now())")
    number = issue().number
    asked = ask(number)
    for reach in ({"branch": BranchCode("4321")}, {"province": "یزد"}):
        stranger = officer("stranger", **reach)
        with pytest.raises(NotFound, match=r"clearance\.not_found"):
            decide(asked, officer=stranger)
        with pytest.raises(NotFound, match=r"clearance\.not_found"):
            ask(number, officer=stranger)
        with pytest.raises(NotFound, match=r"clearance\.not_found"):
            revocations.of(number, officer=stranger)
        assert revocations.within_reach(officer=stranger) == ()
    for reach in ({"branch": BranchCode("1234")}, {"province": "تهران"}):
        neighbour = officer("neighbour", **reach)
        assert revocations.within_reach(officer=neighbour) == (asked,)
        assert revocations.of(number, officer=neighbour) == (asked,)


def test_a_request_is_decided_under_its_own_clearance(issue, ask, revocations, officers):
    asked, other = ask(issue().number), issue().number
    for number, id_ in ((other, asked.id), (asked.number, asked.id + 1)):
        with pytest.raises(NotFound, match=r"revocation_request\.not_found"):
            revocations.decide(number, id_, Decision.CONFIRM, officer=officers[1])


def test_the_role_must_allow_it(issue, ask, decide, revocations):
    number = issue().number
    auditor = officer("auditor", role=Role.HEADQUARTERS_AUDITOR)
    clerk = officer("clerk", role=Role.BRANCH_OFFICER)
    administrator = officer("administrator", role=Role.ADMINISTRATOR)
    with pytest.raises(Refused, match=r"access\.not_permitted"):
        ask(number, officer=auditor)
    asked = ask(number, officer=clerk)
    for decider in (clerk, auditor):
        with pytest.raises(Refused, match=r"access\.not_permitted"):
            decide(asked, officer=decider)
    with pytest.raises(Refused, match=r"access\.not_permitted"):
        revocations.within_reach(officer=administrator)
    with pytest.raises(Refused, match=r"access\.not_permitted"):
        revocations.of(number, officer=administrator)


def test_requests_are_listed_the_newest_first(issue, ask, decide, revocations, officers):
    first, second, third = (ask(issue().number) for _ in range(3))
    decide(first)
    decide(second, Decision.REJECT)

    def ids(**chosen):
        return [each.id for each in revocations.within_reach(officer=officers[0], **chosen)]

    assert ids() == [third.id, second.id, first.id]
    assert ids(before=third.id) == [second.id, first.id]
    assert ids(state=RevocationState.OPEN) == [third.id]
    assert ids(state=RevocationState.CONFIRMED) == [first.id]
    assert ids(state=RevocationState.REJECTED) == [second.id]
    assert revocations.of(first.number, officer=officers[0])[0].decided_by == "officer-2"


def test_each_act_is_audited_without_its_remark(issue, ask, decide, sql):
    number = issue().number
    decide(ask(number), Decision.REJECT)
    decide(ask(number))

    events = sql("SELECT name, actor, subject, details FROM audit_event ORDER BY id")
    told = [event[:3] for event in events if "revo" in event[0] or "withdrawn" in event[0]]
    assert told == [
        ("revocation.requested", "officer-1", number),
        ("revocation.rejected", "officer-2", number),
        ("revocation.requested", "officer-1", number),
        ("revocation.confirmed", "officer-2", number),
        ("clearance.withdrawn", "officer-2", number),
    ]
    assert REMARK not in str(events)
