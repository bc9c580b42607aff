"""Sessions: they rotate, they end, and ended ones never come back."""

from datetime import timedelta

import pytest

from clearance.errors import InvalidValue, Refused
from clearance.roles import Reach, Role
from register.staff import sessions
from register.staff.records import Method, Stage
from register.staff.sessions import (
    KEPT,
    SessionRules,
    Visitor,
    remove_old_sessions,
)

VISITOR = Visitor(address="192.0.2.7", network="192.0.2.7", agent="a browser")


def test_the_secret_changes_when_the_rights_do(staff, clock, person_of):
    person = person_of()
    half = staff.logins.with_password(person.member.username, person.password, VISITOR)
    assert staff.sessions.find(half).stage is Stage.PASSWORD

    full = staff.logins.with_code(staff.sessions.find(half), person.totp.at(clock()), VISITOR)

    assert staff.sessions.find(half) is None
    assert staff.sessions.find(full).step is None


def test_a_session_ends_when_idle_and_when_it_has_lasted(
    open_staff_again, person_of, log_in, clock, staff
):
    rules = SessionRules(idle=timedelta(minutes=20), life=timedelta(hours=1))
    person = person_of()
    idle = log_in(person)
    short = open_staff_again(rules=rules)
    clock.advance(minutes=19)
    assert short.sessions.find(idle)
    clock.advance(minutes=19)
    assert short.sessions.find(idle), "it was seen in between"
    clock.advance(minutes=21)
    assert short.sessions.find(idle) is None

    half = short.logins.with_password(person.member.username, person.password, VISITOR)
    long = short.logins.with_code(short.sessions.find(half), person.totp.at(clock()), VISITOR)
    for _ in range(5):
        clock.advance(minutes=11)
        assert short.sessions.find(long)
    clock.advance(minutes=6)
    assert short.sessions.find(long) is None


def test_the_steps_of_a_login_do_not_wait_for_long(staff, clock, person_of):
    person = person_of()
    half = staff.logins.with_password(person.member.username, person.password, VISITOR)
    clock.advance(minutes=16)

    assert staff.sessions.find(half) is None


def test_what_an_administrator_changes_ends_the_sessions(staff, clock, person_of, log_in):
    person = person_of()
    name, accounts = person.member.username, staff.accounts
    acts = (
        lambda: accounts.change_role(
            name, role=Role.ADMINISTRATOR, reach=Reach(), actor="operator"
        ),
        lambda: accounts.lock(name, actor="operator"),
        lambda: accounts.reset_second_factor(name, actor="operator"),
        lambda: accounts.reset_password(name, actor="operator"),
    )
    one = log_in(person)
    half = staff.logins.with_password(name, person.password, VISITOR)
    for act in acts:
        assert staff.sessions.find(half)
        act()
        assert [staff.sessions.find(each) for each in (one, half)] == [None, None]
        accounts.unlock(name, actor="operator")
        assert staff.sessions.find(half) is None, "unlocking brings nothing back"
        if act is not acts[-1]:
            half = staff.logins.with_password(name, person.password, VISITOR)


def test_a_login_under_way_does_not_survive_a_lock(staff, clock, person_of):
    person = person_of()
    half = staff.sessions.find(
        staff.logins.with_password(person.member.username, person.password, VISITOR)
    )
    staff.accounts.lock(person.member.username, actor="operator")

    with pytest.raises(Refused, match=r"staff\.login_failed"):
        staff.logins.with_code(half, person.totp.at(clock()), VISITOR)


def test_a_new_password_ends_the_other_sessions_and_renews_this_one(
    staff, clock, person_of, log_in
):
    person = person_of()
    here, there = log_in(person), log_in(person)
    session = staff.sessions.find(here)

    new = staff.logins.change_password(session, person.password, "یک گذرواژه‌ی دیگر و نو", VISITOR)

    assert staff.sessions.find(here) is None
    assert staff.sessions.find(there) is None
    assert staff.sessions.find(new).step is None
    with pytest.raises(Refused, match=r"staff\.login_failed"):
        staff.logins.with_password(person.member.username, person.password, VISITOR)


