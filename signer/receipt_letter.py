"""What a verification's receipt says on paper.

It looks like the certificate. Persian comes first, English second, since receipts are also kept by
those who read no Persian. Only codes, facts of the register and texts of ours are printed: nothing
that a stranger's file says of itself.
"""

import hashlib
from collections import defaultdict

from clearance.clock import format_moment
from clearance.proof import not_proved_by, policy_words, receipt_words
from clearance.verdict import Outcome
from clearance.verification_receipt import Judgement, VerificationReceipt, receipt_bytes
from register.kinds import RECEIPT
from signer.letter import Draft, inquiry_address
from templates.catalogues import catalogue
from templates.documents import Template
from templates.jinja import isolated

_TONES = {
    Outcome.AUTHENTIC: "genuine",
    Outcome.ALTERED: "refused",
    Outcome.OUTSIDE_CHANNEL: "refused",
}
_GENUINE = frozenset({Outcome.AUTHENTIC, Outcome.WITHDRAWN})


def receipt_draft(
    receipt: VerificationReceipt, *, verify_url: str, template: Template = RECEIPT.template
) -> Draft:
    """Return what a receipt says, with the QR code of ``verify_url``.

    ``verify_url`` ends with the receipt's code and is in the QR's alphanumeric set.
    """
    if not verify_url.endswith(f"/{receipt.verification_code}"):
        raise ValueError("the QR code must lead to the receipt")
    judgement, content = receipt.judgement, receipt_bytes(receipt)
    facts = "genuine" if judgement.outcome in _GENUINE else "original"
    return Draft(
        kind=RECEIPT,
        template=template,
        number=receipt.number,
        title=template.words["title"].format(number=isolated(receipt.number)),
        at=judgement.checked_at,
        record=receipt,
        content=content,
        code_address=verify_url,
        values={
            "receipt": receipt,
            "judgement": judgement,
            "facts": judgement.clearance,
            "facts_title": template.words["facts"][facts],
            "content_hash": hashlib.sha256(content).hexdigest(),
            "inquiry_address": inquiry_address(verify_url),
            **_judged(judgement),
        },
    )


def _judged(judgement: Judgement) -> dict[str, object]:
    """Return the words for what was judged, those of the catalogues of today."""
    outcome, report = catalogue("outcomes")[judgement.outcome.value], catalogue("report")
    words = outcome[receipt_words(judgement.outcome, judgement.reasons)]
    open_questions = not_proved_by(judgement.outcome, judgement.reasons)
    return {
        "tone": _TONES.get(judgement.outcome, "doubtful"),
        "word": outcome["word"],
        "heading": words["heading"],
        "lead": words["lead"],
        "checked_at": format_moment(judgement.checked_at),
        "reasons": tuple(_reason(each.value) for each in judgement.reasons),
        "policy": report["policy"][policy_words(judgement.outcome, judgement.reasons)],
        "not_proved": tuple(report["not_proved"][each]["words"] for each in open_questions),
    }


def _reason(code: str) -> dict[str, str]:
    text = catalogue("reasons").get(code, {"fa": code, "en": code})
    # Parameters may be a stranger's words; a receipt prints none.
    blank: defaultdict[str, str] = defaultdict(lambda: "…")
    return {language: text[language].format_map(blank) for language in ("fa", "en")}
