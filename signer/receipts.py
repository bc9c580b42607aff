"""Seals the receipts of verifications.

1. Number the judgement and record it: what will be sealed is on disk before it is sealed.
2. Render, with a QR code that leads to the register's record of the receipt.
3. Gather fresh validation evidence and seal.
4. Check our own work with the verifier's cryptographic stage.
5. Store the file by its SHA-256, then enter it in the register.

No transaction is open in steps 2 to 4. If one of them fails, the number stays without a document
and proves nothing; whoever asks again gets another.
"""

from collections.abc import Callable

from clearance.receipt import Judgement
from register.documents import DocumentStore
from register.receipts import Receipts, SealedReceipt
from signer.layout import Layout
from signer.own_check import require_good
from signer.ports import OwnCheck
from signer.receipt_letter import receipt_draft
from signer.rendering import RenderedDocument, render


class ReceiptSealing:
    """Turns judgements into sealed receipts; safe to use from several threads."""

    def __init__(
        self,
        *,
        receipts: Receipts,
        documents: DocumentStore,
        seal: Callable[[RenderedDocument], bytes],
        own_check: OwnCheck,
        layout: Layout,
        public_url: str,
        demonstration: bool,
    ) -> None:
        self._receipts = receipts
        self._documents = documents
        self._seal = seal
        self._own_check = own_check
        self._layout = layout
        self._public_url = public_url
        self._demonstration = demonstration

    def seal(self, judgement: Judgement) -> SealedReceipt:
        """Return the sealed and registered receipt of a judgement.

        Raises ``Unavailable`` if token, TSA, revocation service, store or register does not
        answer, ``Refused`` if a key may not sign, ``InvalidRequest`` (``text.no_glyph``) and
        ``InternalFault`` if the sealed file fails our own check.
        """
        # 1. Number and record
        receipt = self._receipts.open(judgement)
        # 2. Render
        address = f"{self._public_url.upper()}/R/{receipt.number}/{receipt.verification_code}"
        document = render(receipt_draft(receipt, verify_url=address), demo=self._demonstration)
        # 3. Seal
        sealed = self._seal(document)
        # 4. Own check
        require_good(self._own_check(sealed))
        # 5. Store and enter
        return self._receipts.enter_document(
            receipt,
            sha256=self._documents.put(sealed),
            size=len(sealed),
            layout=self._layout,
        )
