"""Verification for programs: files and QR tokens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.bodies import read_upload
from api.dependencies import TheContext, context_of
from api.results import Way, disclosed
from api.schemas import VerdictAnswer, verdict_answer

router = APIRouter(tags=["verification"])


async def _file(request: Request) -> bytes:
    return await read_upload(request, context_of(request).limits.upload_bytes)


@router.post("/v1/verifications")
def verify_file(content: Annotated[bytes, Depends(_file)], context: TheContext) -> VerdictAnswer:
    """Verify a PDF file: field `file` of a form, or the body itself. The file is not kept."""
    verdict = context.services.verify_file(content)
    context.metrics.verdict_reached("file", verdict.outcome)
    return verdict_answer(
        verdict,
        disclosed(verdict, context.services),
        way=Way.FILE,
        public_url=context.services.public_url,
    )


@router.get("/v1/tokens/{token}")
def verify_token(token: str, context: TheContext) -> VerdictAnswer:
    """Verify the token of a printed QR code."""
    verdict = context.services.verify_token(token)
    context.metrics.verdict_reached("token", verdict.outcome)
    return verdict_answer(
        verdict,
        disclosed(verdict, context.services),
        way=Way.REGISTER,
        public_url=context.services.public_url,
    )
