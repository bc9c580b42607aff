"""A replacement is a new clearance that names a revoked one; they are linked both ways."""

import pytest
from sqlalchemy.exc import IntegrityError

from clearance.errors import Conflict
from register.records import StandingState

pytestmark = pytest.mark.integration


def test_replaced_and_replacement_name_each_other(register, issue, revoke, sql):
    old = issue().number
    revoke(old)
    new = issue(replaces=old)

    assert new.certificate.request.replaces == old
    assert new.standing.state is StandingState.IN_FORCE
    standing = register.find(old).standing
    assert (standing.state, standing.replacement) == (StandingState.REPLACED, new.number)
    told = sql("SELECT subject, details FROM audit_event WHERE name = 'clearance.replaced'")
    assert told == [(old, {"replacement": new.number})]


def test_revoked_is_all_it_is_until_the_replacement_is_issued(register, prepare, issue, revoke):
    old = issue().number
    revoke(old)
    prepare(replaces=old)

    standing = register.find(old).standing
    assert (standing.state, standing.replacement) == (StandingState.REVOKED, None)


def test_replacements_make_a_chain(register, issue, revoke):
    first = issue().number
    revoke(first)
    second = issue(replaces=first).number
    revoke(second)
    third = issue(replaces=second).number

    assert register.find(first).standing.replacement == second
    assert register.find(second).standing.replacement == third
    assert register.find(third).standing.state is StandingState.IN_FORCE


def test_of_two_replacements_under_way_one_is_issued(register, prepare, finish, issue, revoke, sql):
    old = issue().number
    revoke(old)
    first, second = prepare(replaces=old), prepare(replaces=old)
    finish(first)

    with pytest.raises(Conflict, match=r"clearance\.already_replaced"):
        finish(second)
    assert register.find(second.number) is None
    assert register.find(old).standing.replacement == first.number


def test_the_database_links_only_what_belongs_together(issue, revoke, sql):
    old, other = issue().number, issue().number
    statement = "INSERT INTO replacement VALUES (:number, :replacement, now())"
    with pytest.raises(IntegrityError, match="names in its certificate"):
        sql(statement, number=old, replacement=other)
    revoke(old)
    with pytest.raises(IntegrityError, match="names in its certificate"):
        sql(statement, number=old, replacement=other)


def test_what_is_in_force_is_not_replaced_even_if_the_rules_are_passed_over(
    register, prepare, finish, issue
):
    """The rules refuse it before; the database stands behind them."""
    old = issue().number
    ticket = prepare(replaces=old)
    with pytest.raises(Exception, match=r"register\.fault"):
        finish(ticket)
    assert register.find(old).standing.state is StandingState.IN_FORCE


def test_a_withdrawn_clearance_is_still_the_answer_to_its_key(prepare, issue, revoke):
    revoke(issue("key").number)

    assert prepare("key").standing.state is StandingState.REVOKED
