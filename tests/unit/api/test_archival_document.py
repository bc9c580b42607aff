"""The archival revision, through the API and on the pages."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import lxml.html
import pytest

from clearance.errors import Unavailable
from clearance.verdict import Outcome
from register.archive_records import ArchivalRevision
from register.records import IssuedClearance

ARCHIVED = b"%PDF-1.7 a sealed clearance, continued"
SHA256 = hashlib.sha256(ARCHIVED).hexdigest()


@pytest.fixture
def pages(open_with: Callable[..., Any], stand_ins: Any, clearance: Any) -> Any:
    newest = ArchivalRevision(
        number=clearance.number,
        revision=2,
        sha256=SHA256,
        size=len(ARCHIVED),
        made_at=datetime(2026, 3, 1, tzinfo=UTC),
    )

    def read(sha256: str) -> bytes:
        return ARCHIVED if sha256 == SHA256 else stand_ins.read(sha256)

    return open_with(find_archival=lambda _: newest, read_document=read)


@pytest.fixture
def get(pages: Any, clearance: Any) -> Any:
    def run(query: str = "", **headers: str) -> Any:
        return pages.get(
            f"/v1/clearances/{clearance.number}/document{query}",
            headers={"Verification-Code": clearance.verification_code, **headers},
        )

    return run


def test_the_newest_revision_is_served(get: Any, clearance: IssuedClearance) -> None:
    response = get("?revision=archival")
    assert response.status_code == 200
    assert response.content == ARCHIVED
    assert response.headers["etag"] == f'"{SHA256}"'
    assert (
        f'filename="clearance-{clearance.number}-archival-2.pdf"'
        in (response.headers["content-disposition"])
    )
    link = f'</v1/clearances/{clearance.number}/document>; rel="alternate"; type="application/pdf"'
    assert response.headers["link"] == link
    again = get("?revision=archival", **{"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["link"] == link


@pytest.mark.parametrize("query", ["", "?revision=original"])
def test_the_original_points_to_it(
    get: Any, stand_ins: Any, clearance: IssuedClearance, query: str
) -> None:
    response = get(query)
    assert response.content == stand_ins.pdf
    assert response.headers["link"].startswith(
        f"</v1/clearances/{clearance.number}/document?revision=archival>;"
    )


def test_before_there_is_one(open_with: Callable[..., Any], clearance: IssuedClearance) -> None:
    caller = open_with(find_archival=lambda _: None)
    path = f"/v1/clearances/{clearance.number}/document"
    headers = {"Verification-Code": clearance.verification_code}
    response = caller.get(f"{path}?revision=archival", headers=headers)
    assert response.status_code == 409
    assert response.json()["code"] == "clearance.not_archived_yet"
    assert "link" not in caller.get(path, headers=headers).headers


def test_another_word_is_refused(get: Any) -> None:
    assert get("?revision=newest").status_code == 422


def test_it_needs_the_same_right(get: Any, clearance: IssuedClearance) -> None:
    wrong = {"Verification-Code": "0000-0000-0000-0000"}
    assert get("?revision=archival", **wrong).status_code == 404


# --- the pages


def buttons(response: Any) -> dict[str | None, Any]:
    """The buttons of the form that hands out documents, by what they ask for."""
    page = lxml.html.fromstring(response.content)
    return {
        button.get("value"): form
        for form in page.forms
        if form.action.endswith("/clearances/document")
        for button in form.iter("button")
    }


def test_the_page_behind_the_qr_code_offers_both(pages: Any, clearance: IssuedClearance) -> None:
    found = buttons(pages.get(f"/q/{clearance.token_text}"))
    assert set(found) == {None, "archival"}
    form = found["archival"]
    response = pages.post(form.action, data={**dict(form.fields), "revision": "archival"})
    assert (response.status_code, response.content) == (200, ARCHIVED)
    wrong = {**dict(form.fields), "revision": "archival", "code": "0000-0000-0000-0000"}
    assert pages.post(form.action, data=wrong).status_code == 404


def test_whoever_has_the_file_is_offered_the_other(
    pages: Any, stand_ins: Any, clearance: IssuedClearance
) -> None:
    stand_ins.judges(b"%PDF-1.7 a file", Outcome.AUTHENTIC, number=clearance.number)
    found = buttons(pages.post("/verifications", files={"file": ("a.pdf", b"%PDF-1.7 a file")}))
    assert set(found) == {"archival"}


def test_the_page_offers_none_before_there_is_one(
    open_with: Callable[..., Any], clearance: IssuedClearance
) -> None:
    caller = open_with(find_archival=lambda _: None)
    page = caller.get(f"/q/{clearance.token_text}")
    assert set(buttons(page)) == {None}
    form = buttons(page)[None]
    refused = caller.post(form.action, data={**dict(form.fields), "revision": "archival"})
    assert refused.status_code == 409
    assert "نسخهٔ بایگانی" in refused.text


def test_without_an_archive_the_page_answers_all_the_same(
    open_with: Callable[..., Any], clearance: IssuedClearance
) -> None:
    def away(number: object) -> None:
        raise Unavailable("register.unavailable")

    page = open_with(find_archival=away).get(f"/q/{clearance.token_text}")
    assert page.status_code == 200
    assert set(buttons(page)) == {None}
