"""How findings and verdicts are built."""

from datetime import UTC, datetime

from clearance.verdict import Finding, Level, Outcome, Reason, Stage, Verdict

AT = datetime(2025, 5, 4, tzinfo=UTC)
KNOWN = Stage.DIGEST.passed(Reason.REGISTERED)
SIGNED = Stage.SIGNATURE.noted(Reason.CARRIES_OUR_SEAL, field="Seal")


def verdict(*findings: Finding) -> Verdict:
    return Verdict(
        outcome=Outcome.AUTHENTIC,
        reasons=(Reason.REGISTERED,),
        findings=findings,
        sha256="00",
        number=None,
        checked_at=AT,
    )


def test_a_stage_makes_its_own_findings() -> None:
    assert (
        Finding(
            stage=Stage.SIGNATURE,
            level=Level.NOTE,
            reason=Reason.CARRIES_OUR_SEAL,
            parameters={"field": "Seal"},
        )
        == SIGNED
    )
    # Evidence may bear the names that a finding's own parts have.
    stated = {"reason": "debt", "level": "1", "stage": "2"}
    assert Stage.STANDING.failed(Reason.REVOKED, **stated).parameters == stated


def test_findings_stand_in_the_order_of_the_stages() -> None:
    assert verdict(SIGNED, KNOWN).findings == (KNOWN, SIGNED)
    assert verdict(SIGNED).with_findings(KNOWN).findings == (KNOWN, SIGNED)
    first, second = (Stage.SIGNATURE.failed(Reason.STRANGER, signer=each) for each in "ba")
    assert verdict(first, KNOWN, second).findings == (KNOWN, first, second)


def test_another_decision_keeps_the_findings() -> None:
    decided = verdict(KNOWN).decided(Outcome.COULD_NOT_CHECK, Reason.REGISTER_UNAVAILABLE)
    assert decided.outcome is Outcome.COULD_NOT_CHECK
    assert (decided.reasons, decided.findings) == ((Reason.REGISTER_UNAVAILABLE,), (KNOWN,))


def test_a_file_whose_bytes_nobody_saw_has_no_digest() -> None:
    unseen = Verdict.unseen(Outcome.UNREADABLE, Reason.ZIP_BOMB, at=AT)
    assert (unseen.sha256, unseen.reasons, unseen.findings) == ("", (Reason.ZIP_BOMB,), ())
