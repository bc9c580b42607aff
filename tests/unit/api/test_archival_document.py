"""GET /v1/clearances/{number}/document?revision=archival."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from register.archive import ArchivalRevision
from register.records import IssuedClearance

ARCHIVED = b"%PDF-1.7 a sealed clearance, continued"
SHA256 = hashlib.sha256(ARCHIVED).hexdigest()


@pytest.fixture
def get(open_with: Callable[..., Any], services: Any, stand_ins: Any, clearance: Any) -> Any:
    newest = ArchivalRevision(
        number=clearance.number,
        revision=2,
        sha256=SHA256,
        size=len(ARCHIVED),
        made_at=datetime(2026, 3, 1, tzinfo=UTC),
    )

    def read(sha256: str) -> bytes:
        return ARCHIVED if sha256 == SHA256 else stand_ins.read(sha256)

    caller = open_with(find_archival=lambda _: newest, read_document=read)

    def run(query: str = "", **headers: str) -> Any:
        return caller.get(
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
