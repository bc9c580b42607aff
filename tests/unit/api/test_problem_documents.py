"""Errors as RFC 9457 problems, and the texts behind them."""

import re
import tomllib
from http import HTTPStatus
from pathlib import Path

import pytest

from api.toolkit.problems import HttpError, problem_document, status_of
from clearance.errors import (
    Conflict,
    InternalFault,
    InvalidRequest,
    InvalidValue,
    MohrError,
    NotFound,
    NotJson,
    Refused,
    RepeatedMember,
    RulesNotMet,
    Unavailable,
)
from clearance.rulebook import Failure
from clearance.verdict import Outcome, Reason
from register.records import RevocationReason
from templates.catalogues import error_text, page_text, reason_text

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = (
    "api",
    "clearance",
    "demonstration",
    "hsm",
    "keys",
    "register",
    "service",
    "signer",
    "verifier",
)
CODES = frozenset(tomllib.loads((ROOT / "templates/messages/errors.toml").read_text("utf-8")))
PERSIAN = re.compile("[\u0600-\u06ff]")
RAISED = re.compile(
    r"(?:raise \w+|InvalidValue|Conflict|NotFound|Unavailable|Refused|InternalFault)\("
    r"\s*\"([a-z_0-9]+\.[a-z_0-9]+)\""
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidValue("money.negative"), 422),
        (InvalidRequest((InvalidValue("money.negative"),)), 422),
        (InvalidRequest((NotJson(),)), 400),
        (InvalidRequest((RepeatedMember(),)), 400),
        (RulesNotMet(()), 422),
        (Conflict("idempotency.conflict"), 409),
        (NotFound("clearance.not_found"), 404),
        (Unavailable("hsm.unavailable"), 503),
        (Refused("keys.no_active_key"), 503),
        (NotFound("hsm.key_not_found"), 503),
        (InternalFault("hsm.key_not_protected"), 500),
        (InternalFault("issuance.own_check_failed"), 500),
        (MohrError("some.thing"), 500),
        (HttpError(HTTPStatus.IM_A_TEAPOT, "some.thing"), 418),
    ],
)
def test_each_class_of_error_has_its_status(error: MohrError, status: int) -> None:
    assert status_of(error) == status
    document = problem_document(error, "id-1")
    assert document["status"] == status
    assert document["type"] == f"urn:mohr:problem:{document['code']}"
    assert document["request_id"] == "id-1"
    assert document["detail"] == document["message"]["en"]


def test_a_refusal_names_every_rule_with_what_to_do() -> None:
    account = Failure(
        requirement="R2",
        code="rules.contractor_account_missing",
        fields=("/contractor/workshop_number",),
        parameters={"workshop": "0418823064"},
    )
    short = Failure(
        requirement="R11",
        code="rules.collection_short",
        fields=("/premium/amount_collected",),
        parameters={"collected": "5,000", "due": "7,000"},
    )

    document = problem_document(RulesNotMet((account, short)), "id-1")

    assert document["code"] == "rules.not_met"
    assert "errors" not in document
    first, second = document["failures"]
    assert first == {
        "requirement": "R2",
        "code": "rules.contractor_account_missing",
        "fields": ["/contractor/workshop_number"],
        "message": first["message"],
        "what_to_do": first["what_to_do"],
        "parameters": {"workshop": "0418823064"},
    }
    assert "\u20660418823064\u2069" in first["message"]["fa"], "to be copied as it is"
    assert "0418823064" in first["message"]["en"]
    assert "e-services system" in first["what_to_do"]["en"]
    assert PERSIAN.search(first["what_to_do"]["fa"])
    assert "۵٬۰۰۰ ریال" in second["message"]["fa"]


def test_a_code_without_text_still_answers() -> None:
    text = error_text(Conflict("no.such_code"))
    assert "no.such_code" in text.fa
    assert "no.such_code" in text.en


def test_a_missing_parameter_does_not_fail() -> None:
    assert "…" in error_text(MohrError("request.too_large")).en


def test_parameters_are_filled_in_once() -> None:
    filled = error_text(MohrError("request.too_large", parameters={"limit": "{limit} {0}"}))
    assert "{limit} {0}" in filled.en


def test_numbers_are_persian_in_the_persian_text() -> None:
    waiting = error_text(MohrError("access.too_many_attempts", parameters={"seconds": "59"}))
    assert "؛ ۵۹ ثانیهٔ دیگر" in waiting.fa
    assert "59 seconds" in waiting.en
    large = error_text(MohrError("money.too_large", parameters={"limit": "999,999,999,999,999"}))
    assert "از ۹۹۹٬۹۹۹٬۹۹۹٬۹۹۹٬۹۹۹ ریال" in large.fa
    assert "999,999,999,999,999 rials" in large.en


@pytest.mark.parametrize(
    ("code", "parameters"),
    [
        ("authority.unknown_serial", {"serial": "1001"}),
        ("hsm.key_not_found", {"label": "2025"}),
        ("hsm.pin_missing", {"where": "/run/secrets/7/pin"}),
        ("paper.already_drawn_up", {"number": "1404-0041-000001-9"}),
        ("tsa.unavailable", {"cause": "HTTP 503"}),
        ("request.wrong_media_type", {"allowed": "multipart/form-data, x/2"}),
    ],
)
def test_codes_and_paths_stay_as_they_are(code: str, parameters: dict[str, str]) -> None:
    (value,) = parameters.values()
    text = error_text(MohrError(code, parameters=parameters))
    assert value in text.fa
    assert value in text.en


def test_every_code_in_the_source_has_its_texts() -> None:
    raised = {
        code
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        for code in RAISED.findall(file.read_text("utf-8"))
    }
    assert len(raised) > 30
    assert raised - CODES == set()


def test_every_text_is_in_both_languages() -> None:
    for code in CODES:
        text = error_text(MohrError(code))
        assert PERSIAN.search(text.fa), code
        assert text.en.strip(), code
        assert not PERSIAN.search(text.en), code


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_texts(reason: Reason) -> None:
    text = reason_text(reason)
    assert PERSIAN.search(text.fa)
    assert text.en not in ("", reason.value)


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("way", ["file", "register"])
def test_every_outcome_has_its_texts(outcome: Outcome, way: str) -> None:
    for name in ("heading", "lead"):
        assert PERSIAN.search(page_text("outcomes", outcome, way, name).fa)
    assert page_text("outcomes", outcome, "word").en


@pytest.mark.parametrize("reason", RevocationReason)
def test_every_withdrawal_reason_has_its_texts(reason: RevocationReason) -> None:
    assert PERSIAN.search(page_text("revocation_reasons", reason).fa)


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (HTTPStatus.UNPROCESSABLE_ENTITY, "Unprocessable Content"),
        (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Content Too Large"),
        (HTTPStatus.NOT_FOUND, "Not Found"),
        (HTTPStatus.SERVICE_UNAVAILABLE, "Service Unavailable"),
    ],
)
def test_titles_are_those_of_rfc_9110_whatever_python_calls_them(
    status: HTTPStatus, title: str
) -> None:
    assert problem_document(HttpError(status, "some.thing"), "id-1")["title"] == title
