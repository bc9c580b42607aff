"""Examines the signatures of an opened PDF with pyHanko. Runs inside the sandbox.

Everything is judged at the time that the signature's own timestamp attests, with the trust
anchors, revocation answers and certificates that policy and file supply: no network, no clock,
no trust store of the machine. A closed file therefore stays valid after its certificates end.
"""

from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy

from clearance.algorithms import Hash, KeyAlgorithm
from clearance.verdict import Finding, Reason, Stage
from verifier.changes import RevisionChanges
from verifier.modification import modification_findings
from verifier.questions import identity_of, seal_answers, timestamp_answer
from verifier.ranges import covered_revision, range_finding
from verifier.seal_fingerprints import seal_fingerprints_of
from verifier.trust import Evidence, TrustPolicy

MAXIMUM_SIGNATURES = 32
"""How many signatures of one file are examined; our own files have one or two."""


@dataclass(frozen=True, kw_only=True)
class SignatureFindings:
    """What the signatures of a file say."""

    findings: tuple[Finding, ...]
    ours: bool
    """Whether one of the signatures bears one of our seals, good or broken."""
    sealed_revision: int | None
    """The first revision, counted from 0, that one of our seals says it covers, good or broken.
    A later one may hold its dictionary anew."""


def examine_signatures(
    pdf: bytes,
    reader: PdfFileReader,
    trust: TrustPolicy,
    revisions: Sequence[RevisionChanges] = (),
) -> SignatureFindings:
    """Examine each filled signature field in the order of the file's field tree.

    ``revisions`` is what the later ones changed. Signatures of strangers are named, not judged.
    Never raises for a bad document.
    """
    marks = seal_fingerprints_of(trust.seals_der)
    findings: list[Finding] = []
    sealed: list[int] = []
    fields = enumerate_sig_fields(reader, filled_status=True)
    for _ in range(MAXIMUM_SIGNATURES):
        name = ""
        try:
            named, value, field = next(fields)
            # A name in no encoding of texts comes as bytes, which nobody could write down.
            name = named if isinstance(named, str) else bytes(named).decode("latin-1")
            findings.append(range_finding(pdf, name, value.get_object()))
            signature = EmbeddedPdfSignature(reader, field, name)
            if _bears(signature, marks):
                covered = covered_revision(pdf, signature.sig_object)
                sealed.append(min(signature.signed_revision, covered))
            found = _finished(_findings(pdf, signature, trust, revisions))
            findings += [_of_field(name, each) for each in found]
        except StopIteration:
            break
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - pyHanko raises anything on hostile files
            broken = Stage.SIGNATURE.failed(Reason.SIGNATURE_BROKEN, problem="cannot be read")
            findings.append(_of_field(name, broken))
    else:
        findings += _left_out(fields)
    if not findings:
        findings.append(Stage.SIGNATURE.failed(Reason.NO_SIGNATURE))
    return SignatureFindings(
        findings=tuple(findings),
        ours=bool(sealed),
        sealed_revision=min(sealed, default=None),
    )


def _left_out(fields: Iterator[Any]) -> list[Finding]:
    """Say so if there are more signatures than were examined."""
    try:
        none_left = next(fields, None) is None
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - pyHanko raises anything on hostile files
        none_left = False
    return [] if none_left else [Stage.SIGNATURE.noted(Reason.SIGNATURES_LEFT_OUT)]


def _of_field(name: str, finding: Finding) -> Finding:
    """Say which signature a finding is about."""
    return replace(finding, parameters={"field": name, **finding.parameters}) if name else finding


