"""Logging in to the panel with password and code, as a person does, also without scripts."""

import re
import time
from typing import Any
from uuid import uuid4

import pyotp
from playwright.sync_api import Page, expect

from clearance.roles import Reach, Role
from service.wiring.panel import open_staff_of

SECONDS_TO_SEND = 10
"""For a code to arrive while it is still taken, on a busy machine."""
PASSWORD = "باغ و سیب پاییزی سه‌شنبه"


def test_from_the_first_login_to_the_next(page: Page, running_service: Any) -> None:
    staff = open_staff_of(running_service.settings, running_service.memory.engine)
    username = f"u{uuid4().hex[:8]}"
    _, one_time = staff.accounts.add(
        username, "مریم رضایی", role=Role.ADMINISTRATOR, reach=Reach(), actor="operator"
    )

    page.goto("/panel/staff")
    expect(page).to_have_title("ورود همکاران — پنل مهر")
    _type_password(page, username, "wrong password")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title(re.compile("^خطا: "))
    _type_password(page, username, one_time)

    page.get_by_label("گذرواژهٔ تازه", exact=True).fill(PASSWORD)
    page.get_by_label("تکرار گذرواژهٔ تازه").fill(PASSWORD)
    page.get_by_role("button", name="ثبت گذرواژه").click()

    expect(page.locator("img.qr")).to_have_js_property("naturalWidth", 245)
    totp = pyotp.TOTP(page.locator("bdi.code").first.inner_text().replace(" ", ""))
    page.get_by_label("کد شش‌رقمی").fill(_code_before(totp))
    page.get_by_role("button", name="تأیید رمز دوم").click()
    expect(page.locator("ul.codes li")).to_have_count(10)
    page.get_by_role("button", name="خروج").click()
    expect(page.get_by_role("status")).to_contain_text("از پنل خارج شدید")

    page.goto("/panel/staff")
    _type_password(page, username, PASSWORD)
    page.get_by_label("کد شش‌رقمی برنامهٔ رمزساز").fill(totp.now())
    page.get_by_role("button", name="ورود").click()

    expect(page.locator("h1")).to_have_text("حساب‌های کارکنان")
    assert page.url.endswith("/panel/staff"), "back where they wanted to go"
    _assert_usable(page)
    for path in ("/panel", "/panel/account", "/panel/staff/new", "/panel/batches"):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        _assert_usable(page)


def _code_before(totp: pyotp.TOTP) -> str:
    """Return the code before this one: none counts twice, and the next login needs one too."""
    left = totp.interval - time.time() % totp.interval
    if left < SECONDS_TO_SEND:
        time.sleep(left)
    return totp.at(time.time() - totp.interval)


def _type_password(page: Page, username: str, password: str) -> None:
    page.get_by_label("نام کاربری").fill(username)
    page.get_by_label("گذرواژه").fill(password)
    page.get_by_role("button", name="ادامه").click()


def _assert_usable(page: Page) -> None:
    """Nothing hangs over the edge, every control is named and large enough (WCAG 2.5.8)."""
    page.wait_for_load_state()  # with its style sheets
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    for control in page.locator("button, input:not([type=hidden]):not([hidden]), select").all():
        box = control.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24
        assert control.evaluate("e => e.innerText || (e.labels && e.labels.length)")
    cookies = page.context.cookies()
    assert [each["name"] for each in cookies] == ["mohr"]
    assert cookies[0]["httpOnly"]
    assert cookies[0]["sameSite"] == "Strict"
