"""Examines one file by itself: the stages structure, signature, modification, in this order.

Runs inside the sandbox, and on what we have just made ourselves (``verifier.own_work``). Whoever
imports this loads pyHanko, which takes half a second.
"""

from verifier.changes import read_changes
from verifier.cryptographic import examine_signatures
from verifier.evidence_lifetime import evidence_lifetime_findings
from verifier.examination import Examination
from verifier.history import history_findings
from verifier.structure import open_file
from verifier.trust import TrustPolicy


def examine(pdf: bytes, trust: TrustPolicy) -> Examination:
    """Examine ``pdf``; whatever the document holds becomes a finding.

    Only ``MemoryError`` passes through, since then nothing more can be said of the file.
    """
    opened = open_file(pdf)
    if opened.reader is None:
        return Examination(
            findings=opened.findings,
            bears_our_seal=False,
            content_hash=opened.content_hash,
        )
    revisions = read_changes(pdf, opened.reader)
    signatures = examine_signatures(pdf, opened.reader, trust, revisions)
    history = history_findings(
        pdf, opened.reader, revisions, sealed=signatures.sealed_revision, trust=trust
    )
    return Examination(
        findings=opened.findings
        + signatures.findings
        + history
        + evidence_lifetime_findings(pdf, opened.reader, trust),
        bears_our_seal=signatures.ours,
        content_hash=opened.content_hash,
    )
