"""Seals the receipts of verifications.

The judgement gets its number and is recorded before it is sealed. If sealing fails, the number
stays without a document and proves nothing; whoever asks again gets another.
"""

from dataclasses import dataclass
from functools import partial

from clearance.verification_receipt import Judgement
from register.kinds import RECEIPT
from register.verification_receipts import SealedReceipt, VerificationReceipts
from signer.receipt_letter import receipt_draft
from signer.sealing import Sealing
from templates.documents import Template


@dataclass(frozen=True, kw_only=True)
class ReceiptSealing:
    """Turns judgements into sealed receipts; safe to use from several threads."""

    receipts: VerificationReceipts
    sealing: Sealing
    public_url: str
    template: Template = RECEIPT.template

    def seal(self, judgement: Judgement) -> SealedReceipt:
        """Return the sealed and registered receipt of a judgement.

        Its QR code leads to the register's record of it. Raises as ``Sealing.seal``, and
        ``Unavailable`` if the register does not answer.
        """
        receipt = self.receipts.open(judgement)
        address = f"{self.public_url.upper()}/R/{receipt.number}/{receipt.verification_code}"
        draft = receipt_draft(receipt, verify_url=address, template=self.template)
        return self.sealing.seal(draft, partial(self.receipts.enter_document, receipt))
