"""Sending dead notices again from the panel: what was shown, within reach, by who may."""

import re
from http import HTTPStatus

import pytest

from clearance.identifiers import BranchCode
from clearance.roles import Reach, Role

pytestmark = pytest.mark.integration

OWN, FOREIGN = "8642", "9753"
SUPERVISOR = (Role.PROVINCIAL_SUPERVISOR, Reach(province="تهران"))


@pytest.fixture
def dead(provinces, sql, clock):
    """Give both provinces' notices up."""
    sql(
        "UPDATE notice SET due_at = NULL, gave_up_at = :now, last_error = 'notice.no_account'",
        now=clock.now,
    )
    sql("DELETE FROM procrastinate_jobs")
    return provinces


@pytest.fixture
def given_up(sql):
    return lambda: {
        number for (number,) in sql("SELECT number FROM notice WHERE gave_up_at IS NOT NULL")
    }


@pytest.mark.parametrize(
    ("role", "reach"),
    [SUPERVISOR, (Role.BRANCH_OFFICER, Reach(branch=BranchCode(OWN)))],
    ids=["province", "branch"],
)
def test_the_dead_ones_within_reach_are_shown_and_then_sent(
    member, dead, role, reach, given_up, sql
):
    browser = member(role, reach)
    assert 'href="/panel/notices/resend"' in browser.get("/panel/notices").text

    page = browser.get("/panel/notices/resend")
    shown = re.findall(r'name="notice" value="([^"]+)"', page.text)
    assert shown == [dead[OWN].notice]
    assert given_up() == {dead[OWN].number, dead[FOREIGN].number}, "nothing is sent by looking"

    answer = browser.post("/panel/notices/resend", notice=shown[0])

    assert "۱ ابلاغ دوباره در صف ارسال قرار گرفت." in answer.text
    assert given_up() == {dead[FOREIGN].number}
    assert sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'notice'") == [
        ({"notice": dead[OWN].notice},)
    ]
    [(actor,)] = sql("SELECT actor FROM audit_event WHERE name = 'notice.resent'")
    assert actor.startswith("staff-")


def test_one_of_another_province_is_not_there(member, dead, given_up):
    browser = member(*SUPERVISOR)
    before = given_up()

    for wanted in (dead[FOREIGN].notice, "no-id"):
        answer = browser.get(f"/panel/notices/resend?notice={wanted}")
        assert answer.status_code == HTTPStatus.NOT_FOUND
        browser.get("/panel/notices/resend")
        answer = browser.post("/panel/notices/resend", notice=wanted)
        assert answer.status_code == HTTPStatus.NOT_FOUND

    assert given_up() == before


def test_a_form_that_is_not_ours_sends_nothing(member, dead, given_up):
    browser = member(*SUPERVISOR)
    before = given_up()

    answer = browser.post("/panel/notices/resend", notice=dead[OWN].notice, form_token="0" * 64)

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert given_up() == before


def test_what_arrived_meanwhile_is_not_sent_again(member, dead, sql, clock):
    browser = member(*SUPERVISOR)
    browser.get("/panel/notices/resend")
    sql(
        "UPDATE notice SET delivered_at = :now, delivered_by = 'webhook', gave_up_at = NULL, "
        "workshop_number = '0010008642', account_id = 'a', position = nextval('notice_position')",
        now=clock.now,
    )

    answer = browser.post("/panel/notices/resend", notice=dead[OWN].notice)

    assert "ابلاغی برای ارسال دوباره نمانده بود." in answer.text
    assert sql("SELECT count(*) FROM audit_event WHERE name = 'notice.resent'") == [(0,)]
    again = browser.get(f"/panel/notices/resend?notice={dead[OWN].notice}")
    assert again.status_code == HTTPStatus.CONFLICT


def test_who_changes_nothing_is_offered_and_allowed_nothing(member, dead, given_up):
    browser = member(Role.HEADQUARTERS_AUDITOR, Reach())
    page = browser.get("/panel/notices")
    assert dead[OWN].number in page.text.translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789"))
    assert "/panel/notices/resend" not in page.text
    browser.get("/panel/account")

    answer = browser.post("/panel/notices/resend", notice=dead[OWN].notice)

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert len(given_up()) == 2
