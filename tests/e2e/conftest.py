"""A real browser in front of the real service."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or the one that Playwright brought where there is none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


class Watch:
    """What a page must not do while a person uses it."""

    def __init__(self, page: Page, base_url: str) -> None:
        self._base_url = base_url
        self.complaints: list[str] = []
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, kind: str, text: str) -> None:
        # The browser notes each answer of 400 and above; those are asked for by the tests.
        asked_for = re.match("Failed to load resource: .* 4[0-9]{2}", text)
        if kind in ("error", "warning") and not asked_for:
            self.complaints.append(f"console: {text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._base_url, "data:")):
            self.complaints.append(f"outside: {request.url}")

    def _response(self, response: Response) -> None:
        if response.request.resource_type != "document" and response.status >= 400:
            self.complaints.append(f"missing: {response.url}")


@pytest.fixture(params=["desktop", "phone without scripts"])
def page(request: pytest.FixtureRequest, browser: Browser, running_service: Any) -> Iterator[Page]:
    """A page on a desktop, and on a small phone without JavaScript; both are watched."""
    options: dict[str, Any] = {"base_url": running_service.base_url}
    if request.param != "desktop":
        options |= {"viewport": PHONE, "java_script_enabled": False}
    context = browser.new_context(**options)
    page = context.new_page()
    watch = Watch(page, running_service.base_url)
    yield page
    context.close()
    assert watch.complaints == []


@pytest.fixture(scope="session")
def made(running_service: Any) -> Any:
    """One genuine clearance for all tests that change nothing."""
    return running_service.issue("ordinary-company")
