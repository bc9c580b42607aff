"""Accounts: roles with the reach that they have, keys of persons, nothing of it deleted."""

import secrets
from itertools import product

import pytest
from sqlalchemy import column, select, table, text

from clearance.errors import Conflict, InvalidValue, NotFound, Refused
from clearance.identifiers import BranchCode
from clearance.roles import Permission, Reach, Role
from register.clients import Clients
from register.reach import within

BRANCH = Reach(branch=BranchCode("0041"))
PROVINCE = Reach(province="تهران")
COUNTRY = Reach()


@pytest.fixture
def clients(engine, clock):
    return Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=bytes(32))


@pytest.fixture
def add(staff):
    return lambda username="a.karimi", role=Role.HEADQUARTERS_AUDITOR, reach=COUNTRY: (
        staff.accounts.add(username, "علی کریمی", role=role, reach=reach, actor="operator")[0]
    )


def _right(role, reach):
    if role is Role.PROVINCIAL_SUPERVISOR:
        return reach == PROVINCE
    if role in {Role.HEADQUARTERS_AUDITOR, Role.ADMINISTRATOR}:
        return reach == COUNTRY
    return reach == BRANCH


def test_each_role_has_its_reach_and_no_other(add, sql):
    both = Reach(province="تهران", branch=BranchCode("0041"))
    cases = list(product(Role, (BRANCH, PROVINCE, COUNTRY, both)))
    for number, (role, reach) in enumerate(cases):
        if _right(role, reach):
            member = add(f"user{number}", role=role, reach=reach)
            assert (member.role, member.reach) == (role, reach)
            continue
        with pytest.raises(InvalidValue, match=r"staff\.(branch|province|reach)_"):
            add(f"user{number}", role=role, reach=reach)
        with pytest.raises(Exception, match="reach_fits_the_role"):
            sql(
                "INSERT INTO staff (id, username, full_name, role, province, branch_code, "
                "added_at) VALUES ('staff-aaaaaaaa', 'someone', 'کسی', :role, :province, :branch, "
                "now())",
                role=role.value,
                province=reach.province,
                branch=reach.branch,
            )
    assert sum(_right(*case) for case in cases) == len(Role)


def test_an_unfit_user_name_is_refused(add):
    for username in ("", "ab", "1abc", "a b c", "علی", "a" * 41, "a/b", "x<y>"):
        with pytest.raises(InvalidValue, match=r"staff\.username_invalid"):
            add(username)


def test_a_user_name_is_given_once(add):
    add("a.karimi")

    with pytest.raises(Conflict, match=r"staff\.username_taken"):
        add("A.KARIMI")


def test_nobody_changes_their_own_account(staff, add):
    member = add("admin", Role.ADMINISTRATOR)

    for act in (
        lambda: staff.accounts.lock("admin", actor=member.id),
        lambda: staff.accounts.unlock("admin", actor=member.id),
        lambda: staff.accounts.reset_password("admin", actor=member.id),
        lambda: staff.accounts.reset_second_factor("admin", actor=member.id),
        lambda: staff.accounts.change_role(
            "admin", role=Role.HEADQUARTERS_AUDITOR, reach=COUNTRY, actor=member.id
        ),
    ):
        with pytest.raises(Refused, match=r"staff\.own_account"):
            act()
    assert staff.accounts.find("admin").role is Role.ADMINISTRATOR


def test_an_account_that_is_not_there_is_not_found(staff):
    with pytest.raises(NotFound, match=r"staff\.not_found"):
        staff.accounts.lock("nobody.here", actor="operator")


def test_a_member_of_staff_stays_who_they_are(add, sql):
    add()
    for statement in (
        "DELETE FROM staff",
        "TRUNCATE staff CASCADE",
        "UPDATE staff SET username = 'another'",
        "UPDATE staff SET id = 'staff-aaaaaaaa'",
    ):
        with pytest.raises(Exception, match=r"is refused|keeps id"):
            sql(statement)


