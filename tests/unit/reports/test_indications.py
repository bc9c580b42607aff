"""What findings mean in the terms of ETSI EN 319 102-1."""

import pytest

from clearance.verdict import Finding, Level, Reason, Stage
from verifier.report.indications import (
    FAILURES,
    Indication,
    SubIndication,
    signature_statuses,
    sub_indication_of,
)

NOT_OF_ONE_SIGNATURE = {Reason.SEAL_WITHOUT_RECORD, Reason.NO_SIGNATURE}
NEVER_FAIL = {
    Reason.SIGNATURES_LEFT_OUT,
    Reason.CARRIES_OUR_SEAL,
    Reason.SIGNATURE_INTACT,
    Reason.SIGNATURE_VALID,
    Reason.PATH_TRUSTED,
    Reason.PURPOSE_FITS,
    Reason.NOT_REVOKED,
    Reason.REVOCATION_NOT_SHOWN,
    Reason.ALGORITHMS_STRONG,
    Reason.TIMESTAMP_TRUSTED,
    Reason.DER_ORDERED,
}


def found(
    reason: Reason,
    level: Level = Level.FAILED,
    stage: Stage = Stage.SIGNATURE,
    **parameters: str,
) -> Finding:
    return Finding(stage=stage, level=level, reason=reason, parameters=parameters)


def good(field: str = "Seal") -> list[Finding]:
    return [
        found(Reason.SIGNED_RANGE_EXACT, Level.PASSED, Stage.STRUCTURE, field=field),
        found(Reason.SIGNATURE_INTACT, Level.PASSED, field=field),
        found(Reason.TIMESTAMP_TRUSTED, Level.PASSED, field=field, time="2026-02-01T08:00:00Z"),
        found(Reason.SIGNATURE_VALID, Level.PASSED, field=field),
    ]


def test_every_reason_about_signatures_has_been_thought_of() -> None:
    """A new ``signature.`` reason wants a sub-indication, or a place in one of the sets above."""
    about = {each for each in Reason if each.value.startswith("signature.")}
    assert about == (about & set(FAILURES)) | NOT_OF_ONE_SIGNATURE | NEVER_FAIL


@pytest.mark.parametrize("reason", list(Reason))
def test_every_failed_finding_has_a_sub_indication(reason: Reason) -> None:
    assert sub_indication_of(found(reason)) in SubIndication


def test_a_good_seal_passes() -> None:
    (status,) = signature_statuses(good())
    assert (status.indication, status.sub_indication) == (Indication.TOTAL_PASSED, None)
    assert (status.field, status.timestamp) == ("Seal", False)


@pytest.mark.parametrize(
    ("finding", "indication", "sub"),
    [
        (found(Reason.SIGNATURE_BROKEN, field="Seal"), "TOTAL_FAILED", "HASH_FAILURE"),
        (
            found(Reason.SIGNATURE_BROKEN, field="Seal", error="ValueError"),
            "TOTAL_FAILED",
            "FORMAT_FAILURE",
        ),
        (
            found(Reason.SIGNED_RANGE_WRONG, stage=Stage.STRUCTURE, field="Seal"),
            "TOTAL_FAILED",
            "FORMAT_FAILURE",
        ),
        (found(Reason.SEAL_REVOKED, field="Seal"), "TOTAL_FAILED", "REVOKED"),
        (
            found(Reason.SEAL_REVOKED, field="Seal", problem="REVOKED_CA_NO_POE"),
            "INDETERMINATE",
            "REVOKED_CA_NO_POE",
        ),
        (
            found(Reason.SIGNATURE_NOT_TRUSTED, field="Seal", problem="no such thing"),
            "INDETERMINATE",
            "NO_CERTIFICATE_CHAIN_FOUND",
        ),
        (found(Reason.STRANGER, field="Seal"), "INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE"),
        (
            found(Reason.CHANGED_AFTER_SEALING, stage=Stage.MODIFICATION),
            "INDETERMINATE",
            "SIG_CONSTRAINTS_FAILURE",
        ),
        (
            found(Reason.CHECK_TIMED_OUT, stage=Stage.STRUCTURE),
            "INDETERMINATE",
            "POLICY_PROCESSING_ERROR",
        ),
    ],
)
def test_one_failure_is_enough(finding: Finding, indication: str, sub: str) -> None:
    (status,) = signature_statuses([*good(), finding])
    assert (status.indication, status.sub_indication) == (indication, sub)


def test_what_is_broken_outweighs_what_is_missing() -> None:
    findings = [
        found(Reason.TIMESTAMP_MISSING, field="Seal"),
        found(Reason.SIGNATURE_BROKEN, field="Seal"),
    ]
    (status,) = signature_statuses(findings)
    assert status.sub_indication is SubIndication.HASH_FAILURE


def test_each_signature_by_itself() -> None:
    stranger = found(Reason.STRANGER, field="Other")
    ours, other = signature_statuses([*good(), stranger])
    assert (ours.indication, other.indication) == ("TOTAL_PASSED", "INDETERMINATE")


def test_nothing_said_is_no_pass() -> None:
    (status,) = signature_statuses([found(Reason.SIGNATURE_INTACT, Level.PASSED, field="Seal")])
    assert (status.indication, status.sub_indication) == (Indication.INDETERMINATE, None)


def test_a_document_timestamp_signs_for_nobody() -> None:
    seal, stamp = signature_statuses(
        [*good(), found(Reason.TIMESTAMP_TRUSTED, Level.PASSED, field="Stamp", time="t")]
    )
    assert not seal.timestamp
    assert stamp.timestamp
    assert stamp.indication is Indication.TOTAL_PASSED


def test_a_failure_before_any_field_is_one_unknown_signature() -> None:
    (status,) = signature_statuses([found(Reason.SIGNATURE_BROKEN, error="KeyError")])
    assert (status.field, status.indication) == ("", Indication.TOTAL_FAILED)


def test_a_file_without_signature_has_no_status() -> None:
    assert signature_statuses([found(Reason.NO_SIGNATURE)]) == ()


@pytest.mark.parametrize(
    "finding",
    [
        found(Reason.PRINTED_DIFFERENTLY, stage=Stage.MODIFICATION, field="/contractor/name"),
        found(Reason.TOKEN_SIGNATURE_BROKEN),
        found(Reason.CHANGED_CONTENT, stage=Stage.MODIFICATION),
    ],
)
def test_text_code_and_data_are_no_signatures(finding: Finding) -> None:
    assert signature_statuses([finding]) == ()


def test_a_document_timestamp_that_came_later_passes_too() -> None:
    """That it was added is a finding of the modification stage which names its field."""
    added = found(Reason.EVIDENCE_ADDED, Level.NOTE, Stage.MODIFICATION, field="Stamp")
    trusted = found(Reason.TIMESTAMP_TRUSTED, Level.PASSED, field="Stamp", time="t")
    _, stamp = signature_statuses([*good(), trusted, added])
    assert stamp.timestamp
    assert (stamp.indication, stamp.sub_indication) == (Indication.TOTAL_PASSED, None)


def test_a_seal_without_revocation_evidence_is_to_be_tried_later() -> None:
    """Layouts B-B and B-T: the register carries the file, the file itself does not."""
    (status,) = signature_statuses(
        [*good(), found(Reason.REVOCATION_NOT_SHOWN, Level.NOTE, field="Seal")]
    )
    assert (status.indication, status.sub_indication) == ("INDETERMINATE", "TRY_LATER")
