"""Has anything been changed since the seal was set? Runs inside the sandbox."""

import re

from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, read_certification_data
from pyhanko.sign.validation.status import ModificationInfo, SignatureCoverageLevel

from clearance.verdict import Finding, Reason, Stage
from verifier.ranges import covers_whole_file

_REVISION_END = re.compile(rb"%%EOF(\r\n|\r|\n)?\Z")
_LONGEST_END = len(b"%%EOF\r\n")


def modification_findings(
    pdf: bytes, signature: EmbeddedPdfSignature, status: ModificationInfo
) -> tuple[Finding, ...]:
    """Judge what the seal covers and what was added behind it.

    ``status`` comes from pyHanko, after its difference analysis if ours had found no harm. Their
    word is evidence only: published attacks pass such analyses, hence the register's digest as
    judge.
    """
    findings = []
    if covers_whole_file(pdf, signature):
        findings.append(Stage.MODIFICATION.passed(Reason.UNCHANGED_AFTER_SEALING))
    elif status.coverage is not None and status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        findings.append(Stage.MODIFICATION.failed(Reason.NOT_WHOLE_FILE))
    elif _only_evidence_added(pdf, status):
        findings.append(
            Stage.MODIFICATION.passed(Reason.UNCHANGED_AFTER_SEALING, added="validation evidence")
        )
    else:
        findings.append(Stage.MODIFICATION.failed(Reason.CHANGED_AFTER_SEALING))
    if not forbids_changes(signature):
        findings.append(Stage.MODIFICATION.failed(Reason.CHANGES_NOT_FORBIDDEN))
    return tuple(findings)


def _only_evidence_added(pdf: bytes, status: ModificationInfo) -> bool:
    """Layouts B-LT and B-LTA add a DSS dictionary and a document timestamp, and nothing else.

    Bytes that belong to no revision are invisible to the difference analysis, so the file also
    has to end where its last revision does.
    """
    return (
        status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
        and bool(status.docmdp_ok)
        and status.modification_level is ModificationLevel.LTA_UPDATES
        and _REVISION_END.search(pdf, len(pdf) - _LONGEST_END) is not None
    )


def forbids_changes(signature: EmbeddedPdfSignature) -> bool:
    """Whether this is the document's certification signature and permits no changes (P = 1)."""
    certification = read_certification_data(signature.reader)
    return (
        certification is not None
        and certification.permission is MDPPerm.NO_CHANGES
        and certification.author_sig.container_ref == signature.sig_object.container_ref
    )
