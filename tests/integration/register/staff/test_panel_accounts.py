"""The panel from the first login on, and what administrators do in it."""

import re

import pyotp
import pytest

from clearance.identifiers import BranchCode
from clearance.roles import Reach, Role

PASSWORD = "یک گذرواژه‌ی دیگر و نو"


@pytest.fixture
def admin_browser(browser, clock, person_of):
    browser.log_in(person_of("admin", Role.ADMINISTRATOR, full_name="مدیر"), clock)
    return browser


@pytest.fixture
def branches(sql):
    for code, name, province in (("0041", "شعبه ۴", "تهران"), ("0051", "شعبه کرج", "البرز")):
        sql(
            "INSERT INTO branch (code, name, province, version, updated_at) "
            "VALUES (:code, :name, :province, 1, now())",
            code=code,
            name=name,
            province=province,
        )


def test_from_the_first_login_to_the_logout(browser, staff, clock):
    _, one_time = staff.accounts.add(
        "new.one", "کاربر نو", role=Role.HEADQUARTERS_AUDITOR, reach=Reach(), actor="operator"
    )
    browser.get("/panel")
    page = browser.post("/panel/login", username="new.one", password=one_time)
    assert str(page.url).endswith("/panel/login/password")

    page = browser.post("/panel/login/password", new=PASSWORD, again=PASSWORD + "!")
    assert page.status_code == 422
    assert 'href="#again"' in page.text
    page = browser.post("/panel/login/password", new=PASSWORD, again=PASSWORD)
    assert str(page.url).endswith("/panel/login/enrolment")

    secret = re.findall(r"<bdi [^>]*>((?:[A-Z2-7]{4} ?){8})</bdi>", page.text)[0].replace(" ", "")
    picture = browser.get("/panel/login/enrolment/qr.png")
    assert picture.content.startswith(b"\x89PNG")
    page = browser.get("/panel/login/enrolment")
    assert secret[:4] in page.text, "the same until it is confirmed"
    assert browser.post("/panel/login/enrolment", code="000000").status_code == 422
    page = browser.post("/panel/login/enrolment", code=pyotp.TOTP(secret).at(clock()))
    assert len(re.findall(r"<li><bdi [^>]*>[a-z2-9-]{14}</bdi>", page.text)) == 10

    page = browser.get("/panel")
    assert "کاربر نو" in page.text
    assert "ممیز ستاد، سراسر کشور" in page.text
    page = browser.post("/panel/logout")
    assert str(page.url).endswith("/panel/login")
    assert "از پنل خارج شدید" in page.text
    assert "از پنل خارج شدید" not in browser.get("/panel/login").text
    assert browser.get("/panel", follow=False).status_code == 303


def test_no_step_of_the_login_can_be_left_out(browser, clock, person_of):
    person = person_of()
    browser.get("/panel/login")
    browser.post("/panel/login", username=person.member.username, password=person.password)

    for path in ("/panel", "/panel/account", "/panel/login/password", "/panel/login/enrolment"):
        answer = browser.get(path, follow=False)
        assert answer.status_code == 303, path
        assert answer.headers["location"] == "/panel/login/code", path


def test_a_refused_login_keeps_the_name_and_says_what_to_do(browser, person_of, clock):
    person_of()
    browser.get("/panel/login")
    page = browser.post("/panel/login", username="a.karimi", password="wrong password")

    assert page.status_code == 422
    assert 'value="a.karimi"' in page.text
    assert "wrong password" not in page.text
    assert 'role="alert"' in page.text
    for _ in range(4):
        browser.post("/panel/login", username="a.karimi", password="wrong password")
    barred = browser.post("/panel/login", username="a.karimi", password="wrong password")
    assert barred.status_code == 429
    assert "۱ دقیقهٔ دیگر" in barred.text


def test_an_administrator_adds_an_account_and_it_works(
    admin_browser, another_browser, branches, staff, clock
):
    page = admin_browser.get("/panel/staff/new")
    assert "۰۰۴۱ — شعبه ۴، تهران" in page.text
    page = admin_browser.post(
        "/panel/staff/new",
        full_name="سارا احمدی",
        username="s.ahmadi",
        role="branch_officer",
        branch="0041",
        province="",
    )
    password = re.findall(r"<bdi [^>]*>([a-z2-9]{4}(?:-[a-z2-9]{4}){3})</bdi>", page.text)[0]
    member = staff.accounts.find("s.ahmadi")
    assert member.reach == Reach(branch=BranchCode("0041"))

    another_browser.get("/panel/login")
    page = another_browser.post("/panel/login", username="s.ahmadi", password=password)
    assert str(page.url).endswith("/panel/login/password")
    assert "در انتظار نخستین ورود" in admin_browser.get("/panel/staff").text


