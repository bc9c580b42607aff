"""Withdrawing: once, for a listed reason, never a deletion."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from clearance.errors import Conflict, InvalidValue, NotFound
from clearance.identifiers import BranchCode, ClearanceNumber
from register.records import StandingState, WithdrawalReason

pytestmark = pytest.mark.integration

ABSENT = ClearanceNumber.make(1404, BranchCode("9999"), 7)


@pytest.fixture
def withdraw(register, clock):
    def act(number, *, at=None, replacement=None):
        return register.withdraw(
            number,
            reason=WithdrawalReason.DATA_CORRECTED,
            at=at or clock.now,
            actor="officer",
            replacement=replacement,
        )

    return act


def test_a_revoked_clearance_says_when_and_why(register, issue, withdraw, clock):
    issued = issue()
    clock.advance(days=2)

    withdraw(issued.number)

    standing = register.find_by_digest(issued.document_sha256).standing
    assert standing.state is StandingState.REVOKED
    assert (standing.at, standing.reason) == (clock.now, WithdrawalReason.DATA_CORRECTED)
    assert standing.replacement is None


def test_a_replaced_clearance_names_its_replacement_which_is_in_force(register, issue, withdraw):
    old, new = issue(), issue()

    withdrawn = withdraw(old.number, replacement=new.number)

    assert withdrawn.standing.state is StandingState.REPLACED
    assert withdrawn.standing.replacement == new.number
    assert register.find(new.number).standing.state is StandingState.IN_FORCE


def test_only_what_is_issued_can_be_withdrawn(prepare, issue, withdraw):
    for number in (ABSENT, prepare().number):
        with pytest.raises(NotFound, match=r"withdrawal\.not_issued"):
            withdraw(number)
        with pytest.raises(NotFound, match=r"withdrawal\.not_issued"):
            withdraw(issue().number, replacement=number)


def test_a_withdrawal_is_final(issue, withdraw):
    number = issue().number
    withdraw(number)

    with pytest.raises(Conflict, match=r"clearance\.already_withdrawn"):
        withdraw(number)


def test_nothing_replaces_itself_or_is_replaced_by_what_is_withdrawn(issue, withdraw):
    one, other = issue(), issue()
    with pytest.raises(Conflict, match=r"clearance\.replacement_not_in_force"):
        withdraw(one.number, replacement=one.number)

    withdraw(one.number, replacement=other.number)
    with pytest.raises(Conflict, match=r"clearance\.replacement_not_in_force"):
        withdraw(other.number, replacement=one.number)


def test_two_officers_at_once_make_no_ring(issue, withdraw):
    for _ in range(5):
        one, other = issue().number, issue().number

        def outcome(pair):
            try:
                return withdraw(pair[0], replacement=pair[1]).standing.state.value
            except Conflict as error:
                return error.code

        with ThreadPoolExecutor(2) as pool:
            outcomes = sorted(pool.map(outcome, [(one, other), (other, one)]))
        assert outcomes == ["clearance.replacement_not_in_force", "replaced"]


def test_nothing_is_withdrawn_before_it_was_issued(issue, withdraw, clock):
    with pytest.raises(InvalidValue, match=r"withdrawal\.before_issue"):
        withdraw(issue().number, at=clock.now - timedelta(seconds=1))


def test_a_withdrawn_clearance_is_still_the_answer_to_its_key(prepare, issue, withdraw):
    withdraw(issue("key").number)

    assert prepare("key").standing.state is StandingState.REVOKED
