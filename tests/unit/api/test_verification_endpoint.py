"""POST /v1/verifications and GET /v1/tokens/{token}."""

from typing import Any

import pytest

from clearance.verdict import Outcome, Reason

PATH = "/v1/verifications"
PDF_TYPE = {"Content-Type": "application/pdf"}
GENUINE = (Outcome.AUTHENTIC, Reason.REGISTERED, Reason.IN_FORCE)


def test_takes_a_form_and_a_bare_body_alike(caller: Any, stand_ins: Any, clearance: Any) -> None:
    stand_ins.judges(b"%PDF-genuine", *GENUINE, number=clearance.number)
    form = caller.post(PATH, files={"file": ("a.pdf", b"%PDF-genuine", "application/pdf")})
    bare = caller.post(PATH, content=b"%PDF-genuine", headers=PDF_TYPE)
    assert form.status_code == bare.status_code == 200
    assert form.json() == bare.json()
    assert form.json()["outcome"] == "authentic"


def test_a_genuine_file_comes_with_the_facts(caller: Any, stand_ins: Any, clearance: Any) -> None:
    stand_ins.judges(b"%PDF-genuine", *GENUINE, number=clearance.number)
    answer = caller.post(PATH, content=b"%PDF-genuine", headers=PDF_TYPE).json()
    assert answer["number"] == clearance.number
    assert answer["clearance"]["certificate"]["number"] == clearance.number
    assert answer["reasons"] == ["register.digest_known", "register.in_force"]
    assert len(answer["explanations"]) == 2
    assert {finding["reason"] for finding in answer["findings"]} == set(answer["reasons"])
    assert answer["message"]["fa"] != answer["message"]["en"]
    assert answer["checked_at"] == "2026-02-01T08:30:00Z"


@pytest.mark.parametrize(
    ("outcome", "reason", "told"),
    [
        (Outcome.ALTERED, Reason.BEGINS_WITH_ISSUED, True),
        (Outcome.ALTERED, Reason.CARRIES_ISSUED_CONTENT, True),
        (Outcome.ALTERED, Reason.CARRIES_OUR_SEAL, False),
        (Outcome.OUTSIDE_CHANNEL, Reason.STRANGER, False),
        (Outcome.COULD_NOT_CHECK, Reason.CHECK_FAILED, False),
    ],
)
def test_only_who_holds_the_original_learns_the_facts(
    caller: Any,
    stand_ins: Any,
    clearance: Any,
    outcome: Outcome,
    reason: Reason,
    told: bool,
) -> None:
    stand_ins.judges(b"%PDF-x", outcome, reason, number=clearance.number)
    answer = caller.post(PATH, content=b"%PDF-x", headers=PDF_TYPE).json()
    assert answer["outcome"] == outcome
    assert (answer["clearance"] is not None) is told


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_sentence(caller: Any, stand_ins: Any, outcome: Outcome) -> None:
    stand_ins.judges(b"%PDF-x", outcome, Reason.CHECK_FAILED)
    answer = caller.post(PATH, content=b"%PDF-x", headers=PDF_TYPE)
    assert answer.status_code == 200
    assert answer.json()["message"]["fa"]


def test_an_empty_file_is_judged_not_refused(caller: Any) -> None:
    answers = [
        caller.post(PATH, content=b"", headers=PDF_TYPE),
        caller.post(PATH, files={"file": ("empty.pdf", b"", "application/pdf")}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.json()["outcome"] == "unreadable"
        assert answer.json()["reasons"] == ["file.empty"]


@pytest.mark.parametrize(
    "form",
    [
        {"files": {"other": ("a.pdf", b"%PDF-", "application/pdf")}},
        {"files": {"file": ("", b"", "application/octet-stream")}},
        {"data": {"file": "text"}, "files": {"other": ("a.pdf", b"%PDF-")}},
    ],
)
def test_a_form_without_the_file_is_refused(caller: Any, form: Any) -> None:
    response = caller.post(PATH, **form)
    assert response.status_code == 422
    assert response.json()["code"] == "upload.none_chosen"
    assert response.json()["field"] == "/file"


@pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
def test_other_content_types_are_refused(caller: Any, kind: str) -> None:
    response = caller.post(PATH, content=b"%PDF-", headers={"Content-Type": kind})
    assert response.status_code == 415
    assert "application/pdf" in response.headers["Accept-Post"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"no boundary here"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nno disposition\r\n--b--\r\n"),
    ],
)
def test_a_broken_form_is_refused(caller: Any, kind: str, body: bytes) -> None:
    response = caller.post(PATH, content=body, headers={"Content-Type": kind})
    assert response.status_code == 400
    assert response.json()["code"] == "request.malformed_form"


def test_two_files_are_refused(caller: Any) -> None:
    files = [("file", ("a.pdf", b"%PDF-1")), ("file", ("b.pdf", b"%PDF-2"))]
    assert caller.post(PATH, files=files).status_code == 400


def test_a_token_answers_with_the_facts(caller: Any, clearance: Any) -> None:
    upper = caller.get(f"/v1/tokens/{clearance.token_text}").json()
    lower = caller.get(f"/v1/tokens/{clearance.token_text.lower()}").json()
    assert upper["outcome"] == lower["outcome"] == "authentic"
    assert upper["clearance"]["number"] == clearance.number


def test_a_bad_token_is_judged_not_refused(caller: Any) -> None:
    answer = caller.get("/v1/tokens/NONSENSE")
    assert answer.status_code == 200
    assert answer.json()["outcome"] == "unreadable"
    assert answer.json()["clearance"] is None
