"""The wording and layout of a verification's receipt as HTML: the template of one version.

It looks like the certificate and shares its style sheet and ornaments. Persian comes first, English
second, since receipts are also kept by those who read no Persian. Only codes, facts of the register
and texts of ours are printed: nothing that a stranger's file says of itself.
"""

import hashlib
import tomllib
from collections import defaultdict
from functools import cache
from typing import Any

from clearance.clock import format_moment
from clearance.proof import not_proved_by, policy_words, receipt_words
from clearance.receipt import VerificationReceipt, receipt_bytes
from clearance.verdict import Outcome
from signer.letter import (
    ORGANIZATION,
    QR_SOURCE,
    SEAL_DESCRIPTION,
    SEAL_FIELD,
    SPECIMEN,
    TEMPLATES,
    environment,
    inquiry_address,
    isolated,
)

RECEIPT_FOLDER = TEMPLATES / "receipt" / "v1"
"""Template version 1. A version that has sealed documents is never edited in its meaning."""

RECEIPT_REASON = "رسید استعلام اصالت سند"
"""What the seal of a receipt is given for."""

_TONES = {
    Outcome.AUTHENTIC: "genuine",
    Outcome.ALTERED: "refused",
    Outcome.OUTSIDE_CHANNEL: "refused",
}
_GENUINE = frozenset({Outcome.AUTHENTIC, Outcome.WITHDRAWN})
_FACTS = {True: "مشخصات مفاصاحساب در دفتر ثبت", False: "آنچه در اصل صادر شده است"}
"""What stands above the facts: those of a file that is not genuine itself are the original's."""
_TEMPLATES = environment(RECEIPT_FOLDER)


def receipt_html(receipt: VerificationReceipt, *, verify_url: str, demo: bool) -> str:
    """Fill in the template of a receipt."""
    judgement = receipt.judgement
    outcome = _messages("outcomes")[judgement.outcome.value]
    words = outcome[receipt_words(judgement.outcome, judgement.reasons)]
    report = _messages("report")
    policy = policy_words(judgement.outcome, judgement.reasons)
    open_questions = not_proved_by(judgement.outcome, judgement.reasons)
    return _TEMPLATES.get_template("receipt.html").render(
        receipt=receipt,
        judgement=judgement,
        facts=judgement.clearance,
        title=receipt_title(receipt),
        tone=_TONES.get(judgement.outcome, "doubtful"),
        word=outcome["word"],
        heading=words["heading"],
        lead=words["lead"],
        checked_at=format_moment(judgement.checked_at),
        reasons=tuple(_reason(each.value) for each in judgement.reasons),
        facts_title=_FACTS[judgement.outcome in _GENUINE],
        policy=report["policy"][policy],
        not_proved=tuple(report["not_proved"][each]["words"] for each in open_questions),
        content_hash=hashlib.sha256(receipt_bytes(receipt)).hexdigest(),
        inquiry_address=inquiry_address(verify_url),
        qr_source=QR_SOURCE,
        seal_field=SEAL_FIELD,
        seal_description=SEAL_DESCRIPTION,
        organization=ORGANIZATION,
        demo=demo,
        specimen=SPECIMEN,
    )


def receipt_title(receipt: VerificationReceipt) -> str:
    """Name the document, as viewers show it in the window."""
    return f"رسید استعلام اصالت، شمارهٔ {isolated(receipt.number)}"


def _reason(code: str) -> dict[str, str]:
    text = _messages("reasons").get(code, {"fa": code, "en": code})
    # Parameters may be a stranger's words; a receipt prints none.
    blank: defaultdict[str, str] = defaultdict(lambda: "…")
    return {language: text[language].format_map(blank) for language in ("fa", "en")}


@cache
def _messages(document: str) -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / "messages" / f"{document}.toml").read_text("utf-8"))
