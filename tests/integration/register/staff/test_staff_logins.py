"""Logging in: two factors, nothing told to strangers, growing delays, nothing legible kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from clearance.errors import Conflict, InternalFault, InvalidValue, Refused
from clearance.roles import Reach, Role
from register.staff import logins as logins_module
from register.staff.records import Stage
from register.staff.sessions import Step, Visitor

ELSEWHERE = Visitor(address="198.51.100.3", network="198.51.100.3", agent="another browser")
VISITOR = Visitor(address="192.0.2.7", network="192.0.2.7", agent="a browser")


def test_the_first_login_asks_for_a_password_and_a_second_factor(staff, clock, person_of, sql):
    person = person_of()

    assert person.member.has_second_factor
    assert person.member.one_time_until is None
    assert len(set(person.recovery_codes)) == 10
    names = [row[0] for row in sql("SELECT name FROM audit_event ORDER BY id")]
    assert names == [
        "staff.added",
        "staff.password_changed",
        "staff.second_factor_set",
        "staff.logged_in",
        "staff.logged_out",
    ]


def test_the_steps_of_the_first_login_follow_each_other(staff, clock):
    _, one_time = staff.accounts.add(
        "new", "کاربر نو", role=Role.ADMINISTRATOR, reach=Reach(), actor="operator"
    )
    session = staff.sessions.find(staff.logins.with_password("NEW ", one_time, VISITOR))
    assert session.step is Step.PASSWORD

    secret = staff.logins.change_password(session, None, "چهار واژه‌ی نامربوط اینجا", VISITOR)
    session = staff.sessions.find(secret)

    assert session.step is Step.ENROLMENT
    assert session.stage is Stage.PASSWORD


def test_whatever_is_wrong_a_stranger_learns_the_same(staff, clock, person_of, sql):
    person = person_of()
    locked = person_of("locked.one")
    staff.accounts.lock("locked.one", actor="operator")
    _, outworn = staff.accounts.add(
        "late.one", "دیرآمده", role=Role.ADMINISTRATOR, reach=Reach(), actor="operator"
    )
    clock.advance(days=8)
    tries = [
        ("nobody.here", "some password"),
        ("' OR 1=1 --", "some password"),
        ("", ""),
        (person.member.username, person.password + " "),
        (person.member.username, ""),
        ("locked.one", locked.password),
        ("late.one", outworn),
    ]

    codes = set()
    for username, password in tries:
        with pytest.raises(Refused) as refused:
            staff.logins.with_password(username, password, VISITOR)
        codes.add((refused.value.code, tuple(refused.value.parameters)))

    assert codes == {("staff.login_failed", ())}
    failures = sql("SELECT subject FROM audit_event WHERE name = 'staff.login_failed'")
    assert len(failures) == len(tries)
    assert ("stranger",) in failures


def test_an_unknown_name_costs_a_comparison_too(staff, monkeypatch):
    compared = []
    real = logins_module.password_matches
    monkeypatch.setattr(
        logins_module,
        "password_matches",
        lambda stored, given: compared.append(stored) or real(stored, given),
    )

    with pytest.raises(Refused):
        staff.logins.with_password("nobody.here", "some password", VISITOR)

    assert compared == [None]


def test_a_code_counts_once_and_an_older_one_no_more(staff, clock, person_of):
    person = person_of()
    before, code = person.totp.at(clock(), counter_offset=-1), person.totp.at(clock())

    def half():
        return staff.sessions.find(
            staff.logins.with_password(person.member.username, person.password, VISITOR)
        )

    staff.logins.with_code(half(), code, VISITOR)
    for used in (code, before):
        with pytest.raises(InvalidValue, match=r"staff\.code_wrong"):
            staff.logins.with_code(half(), used, VISITOR)
    clock.advance(seconds=30)
    assert staff.logins.with_code(half(), person.totp.at(clock()), VISITOR)


def test_a_clock_that_runs_apart_by_one_step_is_forgiven(staff, clock, person_of):
    person = person_of()
    for seconds in (-30, 30):
        clock.advance(minutes=2)
        half = staff.logins.with_password(person.member.username, person.password, VISITOR)
        code = person.totp.at(int(clock().timestamp()) + seconds)
        persian = code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
        typed = f"{persian[:3]} {persian[3:]}"

        assert staff.logins.with_code(staff.sessions.find(half), typed, VISITOR)


def test_a_code_of_another_time_is_refused(staff, clock, person_of):
    person = person_of()
    clock.advance(minutes=10)
    half = staff.logins.with_password(person.member.username, person.password, VISITOR)

    for seconds in (-90, -60, 60, 90):
        code = person.totp.at(int(clock().timestamp()) + seconds)
        with pytest.raises(InvalidValue, match=r"staff\.code_wrong"):
            staff.logins.with_code(staff.sessions.find(half), code, VISITOR)


def test_a_recovery_code_counts_once(staff, clock, person_of):
    person = person_of()
    code = person.recovery_codes[3]

    def half():
        return staff.sessions.find(
            staff.logins.with_password(person.member.username, person.password, VISITOR)
        )

    assert staff.logins.with_code(half(), f" {code.upper()} ", VISITOR)
    with pytest.raises(InvalidValue, match=r"staff\.code_wrong"):
        staff.logins.with_code(half(), code, VISITOR)
    assert staff.accounts.find(person.member.username).recovery_codes_left == 9


def test_fresh_recovery_codes_void_the_old_ones(staff, clock, person_of, log_in):
    person = person_of()
    session = staff.sessions.find(log_in(person))

    codes = staff.logins.renew_recovery_codes(session, person.totp.at(clock()), VISITOR)

    half = staff.sessions.find(
        staff.logins.with_password(person.member.username, person.password, VISITOR)
    )
    with pytest.raises(InvalidValue, match=r"staff\.code_wrong"):
        staff.logins.with_code(half, person.recovery_codes[0], VISITOR)
    assert staff.logins.with_code(half, codes[0], VISITOR)


def test_a_confirmed_secret_is_never_shown_again(staff, person_of):
    person = person_of()

    with pytest.raises(Conflict, match=r"staff\.second_factor_exists"):
        staff.second_factors.offer(person.member.id)


def _fail(staff, username, visitor=VISITOR, times=1):
    for _ in range(times):
        with pytest.raises(Refused, match=r"staff\.login_failed"):
            staff.logins.with_password(username, "wrong password", visitor)


def _minutes_barred(staff, username, password="wrong", visitor=VISITOR):  # noqa: S107
    with pytest.raises(Refused, match=r"staff\.too_many_attempts") as refused:
        staff.logins.with_password(username, password, visitor)
    return int(refused.value.parameters["minutes"])


@pytest.mark.parametrize("username", ["a.karimi", "nobody.here"])
def test_an_account_is_barred_for_longer_and_longer_whether_it_exists_or_not(
    staff, clock, person_of, open_staff_again, username
):
    person = person_of("a.karimi")
    _fail(staff, username, times=5)

    restarted = open_staff_again()
    assert _minutes_barred(restarted, username, person.password) == 1
    assert _minutes_barred(restarted, username.upper()) == 1
    clock.advance(seconds=61)
    _fail(restarted, username)
    assert _minutes_barred(restarted, username) == 2
    for _ in range(8):
        clock.advance(hours=1, seconds=1)
        _fail(restarted, username)
    assert _minutes_barred(restarted, username) == 60


def test_nobody_bars_an_account_where_its_owner_logs_in(staff, person_of, log_in):
    person = person_of()
    assert log_in(person)
    for number in range(10):
        _fail(staff, person.member.username, _from(number), times=5)

    assert _minutes_barred(staff, person.member.username, visitor=_from(99)) == 1
    assert log_in(person)


def test_guesses_from_many_networks_bar_a_name_for_networks_that_it_never_came_from(staff):
    for number in range(10):
        _fail(staff, "a.karimi", _from(number), times=5)

    assert _minutes_barred(staff, "a.karimi", visitor=_from(99)) == 1
    _fail(staff, "b.ahmadi", _from(99))


def test_an_administrator_forgives_guesses_from_everywhere(staff, person_of):
    person = person_of()
    _fail(staff, person.member.username, times=5)
    for number in range(10):
        _fail(staff, person.member.username, _from(number), times=5)
    staff.accounts.unlock(person.member.username, actor="operator")

    for visitor in (VISITOR, _from(1), _from(99)):
        assert staff.logins.with_password(person.member.username, person.password, visitor)


def _from(number):
    address = f"198.51.100.{number}"
    return Visitor(address=address, network=address, agent="a browser")


def test_a_right_password_after_the_bar_opens_and_forgets(staff, clock, person_of, log_in):
    person = person_of()
    _fail(staff, person.member.username, times=5)
    clock.advance(minutes=2)

    assert log_in(person)
    _fail(staff, person.member.username, times=4)
    assert log_in(person)


def test_the_password_alone_does_not_forgive_wrong_codes(staff, clock, person_of):
    person = person_of()
    for _ in range(5):
        half = staff.logins.with_password(person.member.username, person.password, VISITOR)
        with pytest.raises(InvalidValue, match=r"staff\.code_wrong"):
            staff.logins.with_code(staff.sessions.find(half), "000000", VISITOR)

    assert _minutes_barred(staff, person.member.username, person.password) == 1


def test_a_network_that_tries_many_names_is_barred_and_others_are_not(
    staff, clock, person_of, log_in
):
    person = person_of()
    for number in range(30):
        _fail(staff, f"guess{number}", ELSEWHERE)

    assert _minutes_barred(staff, person.member.username, person.password, ELSEWHERE) == 1
    assert log_in(person)


def test_guesses_at_the_same_moment_do_not_slip_past_each_other(staff, person_of):
    person = person_of()

    def guess(_):
        try:
            staff.logins.with_password(person.member.username, "wrong password", VISITOR)
        except Refused as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(guess, range(20)))

    assert sorted(set(outcomes)) == ["staff.login_failed", "staff.too_many_attempts"]
    assert outcomes.count("staff.login_failed") == 5


def test_the_database_holds_nothing_that_lets_anybody_in(staff, clock, person_of, log_in, sql):
    person = person_of()
    secret = log_in(person)
    kept = "".join(
        str(sql(f"SELECT * FROM {table}"))  # noqa: S608
        for table in ("staff", "staff_session", "staff_attempts", "audit_event")
    )

    for lets_in in (secret, person.password, person.totp.secret, *person.recovery_codes):
        assert lets_in not in kept
        assert lets_in.replace("-", "") not in kept
    assert "$argon2id$" in kept


def test_another_key_opens_no_second_factor(person_of, open_staff_again, clock):
    person = person_of()
    other = open_staff_again(key=bytes(32))
    half = other.logins.with_password(person.member.username, person.password, VISITOR)

    with pytest.raises(InternalFault, match=r"staff\.secret_unreadable"):
        other.logins.with_code(other.sessions.find(half), person.totp.at(clock()), VISITOR)


def test_a_short_key_is_refused(open_staff_again):
    with pytest.raises(Refused, match=r"staff\.key_too_short"):
        open_staff_again(key=b"short")
