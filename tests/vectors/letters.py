"""A letter as the renderer makes it, for what is tried with its seal."""

import json
import warnings
from datetime import datetime
from pathlib import Path

from clearance.certificate import ClearanceCertificate
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.request import parse_request
from signer.clearance_letter import clearance_draft
from signer.rendering import RenderedDocument, render

EXAMPLE = Path(__file__).parents[2] / "examples" / "ordinary-company.json"


def unsealed_letter(at: datetime) -> RenderedDocument:
    """Render the certificate of an example as the signer does, before it is sealed."""
    request = parse_request(json.loads(EXAMPLE.read_bytes()), now=at)
    certificate = ClearanceCertificate(
        number=ClearanceNumber.make(1405, request.branch.code, 1),
        verification_code=VerificationCode.from_bytes(b"0123456789"),
        issued_at=at,
        request=request,
    )
    token = "A" * 200
    with warnings.catch_warnings():
        # WeasyPrint leaves its colour profile's file to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        draft = clearance_draft(
            certificate, token_text=token, verify_url=f"HTTPS://VERIFY.EXAMPLE/Q/{token}"
        )
        return render(draft, demo=True)
