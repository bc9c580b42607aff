"""Nothing that we sealed leaves before the verifier's cryptographic stage called it good."""

from collections.abc import Iterable

from clearance.errors import InternalFault
from clearance.verdict import Finding, Level


def require_good(findings: Iterable[Finding]) -> None:
    """Raise ``InternalFault("issuance.own_check_failed")`` if our own work failed our check."""
    failed = [each.reason for each in findings if each.level is Level.FAILED]
    if failed:
        raise InternalFault("issuance.own_check_failed", parameters={"reasons": ", ".join(failed)})
