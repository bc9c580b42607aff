"""What stands before every page of the panel."""

import re
from dataclasses import replace

import httpx
import pytest
from starlette.routing import Route

from api.panel.routers import ROUTERS
from clearance.roles import Role

OPEN = {"/panel/login", "/panel/login/provider", "/panel/login/provider/callback", "/panel/logout"}


def _routes() -> list[tuple[str, str]]:
    found = [
        (method, re.sub(r"\{\w+(:\w+)?\}", "something", route.path))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, Route) or hasattr(route, "methods")
        for method in route.methods
    ]
    assert len(found) > 20
    return [(method, path) for method, path in found if path not in OPEN]


def test_no_page_opens_without_a_login(browser):
    browser.get("/panel/login")
    for method, path in _routes():
        if method == "GET":
            answer = browser.get(path, follow=False)
        else:
            answer = browser.post(path, follow=False, form_token=_token(browser))
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/panel/login"), (method, path)
        assert answer.content == b"", (method, path)


def _token(browser) -> str:
    browser.get("/panel/login")
    return browser.form_token


def test_no_form_is_taken_without_its_token(browser, clock, person_of):
    browser.log_in(person_of("admin", Role.ADMINISTRATOR), clock)
    for method, path in [*_routes(), ("POST", "/panel/login"), ("POST", "/panel/logout")]:
        if method != "POST":
            continue
        for token in ("", "0" * 64, "ü"):
            answer = browser.post(path, follow=False, form_token=token)
            if path in {"/panel/login/code", "/panel/login/password", "/panel/login/enrolment"}:
                assert answer.status_code == 303, "the login is over"
            else:
                assert answer.status_code == 403, (path, token)


def test_a_form_of_another_visit_is_refused(browser, another_browser, clock, person_of):
    person = person_of()
    another_browser.get("/panel/login")
    browser.get("/panel/login")

    answer = browser.post(
        "/panel/login",
        username=person.member.username,
        password=person.password,
        form_token=another_browser.form_token,
    )

    assert answer.status_code == 403
    assert "form.expired" in answer.text


def test_a_form_from_elsewhere_is_refused_even_with_its_token(browser):
    browser.get("/panel/login")
    form = {"form_token": browser.form_token, "username": "a", "password": "b"}
    for headers in (
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://panel.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = browser.request(
            "POST",
            "/panel/login",
            follow=False,
            headers={"Accept": "text/html", **headers},
            data=form,
        )
        assert answer.status_code == 403, headers
        assert "form.from_elsewhere" in answer.text


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(browser, clock, person_of):
    person = person_of()
    before = browser.get("/panel/login").headers["set-cookie"]
    browser.post("/panel/login", username=person.member.username, password=person.password)
    answer = browser.post("/panel/login/code", follow=False, code=person.totp.at(clock()))
    after = answer.headers["set-cookie"]

    for cookie in (before, after):
        assert cookie.startswith("__Host-mohr=")
        parts = set(cookie.lower().split("; ")[1:])
        assert parts == {"secure", "httponly", "path=/", "samesite=strict"}
    assert before.split(";")[0] != after.split(";")[0]


def test_pages_are_neither_kept_nor_framed_and_run_no_script(browser, clock, person_of):
    page = browser.log_in(person_of(), clock)

    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "<script" not in page.text
    assert "style=" not in page.text


def test_a_role_without_the_permission_sees_neither_page_nor_entry(browser, clock, person_of):
    page = browser.log_in(person_of(role=Role.HEADQUARTERS_AUDITOR), clock)
    assert "/panel/staff" not in page.text

    refused = browser.get("/panel/staff")

    assert refused.status_code == 403
    assert "access.not_permitted" in refused.text


def test_a_lock_takes_effect_with_the_next_click(browser, clock, person_of, staff):
    person = person_of()
    assert browser.log_in(person, clock).status_code == 200

    staff.accounts.lock(person.member.username, actor="operator")

    assert browser.get("/panel", follow=False).headers["location"] == "/panel/login"


def test_who_was_sent_to_the_login_comes_back(browser, clock, person_of):
    person = person_of("admin", Role.ADMINISTRATOR)
    page = browser.get("/panel/staff?page=2")
    wanted = re.findall(r'name="next" value="([^"]+)"', page.text)[0]
    assert wanted == "/panel/staff?page=2"

    browser.post(
        "/panel/login",
        username=person.member.username,
        password=person.password,
        next=wanted,
    )
    wanted = re.findall(r'name="next" value="([^"]+)"', browser.page.text)[0]
    page = browser.post("/panel/login/code", code=person.totp.at(clock()), next=wanted)

    assert str(page.url) == "https://panel.test/panel/staff?page=2"


def test_a_link_of_another_site_costs_nobody_their_session(browser, clock, person_of):
    person = person_of()
    browser.log_in(person, clock)
    kept, browser.cookies = browser.cookies, httpx.Cookies()

    answer = browser.get("/panel/account?x=1", **{"Sec-Fetch-Site": "cross-site"})

    assert answer.headers["refresh"] == "0; url=/panel/account?x=1"
    assert "set-cookie" not in answer.headers
    browser.cookies = kept
    assert browser.get("/panel/account?x=1").status_code == 200


@pytest.mark.parametrize("segment", ["%E2%82%AC", "%00", "%0D%0AX:%201", "%3Fa=1", "%FF", "a;b"])
def test_no_path_breaks_a_page_whether_one_is_logged_in_or_not(browser, clock, person_of, segment):
    paths = [re.sub(r"\{\w+(:\w+)?\}", segment, path) for path in _parametrised()]
    paths += [f"/panel/{segment}", f"/{segment}"]
    for path in paths:
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            browser.cookies = httpx.Cookies()
            answer = browser.request("GET", path, follow=False, headers=headers)
            assert answer.status_code in {200, 303, 404}, (path, headers, answer.status_code)
            for name in ("refresh", "location"):
                assert answer.headers.get(name, "").isprintable()
    browser.log_in(person_of("everywhere", Role.ADMINISTRATOR), clock)
    for path in paths:
        assert browser.get(path, follow=False).status_code < 500, path


def test_whoever_is_asked_again_comes_to_the_very_path(browser):
    browser.get("/panel/login")
    browser.cookies = httpx.Cookies()
    path = "/panel/clearances/%E2%82%AC%3F"

    answer = browser.get(path, **{"Sec-Fetch-Site": "cross-site"})

    assert answer.headers["refresh"] == f"0; url={path}"


def _parametrised() -> list[str]:
    return [
        route.path
        for router in ROUTERS
        for route in router.routes
        if "{" in route.path and "GET" in route.methods
    ]


def test_a_name_with_markup_is_shown_as_it_is(browser, clock, person_of):
    page = browser.log_in(person_of(full_name='<b onclick="x">نام</b>'), clock)

    assert "&lt;b onclick=" in page.text
    assert "<b onclick" not in page.text


def test_a_path_that_is_not_there_is_a_page_of_the_panel(browser):
    answer = browser.get("/panel/no-such-page")

    assert answer.status_code == 404
    assert "panel.css" in answer.text


def test_there_is_no_panel_without_an_office(open_panel, browser):
    public = replace(browser, app=open_panel(office=None))

    for path in ("/panel", "/panel/login"):
        answer = public.get(path)
        assert answer.status_code == 404
        assert "panel.css" not in answer.text
