"""Logging in through an identity provider over real HTTP, honest and lying."""

from dataclasses import replace
from datetime import timedelta

import httpx
from joserfc.jwk import ECKey, OctKey

from api.panel.visits import form_token
from clearance.roles import Role


def _through(browser, *, back=lambda address: address):
    """Follow the browser to the provider and back; answer what the panel shows."""
    departure = browser.get("/panel/login/provider?next=/panel/account", follow=False)
    assert departure.status_code == 303
    with httpx.Client(trust_env=False) as http:
        returned = http.get(departure.headers["location"])
    return browser.get(back(returned.headers["location"]))


def test_whom_the_provider_knows_is_in(provider_panel, browser, person_of, sql):
    person = person_of()
    browser = replace(browser, app=provider_panel())
    login = browser.get("/panel/login")
    assert "ورود سازمانی" in login.text

    arrived = _through(browser)

    assert arrived.status_code == 200
    # A redirect would come before browsers send strict cookies again.
    assert '<meta http-equiv="refresh" content="0; url=/panel/account">' in arrived.text
    assert person.member.full_name in browser.get("/panel").text
    told = sql("SELECT details FROM audit_event WHERE name = 'staff.logged_in' ORDER BY id DESC")
    assert told[0] == ({"method": "provider"},)


def test_the_own_second_factor_is_asked_for_unless_the_provider_does(
    provider_panel, browser, person_of, clock
):
    person = person_of()
    browser = replace(browser, app=provider_panel(proves_both=False))

    arrived = _through(browser)

    assert "/panel/login/code" in arrived.text
    assert browser.get("/panel", follow=False).headers["location"] == "/panel/login/code"
    browser.get("/panel/login/code")
    assert browser.post("/panel/login/code", code=person.totp.at(clock())).status_code == 200


def test_the_cookie_of_the_journey_comes_back_from_another_site_and_opens_nothing(
    provider_panel, browser
):
    browser = replace(browser, app=provider_panel())
    departure = browser.get("/panel/login/provider", follow=False)
    cookie = departure.headers["set-cookie"]

    assert cookie.startswith("__Host-mohr-provider=")
    parts = set(cookie.lower().split("; ")[1:])
    assert parts == {"secure", "httponly", "path=/", "samesite=lax", "max-age=600"}
    assert browser.get("/panel", follow=False).status_code == 303


def test_with_a_provider_passwords_can_be_left_out(provider_panel, browser, person_of):
    person = person_of()
    browser = replace(browser, app=provider_panel(passwords=False))

    page = browser.get("/panel/login")
    assert "current-password" not in page.text
    secret = browser.cookies["__Host-mohr"]
    refused = browser.post(
        "/panel/login",
        username=person.member.username,
        password=person.password,
        form_token=form_token(secret),
    )
    assert refused.status_code == 404


def _refused(page, lie: object = None) -> None:
    assert page.status_code == 403, lie
    assert "ورود با سامانهٔ سازمانی ممکن نشد" in page.text


LIES = (
    {"iss": "https://evil.test"},
    {"aud": "somebody else"},
    {"aud": ["mohr panel", "somebody else"]},
    {"nonce": "another"},
    {"preferred_username": ""},
    {"preferred_username": ["a.karimi"]},
    {"exp": 0},
    {"header": {"alg": "none"}},
    {"header": {"alg": "HS256"}, "key": OctKey.import_key("geheim&:/ and some more of it")},
    {"key": ECKey.generate_key("P-256")},
    {"header": {"kid": "two"}},
)


def test_a_lying_provider_lets_nobody_in(provider_panel, browser, identity_provider, person_of):
    person_of()
    app = provider_panel()
    for lie in LIES:
        identity_provider.lie = lie
        liar = replace(browser, app=app, cookies=httpx.Cookies())
        _refused(_through(liar), lie)
        assert liar.get("/panel", follow=False).status_code == 303, lie
    identity_provider.lie = {}
    assert _through(replace(browser, app=app)).status_code == 200, "the truth is believed"


def test_a_provider_under_another_name_is_not_gone_to(provider_panel, browser, identity_provider):
    identity_provider.lie = {"issuer": "https://evil.test"}
    browser = replace(browser, app=provider_panel())

    assert browser.get("/panel/login/provider", follow=False).status_code == 503


def test_an_answer_that_was_meddled_with_is_refused(provider_panel, browser, person_of):
    person_of()
    app = provider_panel()
    for change in (
        lambda back: back.replace("state=", "state=x"),
        lambda back: back.replace("code=", "code=x"),
        lambda back: back.replace("code=", "other="),
        lambda back: back.replace("iss=", "iss=x"),
        lambda back: back.split("?")[0],
        lambda back: back.split("?")[0] + "?error=access_denied&state=x",
    ):
        _refused(_through(replace(browser, app=app, cookies=httpx.Cookies()), back=change))


def test_an_answer_serves_the_browser_that_began_and_once(
    provider_panel, browser, another_browser, identity_provider, clock, person_of
):
    person_of()
    app = provider_panel()
    browser, other = replace(browser, app=app), replace(another_browser, app=app)
    departure = browser.get("/panel/login/provider", follow=False)
    with httpx.Client(trust_env=False) as http:
        back = http.get(departure.headers["location"]).headers["location"]

    _refused(other.get(back))
    other.get("/panel/login/provider", follow=False)
    _refused(other.get(back))
    assert identity_provider.token_requests == 0
    assert browser.get(back).status_code == 200
    _refused(browser.get(back))


def test_who_stays_away_too_long_begins_anew(provider_panel, browser, clock, person_of):
    person_of()
    browser = replace(browser, app=provider_panel())
    departure = browser.get("/panel/login/provider", follow=False)
    with httpx.Client(trust_env=False) as http:
        back = http.get(departure.headers["location"]).headers["location"]
    cookies = dict(browser.cookies)
    clock.now += timedelta(minutes=11)
    browser.cookies.update(cookies)

    _refused(browser.get(back))


def test_no_account_is_made_for_whom_nobody_added(
    provider_panel, browser, identity_provider, sql, staff, person_of
):
    person_of("admin", Role.ADMINISTRATOR)
    identity_provider.username = "s.ahmadi"
    browser = replace(browser, app=provider_panel())

    page = _through(browser)

    assert page.status_code == 403
    assert [each.username for each in staff.accounts.list()] == ["admin"]


def test_a_provider_that_is_away_is_an_outage(provider_panel, browser, identity_provider):
    browser = replace(browser, app=provider_panel())
    identity_provider.stop()

    page = browser.get("/panel/login/provider", follow=False)

    assert page.status_code == 503
    assert "provider.unavailable" in page.text
