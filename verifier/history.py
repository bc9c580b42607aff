"""What became of a file after it was sealed, in words and in looks. Runs inside the sandbox."""

from collections.abc import Mapping, Sequence

from pyhanko.pdf_utils.reader import PdfFileReader

from clearance.verdict import Finding, Level, Reason, Stage
from verifier.changes import RevisionChanges
from verifier.rendered_difference import rendered_difference_findings
from verifier.savings import end_of_saving
from verifier.seal_fingerprints import bears_seal, seal_fingerprints_of
from verifier.trust import TrustPolicy

_HARMLESS = frozenset({Reason.EVIDENCE_ADDED, Reason.TOO_MANY_CHANGES})


def history_findings(
    pdf: bytes,
    reader: PdfFileReader,
    revisions: Sequence[RevisionChanges],
    *,
    sealed: int | None,
    trust: TrustPolicy,
) -> tuple[Finding, ...]:
    """Describe what each later revision changed, and draw what became of a sealed file.

    ``sealed`` is the revision in which our seal was set, as far as the file's form still shows
    it. What came later counts against the file, unless nothing but evidence was added.
    """
    if not revisions:
        return ()
    if sealed is None and bears_seal(pdf, seal_fingerprints_of(trust.seals_der)):
        sealed = 0  # a later revision has hidden the seal
    later = [each for each in revisions if sealed is not None and each.number > sealed]
    lawful = all(each.adds_evidence_alone for each in later)
    findings = [
        _finding(each.saving, reason, parameters, against=each in later and not lawful)
        for each in revisions
        for reason, parameters in each.changes
    ]
    if revisions[0].saving > 1:
        skipped = {"revisions": str(revisions[0].saving - 1)}
        findings.insert(0, _finding(0, Reason.TOO_MANY_CHANGES, skipped, against=False))
    if sealed is not None and not lawful:
        findings += rendered_difference_findings(_as_of(pdf, reader, sealed), pdf)
    return tuple(findings)


def _as_of(pdf: bytes, reader: PdfFileReader, revision: int) -> bytes:
    """Return the file as it was when the revision was its last."""
    return pdf[: end_of_saving(pdf, reader, revision)]


def _finding(
    number: int, reason: Reason, parameters: Mapping[str, str], *, against: bool
) -> Finding:
    level = Level.FAILED if against and reason not in _HARMLESS else Level.NOTE
    return Stage.MODIFICATION.finding(level, reason, revision=str(number + 1), **parameters)
