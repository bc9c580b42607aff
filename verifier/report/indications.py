"""Each signature of a file in the terms of ETSI EN 319 102-1, clause 5.1.3: status indications.

They speak of signatures, and of nothing else. A forged clearance with a stranger's good signature,
or a genuine one that was revoked yesterday, may well be TOTAL-PASSED elsewhere: what a clearance is
worth is the outcome of the verdict, which therefore stands beside them in every report.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from clearance.verdict import Finding, Level, Reason, Stage


class Indication(StrEnum):
    """The main status indication."""

    TOTAL_PASSED = "TOTAL_PASSED"
    TOTAL_FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """Why a signature did not pass (EN 319 102-1, table 6)."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"


_TOTAL_FAILURES = frozenset(
    {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.REVOKED,
    }
)
"""Sub-indications of TOTAL-FAILED; NOT_YET_VALID may be either, and is INDETERMINATE here."""

FAILURES: Mapping[Reason, SubIndication] = {
    Reason.SIGNED_RANGE_WRONG: SubIndication.FORMAT_FAILURE,
    Reason.SIGNATURE_BROKEN: SubIndication.HASH_FAILURE,
    Reason.NOT_DER_ORDERED: SubIndication.SIG_CONSTRAINTS_FAILURE,
    # Strangers' paths are not built: that the certificate is none of ours is decisive.
    Reason.STRANGER: SubIndication.CHAIN_CONSTRAINTS_FAILURE,
    Reason.IMITATES_SEAL: SubIndication.CHAIN_CONSTRAINTS_FAILURE,
    Reason.SIGNATURE_NOT_TRUSTED: SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    Reason.SEAL_REVOKED: SubIndication.REVOKED,
    Reason.SEAL_NOT_CURRENT: SubIndication.OUT_OF_BOUNDS_NO_POE,
    Reason.WRONG_PURPOSE: SubIndication.CHAIN_CONSTRAINTS_FAILURE,
    Reason.WEAK_ALGORITHM: SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    Reason.REVOCATION_UNKNOWN: SubIndication.TRY_LATER,
    Reason.TIMESTAMP_MISSING: SubIndication.SIG_CONSTRAINTS_FAILURE,
    Reason.TIMESTAMP_NOT_TRUSTED: SubIndication.SIG_CONSTRAINTS_FAILURE,
    Reason.CHECK_TIMED_OUT: SubIndication.POLICY_PROCESSING_ERROR,
    Reason.CHECK_FAILED: SubIndication.POLICY_PROCESSING_ERROR,
}
"""What a failed finding says of its signature, unless it names a sub-indication itself. Whatever
else fails breaks a constraint of ours on a signature that is good by itself."""

_OF_SIGNATURES = frozenset({Stage.SIGNATURE, Stage.MODIFICATION})
_OF_NO_SIGNATURE = frozenset(
    {
        Reason.NO_SIGNATURE,
        Reason.CHANGED_CONTENT,
        Reason.CARRIES_ISSUED_CONTENT,
        Reason.PRINTED_DIFFERENTLY,
        Reason.TEXT_COMPARED,
        Reason.TOKEN_VALID,
        Reason.TOKEN_MALFORMED,
        Reason.TOKEN_UNKNOWN_KEY,
        Reason.TOKEN_SIGNATURE_BROKEN,
        Reason.TOKEN_NOT_REGISTERED,
    }
)
"""What the two stages find of the data, the text and the QR code: no signature of the file."""
_RANGES = frozenset({Reason.SIGNED_RANGE_EXACT, Reason.SIGNED_RANGE_WRONG})
_TIMESTAMPS = frozenset({Reason.TIMESTAMP_TRUSTED, Reason.TIMESTAMP_NOT_TRUSTED})


@dataclass(frozen=True, kw_only=True)
class SignatureStatus:
    """One signature of a file, or one timestamp over all of it."""

    field: str
    """Name of its field in the file: a stranger's words in a stranger's file."""
    timestamp: bool
    """Whether it is a document timestamp, which attests a time and signs for nobody."""
    indication: Indication
    sub_indication: SubIndication | None
    """Empty exactly for ``TOTAL_PASSED``, and where nothing more is known."""
    findings: tuple[Finding, ...]
    """What was found of it, in the order of the stages."""


def signature_statuses(findings: Iterable[Finding]) -> tuple[SignatureStatus, ...]:
    """Return the status of each signature, in the order in which they were found.

    A finding belongs to the signature whose ``field`` it names; one that failed and names none
    counts against each of them, or for an unknown signature if there is no other.
    """
    concerned = [each for each in findings if _concerns_signatures(each)]
    fields = dict.fromkeys(each.parameters["field"] for each in concerned if _named(each))
    shared = [each for each in concerned if not _named(each) and each.level is Level.FAILED]
    if shared and not fields:
        return (_status("", shared, []),)
    return tuple(
        _status(
            field, [each for each in concerned if each.parameters.get("field") == field], shared
        )
        for field in fields
    )


def sub_indication_of(finding: Finding) -> SubIndication:
    """Return what a failed finding means for its signature; every reason has an answer."""
    named = finding.parameters.get("problem", "")
    if named in SubIndication.__members__:
        return SubIndication[named]
    if finding.reason is Reason.SIGNATURE_BROKEN and "error" in finding.parameters:
        return SubIndication.FORMAT_FAILURE
    return FAILURES.get(finding.reason, SubIndication.SIG_CONSTRAINTS_FAILURE)


def _concerns_signatures(finding: Finding) -> bool:
    if finding.reason in _OF_NO_SIGNATURE:
        return False
    broken_off = finding.reason in {Reason.CHECK_FAILED, Reason.CHECK_TIMED_OUT}
    return finding.stage in _OF_SIGNATURES or finding.reason in _RANGES or broken_off


def _named(finding: Finding) -> bool:
    return "field" in finding.parameters


def _status(field: str, own: list[Finding], shared: list[Finding]) -> SignatureStatus:
    problems = [sub_indication_of(each) for each in own + shared if each.level is Level.FAILED]
    if not problems and any(each.reason is Reason.REVOCATION_NOT_SHOWN for each in own):
        # Our register carries such a file; by itself it shows no revocation status.
        problems = [SubIndication.TRY_LATER]
    total = [each for each in problems if each in _TOTAL_FAILURES]
    signed = [each for each in own if each.stage is Stage.SIGNATURE]
    timestamp = bool(signed) and all(each.reason in _TIMESTAMPS for each in signed)
    attested = Reason.TIMESTAMP_TRUSTED if timestamp else Reason.SIGNATURE_VALID
    good = any(each.reason is attested and each.level is Level.PASSED for each in own)
    if total:
        indication = Indication.TOTAL_FAILED
    elif problems or not good:
        indication = Indication.INDETERMINATE
    else:
        indication = Indication.TOTAL_PASSED
    return SignatureStatus(
        field=field,
        timestamp=timestamp,
        indication=indication,
        sub_indication=next(iter(total or problems), None),
        findings=tuple(own),
    )
