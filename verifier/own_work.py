"""The last look at what we have just made, before it leaves; no sandbox, it is our own."""

from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader

from clearance.errors import InternalFault
from clearance.long_life import Strength
from clearance.verdict import Finding, Level
from verifier.evidence_lifetime import strength_of
from verifier.stages import examine
from verifier.trust import TrustPolicy


def check_own_work(pdf: bytes, trust: TrustPolicy) -> tuple[Finding, ...]:
    """Return what a file that we have just sealed shows.

    The file is good if no finding is ``FAILED``; a file without a good seal always has one.
    """
    return examine(pdf, trust).findings


def inspect_archival(pdf: bytes, trust: TrustPolicy) -> Strength:
    """Examine an archival revision that we have just made.

    ``trust`` demands an archival revision. Returns what its last timestamp depends on. Raises
    ``InternalFault("archive.own_check_failed")`` if it is not good.
    """
    examination = examine(pdf, trust)
    if not examination.agrees:
        failed = [each.reason for each in examination.findings if each.level is Level.FAILED]
        raise InternalFault("archive.own_check_failed", parameters={"reasons": ", ".join(failed)})
    reader = PdfFileReader(BytesIO(pdf))
    return strength_of(reader.embedded_signatures[-1].signed_data, reader, trust.anchors_der)