def test_what_administrators_do_is_told(staff, add, sql):
    staff_id = add("a.karimi").id
    staff.accounts.change_role(
        "a.karimi", role=Role.PROVINCIAL_SUPERVISOR, reach=PROVINCE, actor="staff-admin"
    )
    staff.accounts.lock("a.karimi", actor="staff-admin")
    staff.accounts.unlock("a.karimi", actor="staff-admin")
    staff.accounts.reset_password("a.karimi", actor="staff-admin")
    staff.accounts.reset_second_factor("a.karimi", actor="staff-admin")

    told = sql("SELECT name, actor, details FROM audit_event WHERE subject = :id", id=staff_id)

    assert told == [
        ("staff.added", "operator", {"role": "headquarters_auditor"}),
        (
            "staff.role_changed",
            "staff-admin",
            {"role": "provincial_supervisor", "province": "تهران"},
        ),
        ("staff.locked", "staff-admin", {}),
        ("staff.unlocked", "staff-admin", {}),
        ("staff.password_reset", "staff-admin", {}),
        ("staff.second_factor_reset", "staff-admin", {}),
    ]


def test_a_persons_key_is_the_person_for_as_long_as_they_may(staff, add, clients):
    add("a.karimi", Role.BRANCH_OFFICER, BRANCH)
    client, key = clients.add_personal("a.karimi")

    officer = clients.authenticate(key).officer
    assert (officer.role, officer.reach) == (Role.BRANCH_OFFICER, BRANCH)
    assert not officer.may(Permission.CONFIRM_REVOCATION)
    assert client.scopes == frozenset()

    staff.accounts.change_role(
        "a.karimi", role=Role.PROVINCIAL_SUPERVISOR, reach=PROVINCE, actor="operator"
    )
    assert clients.authenticate(key).officer.reach == PROVINCE

    staff.accounts.lock("a.karimi", actor="operator")
    with pytest.raises(Refused, match=r"client\.not_recognised"):
        clients.authenticate(key)


@pytest.mark.parametrize("reset", ["reset_password", "reset_second_factor"])
def test_a_persons_keys_end_when_their_credentials_are_reset(staff, add, clients, sql, reset):
    add("a.karimi", Role.BRANCH_OFFICER, BRANCH)
    add("b.ahmadi", Role.BRANCH_OFFICER, BRANCH)
    keys = [clients.add_personal("a.karimi")[1] for _ in range(2)]
    _, of_another = clients.add_personal("b.ahmadi")

    getattr(staff.accounts, reset)("a.karimi", actor="staff-admin")

    for key in keys:
        with pytest.raises(Refused, match=r"client\.not_recognised"):
            clients.authenticate(key)
    assert clients.authenticate(of_another)
    revoked = sql("SELECT actor FROM audit_event WHERE name = 'client.revoked'")
    assert revoked == [("staff-admin",)] * 2


def test_a_key_for_nobody_is_refused(clients):
    with pytest.raises(NotFound, match=r"staff\.not_found"):
        clients.add_personal("nobody.here")


def test_a_persons_key_cannot_be_given_scopes(add, clients, sql):
    add()
    client, _ = clients.add_personal("a.karimi")

    with pytest.raises(Exception, match="a_persons_key_has_no_scopes"):
        sql("UPDATE api_client SET scopes = '{issue}' WHERE id = :id", id=client.id)


def test_what_is_out_of_reach_is_not_there(engine, sql):
    for code, province in (("0041", "تهران"), ("0042", "تهران"), ("0051", "البرز")):
        sql(
            "INSERT INTO branch (code, name, province, version, updated_at) "
            "VALUES (:code, 'شعبه', :province, 1, now())",
            code=code,
            province=province,
        )
    seen = {
        BRANCH: {"0041"},
        PROVINCE: {"0041", "0042"},
        COUNTRY: {"0041", "0042", "0051", "9999"},
        Reach(province="ته"): set(),
        Reach(branch=BranchCode("0077")): set(),
        Reach(province="البرز", branch=BranchCode("0041")): set(),
    }
    with engine.begin() as connection:
        connection.execute(text("CREATE TEMP TABLE thing (branch_code text) ON COMMIT DROP"))
        connection.execute(text("INSERT INTO thing VALUES ('0041'), ('0042'), ('0051'), ('9999')"))
        thing = table("thing", column("branch_code"))
        for reach, codes in seen.items():
            found = connection.execute(select(thing).where(within(reach, thing.c.branch_code)))
            assert set(found.scalars()) == codes, reach
