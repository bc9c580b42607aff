"""One file of each kind of document, rendered and unsealed, with the values that stand in it.

rendered() returns them by name: every example as a certificate, minutes of each kind, receipts
of a genuine and of an altered file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from printed_values import certificate_values, minutes_values, receipt_values

from clearance.certificate import ClearanceCertificate
from clearance.identifiers import BranchCode, ClearanceNumber, VerificationCode
from clearance.minutes import (
    Attendee,
    BranchPart,
    CancelledForm,
    Despatch,
    Minutes,
    MinutesKind,
    MinutesNumber,
)
from clearance.paper_forms import ACCOUNTED, Balance, FormSerial, SerialRange, SerialState, counted
from clearance.request import parse_request
from clearance.verdict import Outcome, Reason
from clearance.verification_receipt import (
    JudgedFile,
    Judgement,
    ReceiptAnchor,
    ReceiptNumber,
    VerificationReceipt,
    receipt_facts,
)
from signer.clearance_letter import clearance_draft
from signer.letter import Draft
from signer.minutes_letter import minutes_draft
from signer.receipt_letter import receipt_draft
from signer.rendering import RenderedDocument, render

EXAMPLES = Path(__file__).parents[2] / "examples"
AT = datetime(2025, 11, 22, 10, 22, 31, tzinfo=UTC)
CODE = VerificationCode.from_bytes(bytes(range(31, 41)))
TOKEN = "QR7" * 149
VERIFY_URL = f"HTTPS://CLEARANCE.EXAMPLE.IR/Q/{TOKEN}"
FORMULAS = {"kind", "type", "policy", "reasons", "outcome"}
"""What is printed as a sentence and not as the value itself."""


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A rendered document and what was to be printed in it."""

    document: RenderedDocument
    values: tuple[tuple[str, str], ...]
    """Each value as the sheet shows it, with the name of its field."""


@cache
def rendered() -> Mapping[str, Printed]:
    """Render everything; takes a few seconds the first time."""
    made: dict[str, Printed] = {}
    for path in sorted(EXAMPLES.glob("*.json")):
        content = certificate(path.stem)
        draft = clearance_draft(content, token_text=TOKEN, verify_url=VERIFY_URL)
        made[path.stem] = _printed(draft, certificate_values(content))
    for kind in MinutesKind:
        minutes = minutes_of(kind)
        draft = minutes_draft(minutes, public_url="https://clearance.example.ir")
        made[f"minutes, {kind.value}"] = _printed(draft, minutes_values(minutes))
    for outcome in (Outcome.AUTHENTIC, Outcome.ALTERED):
        receipt = receipt_of(outcome)
        url = f"HTTPS://CLEARANCE.EXAMPLE.IR/R/{receipt.number}/{CODE}"
        draft = receipt_draft(receipt, verify_url=url)
        made[f"receipt, {outcome.value}"] = _printed(draft, receipt_values(receipt))
    return made


def _printed(draft: Draft, values: tuple[tuple[str, str], ...]) -> Printed:
    return Printed(document=render(draft, demo=False), values=values)


def certificate(name: str) -> ClearanceCertificate:
    """Return the certificate of an example."""
    request = parse_request(json.loads((EXAMPLES / f"{name}.json").read_text("utf-8")), now=AT)
    return ClearanceCertificate(
        number=ClearanceNumber.make(1404, request.branch.code, 17),
        verification_code=CODE,
        issued_at=AT,
        request=request,
    )


def minutes_of(kind: MinutesKind) -> Minutes:
    """Return minutes with everything in them that minutes of that kind can say."""
    is_branch = kind is MinutesKind.BRANCH
    follows = kind in (MinutesKind.DESPATCH, MinutesKind.REPORT)
    branch = BranchCode("0041")
    spans = tuple(_span(100 * place, 100 * place + 7) for place in range(1, 4))
    part = BranchPart(
        number=MinutesNumber("22-1399-000001"),
        branch_code=branch,
        branch_name="شعبهٔ ۴۱ تهران (میدان ولی‌عصر)",
        closed_at=AT,
        unused=counted(spans),
    )
    states = dict.fromkeys(ACCOUNTED, 0)
    states |= {SerialState.UNUSED_RETURNED: counted(spans), SerialState.LEGACY: 9000}
    return Minutes(
        number=MinutesNumber("22-1399-000017"),
        kind=kind,
        province="چهارمحال و بختیاری",
        branch_code=branch if is_branch else None,
        branch_name="شعبهٔ ۴۱ تهران (میدان ولی‌عصر)" if is_branch else None,
        closed_at=AT,
        attendees=(
            Attendee(name="علی‌اصغر کریمی‌نژاد", role="رئیس شعبه"),
            Attendee(name="لاله طلائی", role="کارشناس وصول، بازرسی و مفاصاحساب"),
        ),
        balance=Balance(allotted=sum(states.values()), states=states),
        unused=spans,
        cancelled=(
            CancelledForm(serial=FormSerial(77), clearance=ClearanceNumber.make(1404, branch, 1)),
        )
        * is_branch,
        missing=(_span(5, 6),) * is_branch,
        used=(_span(8, 8),) * is_branch,
        parts=(part,) * (not is_branch),
        despatch=Despatch(packages=3, security="پلمب ۱۱ تا ۱۳، بارنامهٔ ۱۴۰۴/الف/۹۲۲")
        if follows
        else None,
        consolidated=part.number if follows else None,
        despatched_by=part.number if kind is MinutesKind.REPORT else None,
    )


def receipt_of(outcome: Outcome) -> VerificationReceipt:
    """Return the receipt of a file that is genuine, or altered."""
    genuine = outcome is Outcome.AUTHENTIC
    reasons = (
        (Reason.REGISTERED, Reason.IN_FORCE, Reason.SIGNATURE_VALID)
        if genuine
        else (Reason.NOT_REGISTERED,)
    )
    return VerificationReceipt(
        number=ReceiptNumber.make(1404, 7),
        verification_code=CODE,
        judgement=Judgement(
            file=JudgedFile(sha256="ab0194" * 10 + "ab01", size=103_981),
            outcome=outcome,
            reasons=reasons,
            checked_at=AT,
            policy="urn:mohr:policy:register-first:1",
            anchors=(ReceiptAnchor(subject="CN=Mohr Root,O=Mohr", sha256="cd27" * 16),),
            clearance=receipt_facts(certificate("ordinary-company")) if genuine else None,
        ),
    )


def _span(first: int, last: int) -> SerialRange:
    return SerialRange(first=FormSerial(first), last=FormSerial(last))
