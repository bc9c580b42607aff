"""The ETSI validation report, held to the schema of TS 119 102-2.

No schema can be committed here, so the report is read with pyHanko's bindings, which were generated
from it: unknown elements fail, what the schema requires must be there, and written again in the
schema's order it must be what it was. The bindings are of V1.2.1, the report of V1.4.1; what it
uses of them is the same but for the namespace.
"""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from lxml import etree
from pyhanko.generated.etsi.ts_11910202 import ValidationReport
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer

from clearance.verdict import Finding, Level, Outcome, Reason, Stage, Verdict
from verifier.report.basis import Anchor, Basis
from verifier.report.etsi_xml import REPORT, etsi_report

BINDINGS = "http://uri.etsi.org/19102/v1.2.1#"
ROOT = Anchor(subject="CN=root", sha256=sha256(b"der").hexdigest(), der=b"der")
BASIS = Basis(anchors=(ROOT,), validator=Anchor(subject="CN=seal", sha256="00" * 32, der=b"seal"))
SIGNED, CERTIFICATE = sha256(b"attributes").hexdigest(), sha256(b"certificate").hexdigest()
NAMES = {"r": REPORT, "ds": "http://www.w3.org/2000/09/xmldsig#"}
PASSED = Level.PASSED
SEAL = {"field": "Seal"}
FILE = sha256(b"file").hexdigest()


def verdict(*findings: Finding, outcome: Outcome = Outcome.ALTERED) -> Verdict:
    return Verdict(
        outcome=outcome,
        reasons=tuple(each.reason for each in findings),
        findings=findings,
        sha256=FILE,
        number="1404-0041-000001-9",
        checked_at=datetime(2026, 2, 1, 8, 30, 15, 123456, tzinfo=UTC),
    )


def found(stage: Stage, level: Level, reason: Reason, **parameters: str) -> Finding:
    return Finding(stage=stage, level=level, reason=reason, parameters=parameters)


GOOD = verdict(
    found(Stage.DIGEST, PASSED, Reason.REGISTERED),
    found(Stage.STRUCTURE, PASSED, Reason.SIGNED_RANGE_EXACT, **SEAL),
    found(
        Stage.SIGNATURE,
        PASSED,
        Reason.SIGNATURE_INTACT,
        certificate=CERTIFICATE,
        attributes=SIGNED,
        **SEAL,
    ),
    found(Stage.SIGNATURE, PASSED, Reason.TIMESTAMP_TRUSTED, time="2026-01-31T20:30:00Z", **SEAL),
    found(Stage.SIGNATURE, PASSED, Reason.SIGNATURE_VALID, signer="CN=مهر", **SEAL),
    outcome=Outcome.AUTHENTIC,
)
HOSTILE = (
    "</DAIdentifier><x a='\"'>]]>&amp;&#0;\x00\x08\ud800\uffff<!DOCTYPE x [<!ENTITY a 'b'>]>&a;"
)
STRANGER = verdict(
    found(Stage.DIGEST, Level.FAILED, Reason.NOT_REGISTERED),
    found(Stage.SIGNATURE, Level.FAILED, Reason.STRANGER, field=HOSTILE, signer=HOSTILE),
    found(Stage.SIGNATURE, Level.FAILED, Reason.SIGNATURE_BROKEN, field="b", error="KeyError"),
)
NONE = verdict(
    found(Stage.DIGEST, Level.FAILED, Reason.NOT_REGISTERED),
    found(Stage.SIGNATURE, Level.FAILED, Reason.NO_SIGNATURE),
    outcome=Outcome.OUTSIDE_CHANNEL,
)

UNREAD = verdict(found(Stage.STRUCTURE, Level.FAILED, Reason.DAMAGED), outcome=Outcome.UNREADABLE)


def check(xml: bytes) -> None:
    """Raise if ``xml`` does not keep to the schema."""
    same = xml.replace(REPORT.encode(), BINDINGS.encode())
    strict = ParserConfig(fail_on_unknown_properties=True, fail_on_unknown_attributes=True)
    read = XmlParser(config=strict).from_bytes(same, ValidationReport)
    missing = list(lacking(read))
    assert not missing, missing
    assert canonical(XmlSerializer().render(read).encode()) == canonical(same)


