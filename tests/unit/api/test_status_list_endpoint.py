"""The status list over HTTP: its type, its caching, and nothing that cannot be relied upon."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from register.status_lists import Publication

NOW = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
"""What the application's clock says."""
PUBLISHED = Publication(
    list_number=0,
    revoked=2,
    issued_at=NOW - timedelta(hours=1),
    expires_at=NOW + timedelta(hours=23),
    ttl=timedelta(minutes=5),
    kid=b"12345678",
    token=b"\xd2 signed",
)


@pytest.fixture
def serve(open_with: Callable[..., Any]) -> Callable[..., Any]:
    def fetch(path: str, published: Publication = PUBLISHED, **options: Any) -> Any:
        caller = open_with(find_status_list={0: published, 12: published}.get)
        return caller.get(path, **options)

    return fetch


def test_it_is_served_as_it_was_signed(serve: Any) -> None:
    response = serve("/s/0")
    assert (response.status_code, response.content) == (200, PUBLISHED.token)
    assert response.headers["Content-Type"] == "application/statuslist+cwt"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Expires"] == "Sun, 01 Feb 2026 08:35:00 GMT"
    assert response.headers["Last-Modified"] == "Sun, 01 Feb 2026 07:30:00 GMT"
    assert serve("/s/12").status_code == 200


def test_who_has_it_gets_no_second_copy(serve: Any) -> None:
    etag = serve("/s/0").headers["ETag"]
    same = serve("/s/0", headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["Cache-Control"] == "public, max-age=300"
    newer = replace(PUBLISHED, token=b"\xd2 signed anew")
    assert serve("/s/0", newer, headers={"If-None-Match": etag}).content == newer.token


def test_head_tells_the_same_without_the_list(open_with: Callable[..., Any]) -> None:
    caller = open_with(find_status_list={0: PUBLISHED}.get)
    got, head = caller.get("/s/0"), caller.request("HEAD", "/s/0")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Length", "Cache-Control", "ETag", "Expires"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    "accept", ["application/statuslist+cwt", "*/*", "application/statuslist+jwt", "text/html"]
)
def test_there_is_one_form_for_everyone(serve: Any, accept: str) -> None:
    # So that a cache may keep one copy, and who asks shows nothing of what they look for.
    response = serve(
        "/s/0", headers={"Accept": accept, "Referer": "https://x/Q/2KCE", "Cookie": "a=b"}
    )
    assert (response.status_code, response.content) == (200, PUBLISHED.token)
    assert response.headers["Content-Type"] == "application/statuslist+cwt"
    assert {"Vary", "Set-Cookie"}.isdisjoint(response.headers)


def test_a_copy_is_not_to_be_kept_beyond_its_end(serve: Any) -> None:
    ending = replace(PUBLISHED, expires_at=NOW + timedelta(seconds=40))
    response = serve("/s/0", ending)
    assert response.headers["Cache-Control"] == "public, max-age=40"
    assert response.headers["Expires"] == "Sun, 01 Feb 2026 08:30:40 GMT"


def test_an_expired_list_is_not_served(serve: Any) -> None:
    response = serve("/s/0", replace(PUBLISHED, expires_at=NOW))
    assert (response.status_code, response.json()["code"]) == (503, "status_list.not_ready")
    assert response.headers["Cache-Control"] == "no-store"
    assert "Retry-After" in response.headers


@pytest.mark.parametrize("number", ["1", "00", "-1", "x", "0.0", "۰", "99999", "1" * 40])
def test_there_are_no_other_lists(serve: Any, number: str) -> None:
    # Also to a browser: the address is for programs.
    response = serve(f"/s/{number}", headers={"Accept": "text/html"})
    assert (response.status_code, response.json()["code"]) == (404, "status_list.not_found")


def test_lists_of_the_past_are_not_served(serve: Any) -> None:
    response = serve("/s/0?time=1686925000")
    assert (response.status_code, response.json()["code"]) == (501, "status_list.no_history")


def test_openapi_describes_it(serve: Any) -> None:
    operation = serve("/openapi.json").json()["paths"]["/s/{number}"]["get"]
    assert list(operation["responses"]["200"]["content"]) == ["application/statuslist+cwt"]
