"""Seals a document of any kind, the one way there is.

1. Render.
2. Gather fresh validation evidence and seal.
3. Check our own work with the verifier's cryptographic stage; a failure issues nothing.
4. Store the file by its SHA-256.
5. Enter it in the register, with whatever its kind enters beside it.

No transaction is open in steps 1 to 4. What it says is recorded before, so that whatever fails
leaves a record without a document. Of two attempts at once the first one's file counts; the
other's, which left nowhere, stays in the store without an entry.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from clearance.clock import Clock
from register.documents import DocumentStore
from register.records import SealedDocument
from signer.layout import Layout
from signer.letter import Draft
from signer.own_check import require_good
from signer.ports import OwnCheck
from signer.rendering import RenderedDocument, render

_Entered = TypeVar("_Entered")

SetSeal = Callable[[RenderedDocument], bytes]
"""Seals a rendered document in the configured layout, with the key of its purpose. Raises
``Unavailable`` or ``Refused`` and seals nothing."""


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """Turns what documents say into registered, sealed PDFs; safe to use from several threads."""

    documents: DocumentStore
    set_seal: SetSeal
    own_check: OwnCheck
    layout: Layout
    demonstration: bool
    """Whether the keys are development keys, which each document then says in large print."""
    clock: Clock

    def seal(self, draft: Draft, enter: Callable[[SealedDocument], _Entered]) -> _Entered:
        """Carry out steps 1 to 5; return what ``enter``, which is step 5, returns.

        Raises what ``enter`` raises, ``Unavailable`` if token, TSA, revocation service or store
        does not answer, ``Refused`` if a key may not sign, ``InvalidRequest``
        (``text.no_glyph``) and ``InternalFault`` if the sealed file fails our own check.
        """
        # 1. Render
        rendered = render(draft, demo=self.demonstration)
        # 2. Seal
        sealed = self.set_seal(rendered)
        # 3. Own check
        require_good(self.own_check(sealed))
        # 4. Store
        sha256 = self.documents.put(sealed)
        # 5. Enter
        return enter(
            SealedDocument(
                kind=draft.kind.name,
                number=draft.number,
                sha256=sha256,
                size=len(sealed),
                layout=self.layout,
                template_version=draft.template.version,
                sealed_at=self.clock(),
            )
        )
