"""Receipts of verifications as JSON."""

from typing import Any

from pydantic import Field

from api.clearances.schemas import Document, StandingAnswer, standing_answer
from api.toolkit.answers import JsonAnswer
from api.verification.schemas import VerdictAnswer
from clearance.clock import format_moment
from clearance.verification_receipt import receipt_object
from register.records import IssuedClearance
from register.verification_receipts import SealedReceipt


class ReceiptLinks(JsonAnswer):
    """Where to go from here; paths are relative to this service."""

    self: str
    document: str
    page: str = Field(description="The page that the receipt's QR code opens (absolute).")


class ReceiptAnswer(JsonAnswer):
    """A sealed receipt as the register knows it."""

    number: str
    verification_code: str
    sealed_at: str = Field(description="RFC 3339, UTC.")
    document: Document
    receipt: dict[str, Any] = Field(
        description="What it says: the very object that is hashed and attached to the PDF."
    )
    standing: StandingAnswer | None = Field(
        description="How the clearance that it names stands now, not when it was checked; null if "
        "it names none."
    )
    links: ReceiptLinks


class ReceiptMade(ReceiptAnswer):
    """A receipt just made, with the whole verdict that it attests."""

    verification: VerdictAnswer


def receipt_answer(
    sealed: SealedReceipt, public_url: str, present: IssuedClearance | None
) -> ReceiptAnswer:
    """Return a sealed receipt; ``present`` is the clearance that it names, as it is now."""
    receipt = sealed.receipt
    path = f"/v1/receipts/{receipt.number}"
    return ReceiptAnswer(
        number=receipt.number,
        verification_code=receipt.verification_code,
        sealed_at=format_moment(sealed.document.sealed_at),
        document=Document(
            sha256=sealed.document.sha256, size=sealed.document.size, layout=sealed.document.layout
        ),
        receipt=receipt_object(receipt),
        standing=standing_answer(present.standing) if present else None,
        links=ReceiptLinks(
            self=path,
            document=f"{path}/document",
            page=f"{public_url}{receipt_path(sealed)}",
        ),
    )


def receipt_path(sealed: SealedReceipt) -> str:
    """Return the path of the page that the QR code opens."""
    return f"/r/{sealed.receipt.number}/{sealed.receipt.verification_code}"
