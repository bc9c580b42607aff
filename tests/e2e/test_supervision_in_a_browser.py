"""Supervising in a browser: asking for a revocation, confirming another's, one's own province."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from playwright.sync_api import Page, expect

from clearance.identifiers import BranchCode
from clearance.roles import Reach, Role
from register.staff.sessions import Visitor
from service.wiring.panel import open_staff_of

PASSWORD = "باغ و سیب پاییزی سه‌شنبه"
VISITOR = Visitor(address="127.0.0.1", network="127.0.0.1", agent="a browser")


@dataclass(frozen=True)
class Person:
    username: str
    totp: pyotp.TOTP


@pytest.fixture
def person_of(running_service: Any) -> Callable[[Role, Reach], Person]:
    """Add an account and take it through its first login."""
    staff = open_staff_of(running_service.settings, running_service.memory.engine)

    def make(role: Role, reach: Reach) -> Person:
        username = f"u{uuid4().hex[:8]}"
        _, one_time = staff.accounts.add(
            username, f"همکار {username}", role=role, reach=reach, actor="operator"
        )
        logins, sessions = staff.logins, staff.sessions
        first = sessions.find(logins.with_password(username, one_time, VISITOR))
        second = sessions.find(logins.change_password(first, None, PASSWORD, VISITOR))
        totp = pyotp.TOTP(staff.second_factors.offer(second.member.id).secret)
        # The code before this one, since no code counts twice and the browser needs one too.
        last, _ = logins.with_enrolment(second, totp.at(time.time() - 30), VISITOR)
        logins.log_out(sessions.find(last))
        return Person(username, totp)

    return make


# On a small screen and without scripts, which asks the most of the pages.
@pytest.mark.parametrize("page", ["phone without scripts"], indirect=True)
def test_one_asks_another_confirms_and_another_province_sees_nothing(
    page: Page,
    running_service: Any,
    person_of: Callable[..., Person],
    fresh: Callable[[str], dict[str, Any]],
) -> None:
    request = fresh("ordinary-company")
    made = running_service.issue(request)
    branch = BranchCode(request["branch"]["code"])
    asking = person_of(Role.BRANCH_OFFICER, Reach(branch=branch))
    head = person_of(Role.BRANCH_HEAD, Reach(branch=branch))
    stranger = person_of(Role.PROVINCIAL_SUPERVISOR, Reach(province="هرمزگان"))

    _log_in(page, asking)
    page.get_by_role("link", name="مفاصاحساب‌ها", exact=True).first.click()
    page.get_by_label("جست‌وجو").fill(request["contract"]["row"])
    page.get_by_role("button", name="جست‌وجو").click()
    page.locator("tbody a").first.click()
    assert page.url.endswith(f"/panel/clearances/{made.number}")
    _assert_usable(page)
    page.get_by_role("link", name="درخواست ابطال این مفاصاحساب").click()
    page.get_by_role("button", name="بازبینی پیش از ثبت").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("نادرستی اطلاعات").check()
    page.get_by_label("توضیح برای همکاران").fill("ردیف پیمان نادرست است.\nپرونده دیده شد.")
    page.get_by_role("button", name="بازبینی پیش از ثبت").click()
    expect(page.locator("main")).to_contain_text("اطلاعات آن نادرست بود و اصلاح شد.")
    page.get_by_role("button", name="ثبت درخواست ابطال").click()
    expect(page.get_by_role("status")).to_contain_text("درخواست ابطال با شمارهٔ")
    expect(page.get_by_role("button", name="تأیید و ابطال مفاصاحساب")).to_have_count(0)
    request_page = page.url
    page.get_by_role("button", name="خروج").click()

    _log_in(page, head)
    page.get_by_role("link", name="ابطال‌های در انتظار تأیید شما").click()
    page.locator(f'tbody a[href="{request_page.removeprefix(running_service.base_url)}"]').click()
    expect(page.locator("main")).to_contain_text("ردیف پیمان نادرست است. پرونده دیده شد.")
    _assert_usable(page)
    page.get_by_role("button", name="تأیید و ابطال مفاصاحساب").click()
    expect(page.get_by_role("status")).to_contain_text("از هم‌اکنون باطل است")
    assert running_service.verify(made.document)["outcome"] == "withdrawn"
    for path in ("/panel", "/panel/timeliness", "/panel/rows", "/panel/trail", "/panel/paper"):
        page.goto(path)
        _assert_usable(page)
    page.goto("/panel/timeliness")
    charts = page.locator("main img")
    expect(charts).to_have_count(5)
    assert all(each.evaluate("e => e.complete && e.naturalWidth > 300") for each in charts.all())
    page.get_by_role("button", name="خروج").click()

    _log_in(page, stranger)
    for path in (f"/panel/clearances/{made.number}", request_page):
        answer = page.goto(path)
        assert answer
        assert answer.status == 404
        expect(page.locator("main")).not_to_contain_text(request["contractor"]["name"])
    page.goto(f"/panel/clearances?q={made.number}")
    expect(page.get_by_role("status")).to_contain_text("۰ مفاصاحساب")


def _log_in(page: Page, person: Person) -> None:
    page.goto("/panel")
    page.get_by_label("نام کاربری").fill(person.username)
    page.get_by_label("گذرواژه").fill(PASSWORD)
    page.get_by_role("button", name="ادامه").click()
    page.get_by_label("کد شش‌رقمی برنامهٔ رمزساز").fill(person.totp.now())
    page.get_by_role("button", name="ورود").click()
    expect(page.get_by_role("button", name="خروج")).to_be_visible()


def _assert_usable(page: Page) -> None:
    """Nothing hangs over the edge, every control is large enough (WCAG 2.5.8)."""
    page.wait_for_load_state()  # with its style sheets
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    ), page.url
    for control in page.locator("main :is(button, input:not([type=hidden]), select)").all():
        box = control.bounding_box()
        assert box, page.url
        assert min(box["width"], box["height"]) >= 24, page.url
