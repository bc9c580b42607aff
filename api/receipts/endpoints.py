"""Sealed receipts of verifications: made where there are keys, found and fetched everywhere.

A receipt is made only when it is asked for. It holds the digest of the judged file, never the file.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.responses import HTMLResponse

from api.receipts.schemas import ReceiptAnswer, ReceiptMade, receipt_answer, receipt_path
from api.toolkit.bodies import PDF_TYPE, read_upload
from api.toolkit.dependencies import Context, SealReceipt, TheContext, context_of
from api.toolkit.html import page
from api.toolkit.problems import HttpError
from api.verification.comparison import without_comparison
from api.verification.reports import not_proved, policy_of
from api.verification.results import Way, disclosed, look_of
from api.verification.schemas import verdict_answer
from clearance.errors import InvalidValue, NotFound, Unavailable
from clearance.identifiers import VerificationCode
from clearance.proof import receipt_words
from clearance.verdict import Outcome, Verdict
from clearance.verification_receipt import (
    JudgedFile,
    Judgement,
    ReceiptAnchor,
    ReceiptNumber,
    receipt_facts,
)
from register.records import IssuedClearance
from register.verification_receipts import SealedReceipt
from templates.catalogues import page_text, reason_text
from verifier.report.basis import basis_of

router = APIRouter(tags=["receipts"])
"""What every machine serves."""
sealing = APIRouter(tags=["receipts"])
"""What only machines with keys serve."""

Code = Annotated[str | None, Query(description="Verification code of the receipt.")]
CodeHeader = Annotated[
    str | None,
    Header(
        alias="Verification-Code",
        description="The same; unlike a query, a header stays out of proxies' logs.",
    ),
]


async def _file(request: Request) -> bytes:
    upload = await read_upload(request, context_of(request).limits.upload_bytes)
    if upload.expect is not None:
        raise without_comparison()
    return upload.content


def sealing_of(context: TheContext) -> SealReceipt:
    """Return what seals receipts; a machine without keys has none, nor the endpoint."""
    if context.services.receipts.seal is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "request.no_such_path")
    return context.services.receipts.seal


TheSealing = Annotated[SealReceipt, Depends(sealing_of)]


@sealing.post("/v1/verifications/receipts", status_code=HTTPStatus.CREATED)
def verify_with_receipt(
    seal: TheSealing,
    request: Request,
    response: Response,
    content: Annotated[bytes, Depends(_file)],
    context: TheContext,
) -> ReceiptMade:
    """Verify a file as `/v1/verifications` does, and seal a receipt of the verdict.

    503 `receipt.nothing_judged` if the file could not be checked: then there is nothing to
    attest.
    """
    verdict = context.services.verification.verify_file(content)
    context.metrics.verdict_reached("file", verdict.outcome)
    clearance = disclosed(verdict, context.services)
    sealed = sealed_receipt(request, context, seal, verdict, clearance, size=len(content))
    answer = receipt_answer(sealed, context.services.public_url, clearance)
    response.headers["Location"] = answer.links.self
    return ReceiptMade(
        **vars(answer),
        verification=verdict_answer(
            verdict, clearance, way=Way.FILE, public_url=context.services.public_url
        ),
    )


def sealed_receipt(
    request: Request,
    context: Context,
    seal: SealReceipt,
    verdict: Verdict,
    clearance: IssuedClearance | None,
    *,
    size: int,
) -> SealedReceipt:
    """Seal the receipt of a verdict on a file of ``size`` bytes.

    Raises ``Unavailable`` (``receipt.nothing_judged``, and as ``seal`` does) and 429 after too
    many receipts for one address.
    """
    if verdict.outcome is Outcome.COULD_NOT_CHECK:
        raise Unavailable("receipt.nothing_judged")
    context.receipts.count_wrong(request.client.host if request.client else "")
    basis = basis_of(context.services.trust.anchors())
    return seal(
        Judgement(
            file=JudgedFile(sha256=verdict.sha256, size=size),
            outcome=verdict.outcome,
            reasons=verdict.reasons,
            checked_at=verdict.checked_at.replace(microsecond=0),
            policy=basis.policy,
            anchors=tuple(
                ReceiptAnchor(subject=each.subject, sha256=each.sha256) for each in basis.anchors
            ),
            clearance=receipt_facts(clearance.certificate) if clearance else None,
        )
    )


@router.get("/v1/receipts/{number}")
def read_receipt(
    request: Request,
    number: str,
    context: TheContext,
    code: Code = None,
    verification_code: CodeHeader = None,
) -> ReceiptAnswer:
    """Read what a receipt says, and how its clearance stands now, with its verification code."""
    sealed = _found(request, context, number, verification_code or code or "")
    return receipt_answer(sealed, context.services.public_url, _present(context, sealed))


@router.get("/v1/receipts/{number}/document", response_class=Response)
def read_receipt_document(
    request: Request,
    number: str,
    context: TheContext,
    code: Code = None,
    verification_code: CodeHeader = None,
) -> Response:
    """Fetch the sealed PDF of a receipt, with its verification code."""
    return _document(context, _found(request, context, number, verification_code or code or ""))


@router.get("/r/{number}/{code}", include_in_schema=False, response_class=HTMLResponse)
@router.get("/R/{number}/{code}", include_in_schema=False, response_class=HTMLResponse)
def show_receipt(request: Request, number: str, code: str, context: TheContext) -> Response:
    """Show what the phone's camera opens: the receipt, and how its clearance stands now."""
    sealed = _found(request, context, number, code)
    judgement = sealed.receipt.judgement
    outcome, reasons = judgement.outcome, judgement.reasons
    words = receipt_words(outcome, reasons)
    present = _present(context, sealed)
    withdrawal = present.standing.reason if present else None
    return page(
        request,
        "receipt.html",
        sealed=sealed,
        judgement=judgement,
        path=receipt_path(sealed),
        look=look_of(outcome, words),
        heading=page_text("outcomes", outcome, words, "heading"),
        reasons=tuple(map(reason_text, reasons)),
        not_proved=not_proved(outcome, reasons),
        policy=policy_of(outcome, reasons),
        standing=present.standing if present else None,
        revocation_reason=page_text("revocation_reasons", withdrawal) if withdrawal else None,
        now=context.services.clock(),
    )


@router.get("/r/{number}/{code}/document", include_in_schema=False)
def fetch_receipt(request: Request, number: str, code: str, context: TheContext) -> Response:
    """Hand out the sealed PDF of a receipt to whoever has its page."""
    return _document(context, _found(request, context, number, code))


def _found(request: Request, context: Context, number: str, code: str) -> SealedReceipt:
    """Return the receipt of a number and its code; wrong pairs are counted as for clearances."""
    sealed = _matching(context, number, code)
    if sealed is None:
        context.guesses.count_wrong(request.client.host if request.client else "")
        raise NotFound("receipt.not_found")
    return sealed


def _present(context: Context, sealed: SealedReceipt) -> IssuedClearance | None:
    """Return the clearance that a receipt names, as the register knows it now."""
    named = sealed.receipt.judgement.clearance
    return context.services.clearances.find(named.number) if named else None


def _matching(context: Context, number: str, code: str) -> SealedReceipt | None:
    try:
        parsed = ReceiptNumber.parse(number), VerificationCode.parse(code)
    except InvalidValue:
        return None
    return context.services.receipts.find(*parsed)


def _document(context: Context, sealed: SealedReceipt) -> Response:
    name = f"receipt-{sealed.receipt.number}.pdf"
    return Response(
        context.services.clearances.read_document(sealed.document.sha256),
        media_type=PDF_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-cache",
        },
    )