def test_a_new_password_needs_the_current_one_and_must_be_another(staff, clock, person_of, log_in):
    person = person_of()
    session = staff.sessions.find(log_in(person))
    new = "یک گذرواژه‌ی دیگر و نو"

    for current, chosen, code in (
        ("wrong password", new, "staff.password_wrong"),
        (None, new, "staff.password_wrong"),
        (person.password, person.password, "staff.password_same"),
        (person.password, "کوتاه", "staff.password_too_short"),
        (person.password, "علی کریمی a.karimi", "staff.password_too_easy"),
    ):
        with pytest.raises(InvalidValue, match=code.replace(".", r"\.")):
            staff.logins.change_password(session, current, chosen, VISITOR)


def test_people_end_their_own_sessions_and_no_others(staff, clock, person_of, log_in):
    one, other = person_of("one.one"), person_of("other.one")
    here, there, theirs = log_in(one), log_in(one), log_in(other)
    session, foreign = staff.sessions.find(here), staff.sessions.find(theirs)

    staff.logins.end_session(session, foreign.id_hash)
    assert staff.sessions.find(theirs)
    assert len(staff.sessions.of(one.member.id)) == 2

    assert staff.logins.end_other_sessions(session) == 1
    assert staff.sessions.find(there) is None
    assert [each.id_hash for each in staff.sessions.of(one.member.id)] == [session.id_hash]

    staff.logins.log_out(session)
    assert staff.sessions.find(here) is None


def test_the_word_of_the_provider_leads_to_the_own_second_factor_unless_it_proves_both(
    staff, clock, person_of, open_staff_again
):
    person_of("a.karimi")

    own = staff.sessions.find(staff.logins.with_provider("A.Karimi", VISITOR))
    trusting = open_staff_again(provider_proves_both=True)
    theirs = trusting.sessions.find(trusting.logins.with_provider("a.karimi", VISITOR))

    assert (own.stage, own.method) == (Stage.PASSWORD, Method.OIDC)
    assert (theirs.stage, theirs.step) == (Stage.FULL, None)


def test_the_provider_makes_no_account_and_opens_no_locked_one(staff, person_of, sql):
    person_of("locked.one")
    staff.accounts.lock("locked.one", actor="operator")

    for username in ("nobody.here", "locked.one"):
        with pytest.raises(Refused, match=r"staff\.login_failed"):
            staff.logins.with_provider(username, VISITOR)

    assert sql("SELECT username FROM staff") == [("locked.one",)]


def test_what_ended_long_ago_is_removed_and_the_audit_trail_keeps_it(
    staff, engine, clock, person_of, log_in, sql
):
    person = person_of()
    secret = log_in(person)
    staff.logins.log_out(staff.sessions.find(secret))
    logged_in = sql("SELECT count(*) FROM audit_event WHERE name = 'staff.logged_in'")
    life = SessionRules().life
    clock.advance(seconds=(KEPT + life).total_seconds() - 120)
    remove_old_sessions(engine, clock=clock)
    [(kept,)] = sql("SELECT count(*) FROM staff_session")
    clock.advance(seconds=121)
    young = log_in(person)

    removed = remove_old_sessions(engine, clock=clock)

    assert kept > 0
    assert removed == kept
    assert staff.sessions.find(young)
    assert sql("SELECT count(*) FROM staff_session WHERE ended_at IS NULL") == [(1,)]
    [(events,)] = sql("SELECT count(*) FROM audit_event WHERE name = 'staff.logged_in'")
    assert events == logged_in[0][0] + 1


def test_many_old_sessions_are_removed_some_at_a_time(
    engine, clock, person_of, log_in, sql, monkeypatch
):
    person = person_of()
    for _ in range(2):
        log_in(person)
    [(there,)] = sql("SELECT count(*) FROM staff_session")
    clock.advance(days=92)
    monkeypatch.setattr(sessions, "_MOST_REMOVED", there - 1)

    assert [remove_old_sessions(engine, clock=clock) for _ in range(3)] == [there - 1, 1, 0]