def lacking(value: Any, path: str = "") -> Iterator[str]:
    """Name what the schema requires and ``value`` does not have."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from lacking(each, path)
    elif is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            least = field.metadata.get("min_occurs", 0)
            few = isinstance(inner, list | tuple) and len(inner) < least
            if few or (field.metadata.get("required") and inner is None):
                yield f"{path}/{field.name}"
            yield from lacking(inner, f"{path}/{field.name}")


def canonical(xml: bytes) -> list[tuple[str, str, dict[str, str]]]:
    """The elements in their order, whatever prefixes they are written with."""
    return [
        (each.tag, (each.text or "").strip(), dict(each.attrib))
        for each in ET.fromstring(xml).iter()  # noqa: S314 - our own
    ]


@pytest.mark.parametrize("given", [GOOD, STRANGER, NONE], ids=["good", "stranger", "none"])
def test_the_report_keeps_to_the_schema(given: Verdict) -> None:
    check(etsi_report(given, BASIS))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda report: report.remove(report.find("r:SignatureValidationStatus", NAMES)),
        lambda report: report.insert(0, report.find("r:SignatureValidationStatus", NAMES)),
        lambda report: ET.SubElement(
            report.find("r:ValidationTimeInfo", NAMES), f"{{{REPORT}}}Invented"
        ),
        lambda report: report.find("r:ValidationTimeInfo", NAMES).remove(
            report.find("r:ValidationTimeInfo/r:BestSignatureTime", NAMES)
        ),
    ],
    ids=["no-status", "out-of-order", "unknown-element", "no-best-time"],
)
def test_the_check_notices(spoil: Any) -> None:
    root = ET.fromstring(etsi_report(GOOD, BASIS))  # noqa: S314 - our own
    spoil(root.find("r:SignatureValidationReport", NAMES))
    with pytest.raises(Exception):  # noqa: B017, PT011 - the parser's own or an assertion
        check(ET.tostring(root))


def test_the_signature_and_the_outcome_stand_side_by_side() -> None:
    root = etree.fromstring(etsi_report(GOOD, BASIS))
    status = root.find("r:SignatureValidationReport/r:SignatureValidationStatus", NAMES)
    assert status.findtext("r:MainIndication", namespaces=NAMES).endswith(":total-passed")
    data = [
        (each.findtext("r:Type", namespaces=NAMES), each.findtext("r:Value", namespaces=NAMES))
        for each in status.iterfind(".//r:ReportData", NAMES)
    ]
    assert ("urn:mohr:verdict:outcome", "authentic") in data
    assert ("urn:mohr:verdict:number", "1404-0041-000001-9") in data


def test_times_policy_file_and_anchors_are_named() -> None:
    root = etree.fromstring(etsi_report(GOOD, BASIS))
    report = root.find("r:SignatureValidationReport", NAMES)
    times = report.find("r:ValidationTimeInfo", NAMES)
    assert times.findtext("r:ValidationTime", namespaces=NAMES) == "2026-02-01T08:30:15Z"
    best = times.findtext("r:BestSignatureTime/r:POETime", namespaces=NAMES)
    assert best == "2026-01-31T20:30:00Z"
    policy = report.findtext(".//r:SignatureValidationServicePolicy", namespaces=NAMES)
    assert policy == BASIS.policy
    digest = report.findtext("r:SignersDocument//ds:DigestValue", namespaces=NAMES)
    assert b64decode(digest).hex() == FILE
    anchor = root.find(".//r:ValidationObject[@id='anchor-1']", NAMES)
    assert b64decode(anchor.findtext(".//r:base64", namespaces=NAMES)) == b"der"


def test_signature_signer_and_validator_can_be_recognised() -> None:
    root = etree.fromstring(etsi_report(GOOD, BASIS))
    report = root.find("r:SignatureValidationReport", NAMES)
    digest = report.findtext("r:SignatureIdentifier//ds:DigestValue", namespaces=NAMES)
    assert b64decode(digest).hex() == SIGNED
    assert report.findtext("r:SignerInformation/r:Signer", namespaces=NAMES) == "CN=مهر"
    reference = report.find("r:SignerInformation/r:SignerCertificate", NAMES).get("VOReference")
    certificate = root.find(f".//r:ValidationObject[@id='{reference}']", NAMES)
    named = certificate.findtext(".//ds:DigestValue", namespaces=NAMES)
    assert b64decode(named).hex() == CERTIFICATE
    validator = root.findtext("r:SignatureValidator//{*}X509Certificate", namespaces=NAMES)
    assert b64decode(validator) == b"seal"


def test_a_strangers_words_stay_words() -> None:
    xml = etsi_report(STRANGER, BASIS)
    root = etree.fromstring(xml)
    assert root.getroottree().docinfo.doctype == ""
    names = [each.text for each in root.iterfind(".//r:DAIdentifier", NAMES)]
    assert names[0].startswith("</DAIdentifier><x")
    assert "\ufffd" in names[0]
    assert root.find(".//{*}x") is None


@pytest.mark.parametrize(
    ("given", "name"), [(NONE, "NO_SIGNATURE"), (UNREAD, "NOT_EXAMINED")], ids=["none", "unread"]
)
def test_a_file_without_signature_gets_no_identifier(given: Verdict, name: str) -> None:
    root = etree.fromstring(etsi_report(given, BASIS))
    (report,) = root.iterfind("r:SignatureValidationReport", NAMES)
    assert report.find("r:SignatureIdentifier", NAMES) is None
    sub = report.findtext("r:SignatureValidationStatus/r:SubIndication", namespaces=NAMES)
    assert sub == f"urn:mohr:subindication:{name}"


def test_references_lead_to_objects() -> None:
    root = etree.fromstring(etsi_report(STRANGER, BASIS))
    given = {each.get("id") for each in root.iter() if each.get("id")}
    used = {each.get("VOReference") for each in root.iter() if each.get("VOReference")}
    assert used == {"file", "anchor-1"}
    assert used < given
