"""Seals closed minutes.

Closing has frozen and hashed what they say. Whatever fails leaves them closed and unsealed, and a
worker tries again.
"""

from dataclasses import dataclass

from clearance.minutes import MinutesNumber
from register.kinds import MINUTES
from register.paper_forms.ledger import PaperFormLedger
from signer.minutes_letter import minutes_draft
from signer.sealing import Sealing
from templates.documents import Template


@dataclass(frozen=True, kw_only=True)
class MinutesSealing:
    """Turns closed minutes into sealed PDFs; safe to use from several threads."""

    ledger: PaperFormLedger
    sealing: Sealing
    public_url: str
    template: Template = MINUTES.template

    def seal(self, number: str) -> None:
        """Seal the closed minutes of a number; does nothing if they are sealed already.

        Raises as ``Sealing.seal``, and ``Unavailable`` if the register does not answer.
        """
        content = self.ledger.to_seal(MinutesNumber(number))
        if content is not None:
            draft = minutes_draft(content, public_url=self.public_url, template=self.template)
            self.sealing.seal(draft, self.ledger.enter_document)
