"""What became of a file after it was sealed, in words and in looks. Runs inside the sandbox."""

from pyhanko.pdf_utils.reader import PdfFileReader

from clearance.verdict import Finding, Level, Reason
from verifier.changes import change_findings
from verifier.cryptographic import SignatureFindings
from verifier.frame import revision_ends
from verifier.looks import looks_findings


def history_findings(
    pdf: bytes, reader: PdfFileReader, signatures: SignatureFindings
) -> tuple[Finding, ...]:
    """Describe each later revision; draw what follows our seal, unless all of it is lawful."""
    since = signatures.sealed_revision
    lawful = any(
        each.reason is Reason.UNCHANGED_AFTER_SEALING and each.level is Level.PASSED
        for each in signatures.findings
    )
    findings = change_findings(reader, since=since, lawful=lawful)
    if since is None or lawful or since + 1 >= reader.xrefs.total_revisions:
        return findings
    start = reader.xrefs.get_xref_container_info(since).start_location
    end = next((each for each in revision_ends(pdf) if each > start), len(pdf))
    return findings + looks_findings(pdf[:end], pdf)