def _finished(coroutine: Coroutine[Any, Any, list[Finding]]) -> list[Finding]:
    """Run pyHanko's asynchronous functions without an event loop, which would need sockets.

    They wait only for what they fetch, and nothing is fetched here.
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        findings: list[Finding] = end.value
        return findings
    finally:
        coroutine.close()
    raise RuntimeError("nothing may be waited for")


def _bears(signature: EmbeddedPdfSignature, marks: tuple[bytes, ...]) -> bool:
    return any(mark in signature.pkcs7_content for mark in marks)


async def _findings(
    pdf: bytes,
    signature: EmbeddedPdfSignature,
    trust: TrustPolicy,
    revisions: Sequence[RevisionChanges],
) -> list[Finding]:
    if signature.sig_object_type == "/DocTimeStamp":
        return await _document_timestamp_findings(signature, trust)
    if _bears(signature, seal_fingerprints_of(trust.seals_der)):
        return await _seal_findings(pdf, signature, trust, revisions)
    return _stranger(signature, trust)


async def _seal_findings(
    pdf: bytes,
    signature: EmbeddedPdfSignature,
    trust: TrustPolicy,
    revisions: Sequence[RevisionChanges],
) -> list[Finding]:
    """Judge one signature that bears our seal: value, path, revocation, usage, timestamp, changes.

    1. The moment to judge at is the timestamp's, which step 3 then has to find trustworthy.
    2. Integrity first: of a broken signature nothing else can be said.
    3. The timestamp, where the layout demands one.
    4. Path to our anchors, revocation at that moment, key usage, algorithms; and that the
       certificate is one of ours byte for byte, not a look-alike under the same anchors.
    5. What was changed since. Where we see more than added evidence, there is no second opinion:
       pyHanko's difference analysis takes a second or more of such a file.
    """
    later = [each for each in revisions if each.number > signature.signed_revision]
    moment = _timestamp_of(signature) or trust.registered_at or trust.at
    context = _context(signature.reader, trust, moment)
    status = await async_validate_pdf_signature(
        signature,
        signer_validation_context=context,
        ts_validation_context=context,
        key_usage_settings=_key_usage(trust),
        skip_diff=not all(each.adds_evidence_alone for each in later),
    )
    if not (status.intact and status.valid):
        field = str(signature.field_name)
        return [
            Stage.SIGNATURE.failed(Reason.SIGNATURE_BROKEN, field=field, **identity_of(signature))
        ]
    return [
        *seal_answers(signature, status, trust, moment),
        *modification_findings(pdf, signature, status),
    ]


async def _document_timestamp_findings(
    signature: EmbeddedPdfSignature, trust: TrustPolicy
) -> list[Finding]:
    """Judge a document timestamp (layout B-LTA) at its own time."""
    content = signature.signed_data["encap_content_info"]["content"].parsed
    moment: datetime = content["gen_time"].native
    context = _context(signature.reader, trust, moment)
    status = await async_validate_pdf_timestamp(signature, context, skip_diff=True)
    return [timestamp_answer(status, trust)]


def _context(reader: PdfFileReader, trust: TrustPolicy, moment: datetime) -> ValidationContext:
    """Build the closed world in which a path is judged at ``moment``.

    Revocation evidence comes from the file's DSS dictionary alone. In layout B-LT it is newer
    than the moment, which ``retroactive_revinfo`` admits; its end is checked all the same.
    """
    options: dict[str, Any] = {
        "trust_roots": [x509.Certificate.load(der) for der in trust.anchors_der],
        "moment": moment,
        "allow_fetching": False,
        "crls": [],
        "ocsps": [],
        "revocation_mode": _REVOCATION_MODES[trust.evidence],
        "retroactive_revinfo": True,
        "algorithm_usage_policy": _algorithms(trust.at.date()),
    }
    try:
        return DocumentSecurityStore.read_dss(reader).as_validation_context(options)
    except NoDSSFoundError:
        return ValidationContext(**options)


@cache
def _algorithms(day: date) -> DisallowWeakAlgorithmsPolicy:
    """Refuse in signatures, certificates and timestamps what is not believed on ``day``."""
    return DisallowWeakAlgorithmsPolicy(  # type: ignore[no-untyped-call]
        weak_hash_algos=frozenset(each.value for each in Hash.ended_by(day)),
        rsa_key_size_threshold=KeyAlgorithm.smallest_rsa(day),
    )


_REVOCATION_MODES = {
    Evidence.NONE: "soft-fail",
    Evidence.TIMESTAMP: "soft-fail",
    Evidence.TIMESTAMP_AND_REVOCATION: "require",
}
"""A layout without embedded evidence can only be held to evidence that is there."""


def _key_usage(trust: TrustPolicy) -> KeyUsageConstraints:
    accepted = {"non_repudiation"}
    if not trust.require_non_repudiation:
        accepted.add("digital_signature")
    return KeyUsageConstraints(key_usage=accepted)


def _timestamp_of(signature: EmbeddedPdfSignature) -> datetime | None:
    """Read the time that the signature timestamp states, without judging it."""
    for signed_data in extract_tst_data_iter(signature.signer_info, signed=False):
        stated: datetime = signed_data["encap_content_info"]["content"].parsed["gen_time"].native
        return stated
    return None


def _stranger(signature: EmbeddedPdfSignature, trust: TrustPolicy) -> list[Finding]:
    """Name a stranger's signature; worse if its certificate bears the name of our seal."""
    try:
        subject = signature.signer_cert.subject
        signer = subject.human_friendly[:200]
        issuer = signature.signer_cert.issuer.human_friendly[:200]
        identity = identity_of(signature)
        imitates = any(subject == x509.Certificate.load(der).subject for der in trust.seals_der)
    except Exception:  # noqa: BLE001 - a hostile certificate; its name is only information
        return [Stage.SIGNATURE.failed(Reason.STRANGER)]
    findings = [Stage.SIGNATURE.failed(Reason.STRANGER, signer=signer, issuer=issuer, **identity)]
    if imitates:
        findings.append(Stage.SIGNATURE.failed(Reason.IMITATES_SEAL, signer=signer, issuer=issuer))
    return findings
