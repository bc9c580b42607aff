"""Puts what pyHanko found of one seal into questions and answers. Runs inside the sandbox.

Integrity and encoding first; then, of an intact seal, the timestamp, and at the moment that it
attests path, revocation, purpose and algorithms.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from asn1crypto.parser import peek
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESSubIndic
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, TimestampSignatureStatus

from clearance.clock import format_moment
from clearance.verdict import Finding, Level, Reason, Stage
from verifier.trust import Evidence, TrustPolicy

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a timestamp authority's clock may run ahead of ours."""

_PROBLEMS: dict[AdESSubIndic, Reason] = {
    AdESFailure.REVOKED: Reason.SEAL_REVOKED,
    AdESIndeterminate.REVOKED_NO_POE: Reason.SEAL_REVOKED,
    AdESIndeterminate.REVOKED_CA_NO_POE: Reason.SEAL_REVOKED,
    AdESFailure.NOT_YET_VALID: Reason.SEAL_NOT_CURRENT,
    AdESIndeterminate.NOT_YET_VALID: Reason.SEAL_NOT_CURRENT,
    AdESIndeterminate.EXPIRED: Reason.SEAL_NOT_CURRENT,
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: Reason.SEAL_NOT_CURRENT,
    AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED: Reason.SEAL_NOT_CURRENT,
    AdESIndeterminate.REVOCATION_OUT_OF_BOUNDS_NO_POE: Reason.REVOCATION_UNKNOWN,
    AdESIndeterminate.TRY_LATER: Reason.REVOCATION_UNKNOWN,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: Reason.WEAK_ALGORITHM,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: Reason.WEAK_ALGORITHM,
    AdESIndeterminate.SIG_CONSTRAINTS_FAILURE: Reason.WRONG_PURPOSE,
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: Reason.WRONG_PURPOSE,
}
"""Sub-indications of ETSI EN 319 102-1 as reasons; all others are a path that is not trusted."""


def seal_answers(
    signature: EmbeddedPdfSignature,
    status: PdfSignatureStatus,
    trust: TrustPolicy,
    moment: datetime,
) -> list[Finding]:
    """Return the questions of the signature stage for one intact seal judged at ``moment``."""
    field = str(signature.field_name)
    algorithm = f"{status.md_algorithm}, {status.pkcs7_signature_mechanism}"
    findings = [
        Stage.SIGNATURE.passed(
            Reason.SIGNATURE_INTACT, field=field, algorithm=algorithm, **identity_of(signature)
        ),
        encoding_answer(signature),
        *_timestamp_answers(status, trust),
        *_path_answers(signature, status, trust),
    ]
    if not any(each.level is Level.FAILED for each in findings):
        findings.append(_valid(status, moment))
    return findings


def identity_of(signature: EmbeddedPdfSignature) -> dict[str, str]:
    """Return by which digests others recognise a signature: what was signed, and by whom.

    SHA-256 each, hexadecimal: of the signed attributes in DER (RFC 5652, 5.4), where there are any,
    and of the signer's certificate.
    """
    identity = {"certificate": sha256(signature.signer_cert.dump()).hexdigest()}
    signed = signature.signer_info["signed_attrs"]
    if signed.contents:
        identity["attributes"] = sha256(signed.untag().dump()).hexdigest()
    return identity


def encoding_answer(signature: EmbeddedPdfSignature) -> Finding:
    """Say whether the signed attributes are a DER set, their members in order.

    Validators hash them as they stand or sorted (RFC 5652, 5.4), and would disagree.
    """
    field = str(signature.field_name)
    members = list(_members(signature.signer_info["signed_attrs"].contents or b""))
    if members and members == sorted(members):
        return Stage.SIGNATURE.passed(Reason.DER_ORDERED, field=field)
    return Stage.SIGNATURE.failed(Reason.NOT_DER_ORDERED, field=field)


def _members(contents: bytes) -> Iterator[bytes]:
    while contents:
        size = peek(contents)
        yield contents[:size]
        contents = contents[size:]


def _timestamp_answers(status: PdfSignatureStatus, trust: TrustPolicy) -> list[Finding]:
    timestamp = status.timestamp_validity
    if timestamp is None:
        missing = trust.evidence is not Evidence.NONE
        return [Stage.SIGNATURE.failed(Reason.TIMESTAMP_MISSING)] if missing else []
    return [timestamp_answer(timestamp, trust)]


def timestamp_answer(timestamp: TimestampSignatureStatus, trust: TrustPolicy) -> Finding:
    """Judge a timestamp, of the signature or of the document."""
    facts = {
        "authority": timestamp.signing_cert.subject.human_friendly[:200],
        "time": format_moment(timestamp.timestamp),
    }
    if not timestamp.trusted or timestamp.timestamp > trust.at + CLOCK_TOLERANCE:
        return Stage.SIGNATURE.failed(
            Reason.TIMESTAMP_NOT_TRUSTED, **facts, **_problem_of(timestamp)
        )
    return Stage.SIGNATURE.passed(Reason.TIMESTAMP_TRUSTED, **facts)


def _path_answers(
    signature: EmbeddedPdfSignature, status: PdfSignatureStatus, trust: TrustPolicy
) -> list[Finding]:
    """Return for the path as a whole; pyHanko stops at the first problem, so do the answers."""
    ours = signature.signer_cert.dump() in trust.seals_der
    if not (status.trusted and ours):
        problem = status.trust_problem_indic
        reason = _PROBLEMS.get(problem) if problem else None
        return [
            Stage.SIGNATURE.failed(reason or Reason.SIGNATURE_NOT_TRUSTED, **_problem_of(status))
        ]
    shown = trust.evidence is Evidence.TIMESTAMP_AND_REVOCATION
    revocation = (
        Stage.SIGNATURE.passed(Reason.NOT_REVOKED)
        if shown
        else Stage.SIGNATURE.noted(Reason.REVOCATION_NOT_SHOWN)
    )
    key = signature.signer_cert.public_key
    return [
        Stage.SIGNATURE.passed(Reason.PATH_TRUSTED, path=_path_words(status)),
        revocation,
        Stage.SIGNATURE.passed(Reason.PURPOSE_FITS, usage=_usage_words(signature)),
        Stage.SIGNATURE.passed(Reason.ALGORITHMS_STRONG, key=f"{key.algorithm}, {key.bit_size}"),
    ]


def _path_words(status: PdfSignatureStatus) -> str:
    """Name the certificates of the path, the anchor first."""
    path = status.validation_path
    return " → ".join(_name(each.subject) for each in path or ())[:600]


def _name(subject: Any) -> str:
    return str(subject.native.get("common_name", subject.human_friendly))


def _usage_words(signature: EmbeddedPdfSignature) -> str:
    usage = signature.signer_cert.key_usage_value
    return ", ".join(sorted(usage.native)) if usage is not None else ""


def _problem_of(status: Any) -> dict[str, str]:
    """Name pyHanko's sub-indication, if there is one."""
    problem = status.trust_problem_indic
    return {"problem": problem.name} if problem is not None else {}


def _valid(status: PdfSignatureStatus, moment: datetime) -> Finding:
    return Stage.SIGNATURE.passed(
        Reason.SIGNATURE_VALID,
        signer=status.signing_cert.subject.human_friendly,
        sealed_at=format_moment(moment),
    )
