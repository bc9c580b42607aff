"""What a browser makes of the pages: keyboard, sizes, fonts, dark mode, paper."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect


def test_the_keyboard_goes_all_the_way(page: Page, made: Any) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="رفتن به متن اصلی")).to_be_focused()
    page.get_by_label("شمارهٔ مفاصاحساب").focus()
    page.keyboard.type(made.number)
    page.keyboard.press("Tab")
    expect(page.get_by_label("رمز تصدیق")).to_be_focused()
    page.keyboard.type(made.verification_code)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("این مفاصاحساب صادر شده و معتبر است")


def test_focus_is_visible(page: Page) -> None:
    page.goto("/")
    for _ in range(8):
        page.keyboard.press("Tab")
        width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert width == "3px"


def test_targets_are_large_enough(page: Page, made: Any) -> None:
    for path in ("/", f"/q/{made.token}"):
        page.goto(path)
        for control in page.locator("button, input:not([type=hidden]), .button, summary").all():
            box = control.bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 24


def test_the_embedded_font_is_used(page: Page) -> None:
    with page.expect_response("**/static/fonts/NotoSansArabic-Regular.ttf") as answer:
        page.goto("/")
    assert answer.value.status == 200
    assert answer.value.headers["content-type"] == "font/ttf"


def test_samples_say_so(page: Page, made: Any) -> None:
    for path in ("/", f"/q/{made.token}", "/no-such-page"):
        page.goto(path)
        expect(page.locator(".sample")).to_contain_text("نمونه — فاقد اعتبار")


def test_a_page_that_is_not_there(page: Page) -> None:
    page.goto("/no-such-page")
    expect(page.locator("h1")).to_contain_text("چنین نشانی‌ای در این سامانه وجود ندارد")
    page.get_by_role("link", name="بازگشت به صفحهٔ اصلی").click()
    expect(page.locator("form")).to_have_count(3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_colour_schemes(
    browser: Browser, running_service: Any, made: Any, scheme: str
) -> None:
    context = browser.new_context(base_url=running_service.base_url, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"/q/{made.token}")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(243, 241, 236)", "dark": "rgb(16, 23, 27)"}[scheme]
    context.close()


def test_paper_shows_a_receipt(page: Page, made: Any) -> None:
    page.goto(f"/q/{made.token}")
    page.emulate_media(media="print")
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator(".checked")).to_be_visible()
    expect(page.locator(".domain")).to_be_visible()
    expect(page.locator(".receipt-only")).to_be_visible()
    for hidden in (".actions", "main form", "footer ul"):
        expect(page.locator(hidden)).to_be_hidden()
