"""Seals closed minutes.

1. Ask the ledger what they say; closing has frozen and hashed it.
2. Render.
3. Gather fresh validation evidence and seal.
4. Check our own work with the verifier's cryptographic stage.
5. Store the file by its SHA-256, then enter it in the ledger.

No transaction is open in steps 2 to 4. Whatever fails leaves the minutes closed and unsealed, and
a worker tries again. Of two workers at once, the first one's file counts; the other's, which left
nowhere, stays in the store without an entry.
"""

from collections.abc import Callable

from clearance.clock import Clock
from clearance.minutes import MinutesNumber
from register.documents import DocumentStore
from register.paper.ledger import PaperLedger
from signer.layout import Layout
from signer.minutes_letter import minutes_draft
from signer.own_check import require_good
from signer.ports import OwnCheck
from signer.rendering import RenderedDocument, render


class MinutesSealing:
    """Turns closed minutes into sealed PDFs; safe to use from several threads."""

    def __init__(
        self,
        *,
        ledger: PaperLedger,
        documents: DocumentStore,
        seal: Callable[[RenderedDocument], bytes],
        own_check: OwnCheck,
        layout: Layout,
        public_url: str,
        demonstration: bool,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._documents = documents
        self._seal = seal
        self._own_check = own_check
        self._layout = layout
        self._public_url = public_url
        self._demonstration = demonstration
        self._clock = clock

    def seal(self, number: str) -> None:
        """Seal the closed minutes of a number; does nothing if they are sealed already.

        Raises ``Unavailable`` if token, TSA, revocation service, store or register does not
        answer, ``Refused`` if a key may not sign, ``InvalidRequest`` (``text.no_glyph``) and
        ``InternalFault`` if the sealed file fails our own check.
        """
        # 1. Content
        numbered = MinutesNumber(number)
        content = self._ledger.to_seal(numbered)
        if content is None:
            return
        # 2. Render
        document = render(
            minutes_draft(content, public_url=self._public_url), demo=self._demonstration
        )
        # 3. Seal
        sealed = self._seal(document)
        # 4. Own check
        require_good(self._own_check(sealed))
        # 5. Store and enter
        self._ledger.enter_document(
            numbered,
            sha256=self._documents.put(sealed),
            size=len(sealed),
            layout=self._layout,
            sealed_at=self._clock(),
        )
