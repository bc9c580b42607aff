"""What a clearance says on paper."""

from clearance.canonical import certificate_bytes, content_hash
from clearance.certificate import ClearanceCertificate, ClearanceKind, InspectedBasis
from register.kinds import CLEARANCE
from signer.letter import Draft, inquiry_address
from templates.documents import Template
from templates.jinja import isolated


def clearance_draft(
    certificate: ClearanceCertificate,
    *,
    token_text: str,
    verify_url: str,
    template: Template = CLEARANCE.template,
) -> Draft:
    """Return what a certificate says, with the QR code of ``verify_url``.

    ``verify_url`` ends with ``token_text`` and is in the QR's alphanumeric set.
    """
    if not verify_url.endswith(f"/{token_text}"):
        raise ValueError("the QR code must lead to the token")
    request = certificate.request
    premium = request.premium
    return Draft(
        kind=CLEARANCE,
        template=template,
        number=certificate.number,
        title=template.words["title"].format(number=isolated(certificate.number)),
        at=certificate.issued_at,
        record=request,
        content=certificate_bytes(certificate),
        code_address=verify_url,
        values={
            "certificate": certificate,
            "request": request,
            "final": request.kind is ClearanceKind.FINAL,
            "inspected": isinstance(request.basis, InspectedBasis),
            "parties": (request.work_assigner, request.contractor),
            "amounts": (
                ("initial_amount", request.contract.initial_amount),
                ("gross_amount", request.performed_work.gross_amount),
                ("premium_due", premium.premium_due),
                ("unemployment_premium", premium.unemployment_premium),
                ("sum_of_debits", premium.sum_of_debits),
                ("amount_collected", premium.amount_collected),
            ),
            "approvals": (
                ("head_of_premium_collection", request.approvals.head_of_premium_collection),
                ("head_of_branch", request.approvals.head_of_branch),
            ),
            "content_hash": content_hash(certificate).hex(),
            "inquiry_address": inquiry_address(verify_url),
        },
    )