def test_what_is_wrong_with_a_new_account_stands_beside_its_field(admin_browser, branches):
    admin_browser.get("/panel/staff/new")
    right = {
        "full_name": "سارا احمدی",
        "username": "s.ahmadi",
        "role": "branch_officer",
        "branch": "0041",
        "province": "",
    }
    for change, field in (
        ({"full_name": "  "}, "full_name"),
        ({"username": "سارا"}, "username"),
        ({"username": "admin"}, "username"),
        ({"role": ""}, "role"),
        ({"role": "emperor"}, "role"),
        ({"branch": ""}, "branch"),
        ({"branch": "0099"}, "branch"),
        ({"branch": "0041", "province": "تهران"}, "branch"),
        ({"role": "provincial_supervisor", "branch": "", "province": "مریخ"}, "province"),
        ({"role": "administrator"}, "role"),
    ):
        page = admin_browser.post("/panel/staff/new", **{**right, **change})
        assert page.status_code == 422, change
        assert f'href="#{field}"' in page.text, change
        assert f'id="{field}"' in page.text, change


def test_an_administrator_keeps_an_account(admin_browser, staff, person_of, clock, branches):
    person_of("s.ahmadi", full_name="سارا احمدی")
    address = "/panel/staff/accounts/s.ahmadi"
    admin_browser.get(address)

    page = admin_browser.post(
        f"{address}/role", role="provincial_supervisor", province="البرز", branch=""
    )
    assert "ناظر استان (استان البرز)" in page.text
    assert staff.accounts.find("s.ahmadi").reach == Reach(province="البرز")
    assert "مسدود شد" in admin_browser.post(f"{address}/lock").text
    assert staff.accounts.find("s.ahmadi").locked_at
    assert "دوباره باز شد" in admin_browser.post(f"{address}/unlock").text
    assert not staff.accounts.find("s.ahmadi").locked_at
    admin_browser.post(f"{address}/second-factor")
    assert not staff.accounts.find("s.ahmadi").has_second_factor
    assert "یک‌بارمصرف" in admin_browser.post(f"{address}/password").text
    assert staff.accounts.find("s.ahmadi").one_time_until


def test_an_administrators_own_account_offers_nothing_and_refuses_all(admin_browser, staff):
    address = "/panel/staff/accounts/admin"
    page = admin_browser.get(address)
    assert f'action="{address}' not in page.text

    for act in ("lock", "second-factor", "password"):
        page = admin_browser.post(f"{address}/{act}", form_token=_token(admin_browser))
        assert page.status_code == 403, act
        assert "staff.own_account" in page.text
    page = admin_browser.post(
        f"{address}/role", role="headquarters_auditor", form_token=_token(admin_browser)
    )
    assert page.status_code == 403
    assert staff.accounts.find("admin").role is Role.ADMINISTRATOR


def _token(browser) -> str:
    browser.get("/panel/staff/new")
    return browser.form_token


def test_an_account_that_is_not_there_is_a_page(admin_browser):
    assert admin_browser.get("/panel/staff/accounts/nobody").status_code == 404


def test_people_keep_their_own_account(browser, another_browser, clock, person_of):
    person = person_of()
    another_browser.log_in(person, clock)
    browser.log_in(person, clock)
    page = browser.get("/panel/account")
    assert "198.51.100.3" in page.text

    page = browser.post(
        "/panel/account/password", current="wrong password", new=PASSWORD, again=PASSWORD
    )
    assert 'href="#current"' in page.text
    page = browser.post(
        "/panel/account/password", current=person.password, new=PASSWORD, again=PASSWORD
    )
    assert "گذرواژه تغییر کرد" in page.text
    assert another_browser.get("/panel", follow=False).status_code == 303

    page = browser.post("/panel/account/recovery-codes", code="000000")
    assert 'href="#code"' in page.text
    page = browser.post("/panel/account/recovery-codes", code=person.totp.at(clock()))
    assert page.text.count("<li><bdi") == 10


def test_people_end_a_session_of_theirs(browser, another_browser, clock, person_of):
    person = person_of()
    another_browser.log_in(person, clock)
    browser.log_in(person, clock)
    page = browser.get("/panel/account")
    other = re.findall(r'name="session" value="([0-9a-f]{64})"', page.text)[0]

    page = browser.post("/panel/account/sessions/end", session=other)

    assert "نشست پایان یافت" in page.text
    assert another_browser.get("/panel", follow=False).status_code == 303
    assert browser.post("/panel/account/sessions/end", session="xyz").status_code == 200
    assert browser.post("/panel/account/sessions/end-others").status_code == 200
