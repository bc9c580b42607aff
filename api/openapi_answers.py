"""The answers that the OpenAPI document shows, made by the very code that makes the real ones."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from api.clearances.schemas import clearance_waiting
from api.toolkit.problems import problem_document
from api.verification.results import Way
from api.verification.schemas import verdict_answer
from clearance.errors import InvalidRequest, InvalidValue, RulesNotMet
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.rulebook import Failure
from clearance.verdict import Finding, Outcome, Reason, Stage, Verdict
from register.allowances import Allowance, AllowanceExhausted, Window
from register.records import PendingClearance

_AT = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
_NUMBER = ClearanceNumber("1404-0041-000001-9")


def waiting_answers() -> Mapping[str, Any]:
    """Return what 202 looks like."""
    pending = PendingClearance(
        number=_NUMBER,
        verification_code=VerificationCode.from_bytes(bytes(10)),
        client_id="",
        prepared_at=_AT,
        attempts=1,
        leased_until=None,
        last_error="tsa.unavailable",
        resume_at=_AT + timedelta(seconds=10),
    )
    return {"waiting": {"value": clearance_waiting(pending).model_dump(mode="json")}}


def file_verdicts() -> Mapping[str, Any]:
    """Return the verdict on a PDF that is not from here."""
    return _verdict(
        Way.FILE,
        Stage.DIGEST.failed(Reason.NOT_REGISTERED),
        Stage.SIGNATURE.failed(Reason.NO_SIGNATURE),
    )


def expectations() -> Mapping[str, Any]:
    """Return a file with what a payer's own record says of it."""
    record = {
        "contract": {"number": "140308/BMI", "row": "012", "sequence": "01"},
        "contractor": {"identifier": "10380284790"},
        "performed_work": {"gross_amount": 42_500_000_000},
    }
    return {"compared": {"value": {"file": "(the PDF)", "expect": record}}}


def token_verdicts() -> Mapping[str, Any]:
    """Return the verdict on a token that nobody here signed."""
    return _verdict(
        Way.REGISTER,
        Stage.SIGNATURE.failed(Reason.TOKEN_UNKNOWN_KEY),
    )


def problems() -> Mapping[str, Any]:
    """Return the problem of a request with one wrong value."""
    problem = InvalidValue("date.not_in_calendar", field="/contract/end")
    document = problem_document(InvalidRequest((problem,)), "6f1c0b7ad1e24f6b8d0f3c5a9e7b2d41")
    return {problem.code: {"value": document}}


def refusals() -> Mapping[str, Any]:
    """Return the problem of a request that breaks two rules of the circular."""
    error = RulesNotMet(
        (
            Failure(
                requirement="R2",
                code="rules.contractor_account_missing",
                fields=("/contractor/workshop_number",),
                parameters={"workshop": "0418823064"},
            ),
            Failure(
                requirement="R10",
                code="rules.final_second",
                fields=("/kind",),
                parameters={"number": _NUMBER},
            ),
        )
    )
    document = problem_document(error, "b1f0a5c2d34e4f6f9a7b8c0d1e2f3a4b")
    return {error.code: {"value": document}}


def exhausted() -> Mapping[str, Any]:
    """Return the problem of a call for whose file the key has no room in this minute."""
    allowance = Allowance(
        minute=Window(limit=600, remaining=0, resets_at=_AT + timedelta(minutes=1)),
        day=Window(limit=20_000, remaining=14_210, resets_at=_AT + timedelta(hours=12)),
        at=_AT,
    )
    error = AllowanceExhausted(allowance, files=1, again_at=allowance.minute.resets_at)
    document = problem_document(error, "0d5f7c1e9a3b4f2d8e6c4a2b0f9d7e5c")
    return {error.code: {"value": document}}


def _verdict(way: Way, *findings: Finding) -> Mapping[str, Any]:
    verdict = Verdict(
        outcome=Outcome.OUTSIDE_CHANNEL,
        reasons=tuple(each.reason for each in findings),
        findings=findings,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        number=None,
        checked_at=_AT,
    )
    answer = verdict_answer(verdict, None, way=way, public_url="")
    return {verdict.outcome.value: {"value": answer.model_dump(mode="json")}}
