"""The verdict on a file that was not shown, by its SHA-256 alone.

Whoever may not let a file out of the house can still ask the judge, the register: equal digests
mean equal bytes. The file's own evidence is then not examined, and the findings say so.
"""

from datetime import datetime

from clearance.verdict import Outcome, Reason, Stage, Verdict
from register.records import IssuedClearance, StandingState
from verifier.standing import standing_finding

_NOT_EXAMINED = (Stage.STRUCTURE, Stage.SIGNATURE, Stage.MODIFICATION)


def verdict_by_digest(issued: IssuedClearance, *, sha256: str, at: datetime) -> Verdict:
    """Return the verdict on the file that has ``sha256``, a registered document of ``issued``.

    ``at`` (UTC) is the moment of the check. The outcome is ``AUTHENTIC`` or ``WITHDRAWN``.
    """
    standing = standing_finding(issued.standing)
    in_force = issued.standing.state is StandingState.IN_FORCE
    known = Stage.DIGEST.passed(Reason.REGISTERED)
    return Verdict(
        outcome=Outcome.AUTHENTIC if in_force else Outcome.WITHDRAWN,
        reasons=(Reason.REGISTERED, standing.reason)
        if in_force
        else (standing.reason, Reason.REGISTERED),
        findings=(known, standing, *(stage.noted(Reason.NOT_EXAMINED) for stage in _NOT_EXAMINED)),
        sha256=sha256,
        number=issued.number,
        checked_at=at,
    )
