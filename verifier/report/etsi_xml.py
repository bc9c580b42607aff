"""The ETSI validation report: XML of TS 119 102-2 V1.4.1, clause 4.

1. One ``SignatureValidationReport`` for each signature and document timestamp: the digest of what
   it signs, its constraints, times, the file, the signer's certificate, the process, its status,
   and with the status the outcome of our own verdict.
2. The validation objects that these refer to: the file and the signers' certificates by their
   digests, the trust anchors whole.
3. Who validated, by the certificate of the organization's seal.

A file without any signature, or one in which none was looked for, still gets one report, without an
identifier, since the schema demands one; its sub-indication is a URN of ours, as the standard has
none. Everything that comes from a
file is written as text: names can neither become markup nor break the document.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from xml.etree import ElementTree as ET

from clearance.clock import format_moment
from clearance.verdict import Finding, Level, Reason, Verdict
from verifier.report.basis import Basis
from verifier.report.indications import (
    Indication,
    SignatureStatus,
    signature_statuses,
    sub_indication_of,
)

MEDIA_TYPE = "application/xml"

REPORT = "http://uri.etsi.org/19102/v1.4.1#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
TRUSTED_LISTS = "http://uri.etsi.org/02231/v2#"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_LONG_TERM = "urn:etsi:019102:validationprocess:LTVM"
"""Validation for signatures with time and long-term validation material (EN 319 102-1, 5.5)."""
_NO_SIGNATURE = "urn:mohr:subindication:NO_SIGNATURE"
_NOT_EXAMINED = "urn:mohr:subindication:NOT_EXAMINED"
_FILE_ID = "file"

_MAIN = {
    Indication.TOTAL_PASSED: "urn:etsi:019102:mainindication:total-passed",
    Indication.TOTAL_FAILED: "urn:etsi:019102:mainindication:total-failed",
    Indication.INDETERMINATE: "urn:etsi:019102:mainindication:indeterminate",
}
_CONSTRAINT = {
    Level.PASSED: "urn:etsi:019102:mainindication:passed",
    Level.NOTE: "urn:etsi:019102:mainindication:indeterminate",
    Level.FAILED: "urn:etsi:019102:mainindication:failed",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped (production 2)."""

for _prefix, _namespace in (
    ("", REPORT),
    ("xades", XADES),
    ("ds", XMLDSIG),
    ("tsl", TRUSTED_LISTS),
):
    ET.register_namespace(_prefix, _namespace)


def etsi_report(verdict: Verdict, basis: Basis) -> bytes:
    """Return the validation report of a file's verdict, UTF-8, unsigned."""
    root = ET.Element(_name("ValidationReport"))
    statuses = signature_statuses(verdict.findings)
    for index, status in enumerate(statuses, start=1):
        _signature_report(root, verdict, basis, status, identifier=f"signature-{index}")
    if not statuses:
        _signature_report(root, verdict, basis, None, identifier="")
    signers = [each for each in map(_signer, statuses) if each]
    _objects(root, verdict, basis, dict.fromkeys(signers))
    if basis.validator is not None:
        identity = _add(_add(root, "SignatureValidator"), "DigitalId")
        certificate = ET.SubElement(identity, f"{{{TRUSTED_LISTS}}}X509Certificate")
        certificate.text = b64encode(basis.validator.der).decode()
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _signature_report(
    root: ET.Element,
    verdict: Verdict,
    basis: Basis,
    status: SignatureStatus | None,
    *,
    identifier: str,
) -> None:
    report = _add(root, "SignatureValidationReport")
    if status is not None:
        _identifier(report, status, identifier)
    _constraints(report, verdict, basis, status)
    _times(report, verdict.checked_at, status)
    document = _add(report, "SignersDocument")
    _digest(document, verdict.sha256)
    _refer(document, "SignersDocumentRepresentation", _FILE_ID)
    if status is not None and (signer := _signer(status)):
        _signer_information(report, status, signer)
    process = _add(report, "SignatureValidationProcess")
    _add(process, "SignatureValidationProcessID", _LONG_TERM)
    _add(process, "SignatureValidationServicePolicy", basis.policy)
    _status(report, verdict, basis, status)


def _identifier(report: ET.Element, status: SignatureStatus, identifier: str) -> None:
    element = _add(report, "SignatureIdentifier")
    element.set("id", identifier)
    if attributes := _found(status, "attributes"):
        _digest(element, attributes)
    # Both: the validator saw the whole signature and the whole document, not hashes of them.
    _add(element, "HashOnly", "false")
    _add(element, "DocHashOnly", "false")
    _add(element, "DAIdentifier", status.field)


def _signer_information(report: ET.Element, status: SignatureStatus, signer: str) -> None:
    element = _add(report, "SignerInformation")
    _refer(element, "SignerCertificate", f"certificate-{signer}")
    if name := _found(status, "signer"):
        _add(element, "Signer", name)


def _signer(status: SignatureStatus) -> str:
    """Return the digest of the signer's certificate, empty if it could not be read."""
    return _found(status, "certificate")


def _found(status: SignatureStatus, parameter: str) -> str:
    """Return what the findings name of a signature, the first of them, or an empty text."""
    named = (each.parameters.get(parameter, "") for each in status.findings)
    return next(filter(None, named), "")


