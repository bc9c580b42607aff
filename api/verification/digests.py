"""Verification by digest, for files that may not leave the house."""

import re
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request

from api.clearances.access import code_matches
from api.clearances.reading import Code, CodeHeader
from api.toolkit.dependencies import Context, TheContext
from api.toolkit.problems import HttpError
from api.verification.allowances import charged_for_one
from api.verification.results import Way
from api.verification.schemas import VerdictAnswer, verdict_answer
from clearance.errors import NotFound
from register.records import IssuedClearance
from verifier.by_digest import verdict_by_digest

router = APIRouter(tags=["verification"])

_SHA256 = re.compile("[0-9a-f]{64}")


@router.get("/v1/digests/{sha256}", dependencies=[Depends(charged_for_one)])
def verify_digest(
    request: Request,
    sha256: str,
    context: TheContext,
    code: Code = None,
    verification_code: CodeHeader = None,
) -> VerdictAnswer:
    """Verify a file that stays where it is: by the SHA-256 of its bytes and the verification code.

    The register alone answers; the findings say that the file itself was not examined. A digest
    that is unknown or malformed and a code that does not match are one and the same `404`.
    """
    given = verification_code or code
    if not given:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        raise HttpError(status, "digest.code_required", field="/code")
    digest = sha256.lower()
    clearance = _found(request, context, digest, given)
    verdict = verdict_by_digest(clearance, sha256=digest, at=context.services.clock())
    context.metrics.verdict_reached("digest", verdict.outcome)
    return verdict_answer(verdict, clearance, way=Way.FILE, public_url=context.services.public_url)


def _found(request: Request, context: Context, digest: str, code: str) -> IssuedClearance:
    """Return the clearance of digest and code; wrong pairs are counted as for numbers and codes."""
    found = None
    if _SHA256.fullmatch(digest):
        found = context.services.verification.find_by_digest(digest)
    matches = code_matches(code, found)
    if found is None or not matches:
        context.guesses.count_wrong(request.client.host if request.client else "")
        raise NotFound("digest.not_found")
    return found
