"""Verification for programs: files and QR tokens."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from api.toolkit.bodies import Upload, read_upload
from api.toolkit.dependencies import TheContext, context_of
from api.verification.allowances import charged_for_one
from api.verification.comparison import comparison_answer, read_expectation, without_comparison
from api.verification.reports import (
    WITH_COMPARISON,
    ReportKind,
    report_asked,
    report_response,
    token_report_asked,
)
from api.verification.results import Way, disclosed
from api.verification.schemas import VerdictAnswer, verdict_answer

router = APIRouter(tags=["verification"])


async def _upload(request: Request) -> Upload:
    return await read_upload(request, context_of(request).limits.upload_bytes)


def _report(
    request: Request,
    report: Annotated[
        str | None,
        Query(
            description="Answer a report instead: `simple`, `detailed`, `raw`, or `etsi-xml`, "
            "which `Accept: application/xml` also asks for."
        ),
    ] = None,
) -> ReportKind | None:
    return report_asked(report, request.headers.get("accept", ""))


@router.post(
    "/v1/verifications", response_model=VerdictAnswer, dependencies=[Depends(charged_for_one)]
)
def verify_file(
    upload: Annotated[Upload, Depends(_upload)],
    report: Annotated[ReportKind | None, Depends(_report)],
    context: TheContext,
) -> Any:
    """Verify a PDF file: field `file` of a form, or the body itself. The file is not kept.

    Field `expect` of the form may hold what the caller's own record says of the clearance; it is
    compared with the register's facts.
    """
    expectation = None
    if upload.expect is not None:
        if report not in WITH_COMPARISON:
            raise without_comparison()
        expectation = read_expectation(upload.expect)
    verdict = context.services.verification.verify_file(upload.content)
    context.metrics.verdict_reached("file", verdict.outcome)
    if report is not None:
        return report_response(report, verdict, context.services, expectation)
    clearance = disclosed(verdict, context.services)
    return verdict_answer(
        verdict,
        clearance,
        way=Way.FILE,
        public_url=context.services.public_url,
        comparison=comparison_answer(expectation, verdict, clearance),
    )


def _token_report(
    report: Annotated[
        str | None,
        Query(description="Answer a report instead: `simple`, `detailed` or `raw`."),
    ] = None,
) -> ReportKind | None:
    return token_report_asked(report)


@router.get("/v1/tokens/{token}", response_model=VerdictAnswer)
def verify_token(
    token: str,
    report: Annotated[ReportKind | None, Depends(_token_report)],
    context: TheContext,
) -> Any:
    """Verify the token of a printed QR code."""
    verdict = context.services.verification.verify_token(token)
    context.metrics.verdict_reached("token", verdict.outcome)
    if report is not None:
        return report_response(report, verdict, context.services, way=Way.REGISTER)
    return verdict_answer(
        verdict,
        disclosed(verdict, context.services),
        way=Way.REGISTER,
        public_url=context.services.public_url,
    )