def _constraints(
    report: ET.Element, verdict: Verdict, basis: Basis, status: SignatureStatus | None
) -> None:
    """Each finding is a constraint; without a signature, those of the whole file."""
    element = _add(report, "ValidationConstraintsEvaluationReport")
    policy = _add(element, "SignatureValidationPolicy")
    implied = _add(policy, "SignaturePolicyIdentifier")
    ET.SubElement(implied, f"{{{XADES}}}SignaturePolicyImplied")
    _add(policy, "PolicyName", basis.policy)
    for finding in status.findings if status else verdict.findings:
        _constraint(element, finding)


def _constraint(parent: ET.Element, finding: Finding) -> None:
    element = _add(parent, "ValidationConstraint")
    _add(element, "ValidationConstraintIdentifier", f"urn:mohr:finding:{finding.reason}")
    for name, value in finding.parameters.items():
        parameter = _add(element, "ValidationConstraintParameter")
        _add(parameter, "Type", f"urn:mohr:parameter:{name}")
        _add(parameter, "Value", value)
    _add(_add(element, "ConstraintStatus"), "Status", "urn:etsi:019102:constraintStatus:applied")
    status = _add(element, "ValidationStatus")
    _add(status, "MainIndication", _CONSTRAINT[finding.level])
    if finding.level is Level.FAILED:
        _add(status, "SubIndication", _sub(sub_indication_of(finding)))


def _times(report: ET.Element, checked_at: datetime, status: SignatureStatus | None) -> None:
    element = _add(report, "ValidationTimeInfo")
    _add(element, "ValidationTime", format_moment(checked_at))
    best = _add(element, "BestSignatureTime")
    _add(best, "POETime", _attested(status) or format_moment(checked_at))
    _add(best, "TypeOfProof", "urn:etsi:019102:poetype:validation")


def _attested(status: SignatureStatus | None) -> str | None:
    """Return the time of the trusted signature timestamp, RFC 3339."""
    for finding in status.findings if status else ():
        if finding.reason is Reason.TIMESTAMP_TRUSTED:
            return finding.parameters.get("time")
    return None


def _status(
    report: ET.Element, verdict: Verdict, basis: Basis, status: SignatureStatus | None
) -> None:
    element = _add(report, "SignatureValidationStatus")
    if status is None:
        _add(element, "MainIndication", _MAIN[Indication.INDETERMINATE])
        looked = any(each.reason is Reason.NO_SIGNATURE for each in verdict.findings)
        _add(element, "SubIndication", _NO_SIGNATURE if looked else _NOT_EXAMINED)
    else:
        _add(element, "MainIndication", _MAIN[status.indication])
        if status.sub_indication is not None:
            _add(element, "SubIndication", _sub(status.sub_indication))
    associated = _add(element, "AssociatedValidationReportData")
    for index in range(1, len(basis.anchors) + 1):
        _refer(associated, "RelatedValidationObject", f"anchor-{index}")
    additional = _add(associated, "AdditionalValidationReportData")
    _data(additional, "urn:mohr:verdict:outcome", verdict.outcome)
    for reason in verdict.reasons:
        _data(additional, "urn:mohr:verdict:reason", reason)
    if verdict.number is not None:
        _data(additional, "urn:mohr:verdict:number", verdict.number)


def _objects(root: ET.Element, verdict: Verdict, basis: Basis, signers: Iterable[str]) -> None:
    objects = _add(root, "SignatureValidationObjects")
    file = _object(objects, _FILE_ID, "signedData")
    _digest(file, verdict.sha256)
    for index, anchor in enumerate(basis.anchors, start=1):
        certificate = _object(objects, f"anchor-{index}", "certificate")
        _add(certificate, "base64", b64encode(anchor.der).decode())
        _digest(certificate, anchor.sha256)
    for signer in signers:
        _digest(_object(objects, f"certificate-{signer}", "certificate"), signer)


def _object(parent: ET.Element, identifier: str, kind: str) -> ET.Element:
    element = _add(parent, "ValidationObject")
    element.set("id", identifier)
    _add(element, "ObjectType", f"urn:etsi:019102:validationObject:{kind}")
    return _add(element, "ValidationObjectRepresentation")


def _digest(parent: ET.Element, sha256: str) -> None:
    element = _add(parent, "DigestAlgAndValue")
    ET.SubElement(element, f"{{{XMLDSIG}}}DigestMethod").set("Algorithm", _SHA256)
    value = ET.SubElement(element, f"{{{XMLDSIG}}}DigestValue")
    value.text = b64encode(bytes.fromhex(sha256)).decode()


def _refer(parent: ET.Element, name: str, identifier: str) -> None:
    _add(parent, name).set("VOReference", identifier)


def _data(parent: ET.Element, kind: str, value: str) -> None:
    element = _add(parent, "ReportData")
    _add(element, "Type", kind)
    _add(element, "Value", value)


def _sub(name: str) -> str:
    return f"urn:etsi:019102:subindication:{name}"


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    element = ET.SubElement(parent, _name(name))
    if text:
        element.text = _NOT_XML.sub("\ufffd", text)
    return element


def _name(local: str) -> str:
    return f"{{{REPORT}}}{local}"
