"""What the framework itself refuses is a problem document like every other refusal."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("revision=null", "field.not_allowed", "/query/revision"),
        ("revision=", "field.not_allowed", "/query/revision"),
        ("revision=ARCHIVAL", "field.not_allowed", "/query/revision"),
    ],
)
def test_a_query_value_that_is_not_allowed(
    caller: Any, clearance: Any, query: str, code: str, field: str
) -> None:
    response = caller.get(
        f"/v1/clearances/{clearance.number}/document?{query}",
        headers={"Authorization": "Bearer mohr_read"},
    )
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    document = response.json()
    assert (document["code"], document["field"]) == (code, field)
    assert "archival" in document["message"]["en"]
    assert "archival" in document["message"]["fa"]


def test_a_query_value_that_is_missing(open_with: Any, office_with: Any) -> None:
    class Reviews:
        """Nothing of it may be asked: the request is refused before."""

    caller = open_with(office=office_with(directory=Reviews()))
    response = caller.get(
        "/v1/contract-rows/0041/001/reviews", headers={"Authorization": "Bearer mohr_read"}
    )
    assert response.status_code == 422
    document = response.json()
    assert (document["code"], document["field"]) == ("field.missing", "/query/sequence")
