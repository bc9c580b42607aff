"""What a verdict rests on, and what it therefore leaves open."""

from collections.abc import Collection

from clearance.verdict import Outcome, Reason, Stage, Verdict

_OF_PAPERS = frozenset(
    {
        Reason.PICTURE_DAMAGED,
        Reason.TOO_MANY_PIXELS,
        Reason.NO_CODE,
        Reason.NAMES_CLEARANCE,
        Reason.SEVERAL_CLEARANCES,
        Reason.CODE_LEADS_ELSEWHERE,
        Reason.PRINTED_DIFFERENTLY,
        Reason.TOKEN_VALID,
        Reason.TOKEN_MALFORMED,
        Reason.TOKEN_UNKNOWN_KEY,
        Reason.TOKEN_SIGNATURE_BROKEN,
        Reason.TOKEN_NOT_REGISTERED,
    }
)


def judged_as_scanned_copy(outcome: Outcome, reasons: Collection[Reason]) -> bool:
    """Whether the QR code on a paper decided, not the bytes of the file that shows it.

    What bears traces of a sealed file was judged by its bytes, whatever code it shows besides.
    """
    if outcome is Outcome.ALTERED:
        return False
    return outcome is Outcome.COPY or not _OF_PAPERS.isdisjoint(reasons)


def weighed_in(verdict: Verdict) -> frozenset[Reason]:
    """Return the reasons of a verdict by which the functions here tell it.

    Of what has no digest to ask for, a picture or a token, also those of the findings: an outage
    pushes them aside.
    """
    if any(each.stage is Stage.DIGEST for each in verdict.findings):
        return frozenset(verdict.reasons)
    return frozenset((*verdict.reasons, *(each.reason for each in verdict.findings)))


def not_proved_by(outcome: Outcome, reasons: Collection[Reason]) -> tuple[str, ...]:
    """Name what a verdict on a file leaves open; the words stand in ``report.toml``."""
    page = "page" if judged_as_scanned_copy(outcome, reasons) else "paper"
    return ("bearer", "statements", "later", page)


def policy_words(outcome: Outcome, reasons: Collection[Reason]) -> str:
    """Name the part of the policy that decided; the words stand in ``report.toml``."""
    return "paper" if judged_as_scanned_copy(outcome, reasons) else "words"


def receipt_words(outcome: Outcome, reasons: Collection[Reason]) -> str:
    """Name the words of ``outcomes.toml`` that tell an outcome in a receipt, of that moment."""
    if outcome is not Outcome.COPY:
        return "file"
    withdrawn = not {Reason.REVOKED, Reason.REPLACED}.isdisjoint(reasons)
    return "withdrawn" if withdrawn else "receipt"
