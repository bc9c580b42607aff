"""What a file shows by itself."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.sign.fields import MDPPerm

from clearance.verdict import Level, Reason
from verifier.examination import Examination
from verifier.own_work import check_own_work
from verifier.stages import examine
from verifier.trust import Evidence, TrustPolicy, evidence_of_layout


def failed(examination: Examination) -> list[Reason]:
    return [each.reason for each in examination.findings if each.level is Level.FAILED]


def passed(examination: Examination) -> list[Reason]:
    return [each.reason for each in examination.findings if each.level is Level.PASSED]


def parameters_of(examination: Examination, reason: Reason) -> dict[str, str]:
    return dict(next(each.parameters for each in examination.findings if each.reason is reason))


@pytest.fixture
def trust(authority) -> TrustPolicy:
    return authority.trust


def test_a_genuine_file_agrees(genuine: bytes, trust: TrustPolicy, verifier_kit) -> None:
    examination = examine(genuine, trust)
    assert passed(examination) == [
        Reason.SIGNED_RANGE_EXACT,
        Reason.SIGNATURE_INTACT,
        Reason.DER_ORDERED,
        Reason.TIMESTAMP_TRUSTED,
        Reason.PATH_TRUSTED,
        Reason.NOT_REVOKED,
        Reason.PURPOSE_FITS,
        Reason.ALGORITHMS_STRONG,
        Reason.SIGNATURE_VALID,
        Reason.UNCHANGED_AFTER_SEALING,
    ]
    assert examination.agrees
    assert examination.bears_our_seal
    assert examination.content_hash == sha256(verifier_kit.CONTENT).digest()
    travelled = pickle.loads(pickle.dumps(examination))  # noqa: S301 - our own bytes
    assert travelled == examination


def test_a_closed_file_outlives_its_certificates(genuine: bytes, trust: TrustPolicy) -> None:
    assert examine(genuine, replace(trust, at=trust.at + timedelta(days=40 * 365))).agrees


def test_the_signer_and_the_time_are_reported(genuine: bytes, trust: TrustPolicy) -> None:
    examination = examine(genuine, trust)
    assert parameters_of(examination, Reason.PATH_TRUSTED) == {
        "field": "Seal",
        "path": "Throwaway root → Throwaway intermediate → Throwaway seal",
    }
    assert parameters_of(examination, Reason.ALGORITHMS_STRONG) == {
        "field": "Seal",
        "key": "ec, 256",
    }
    assert parameters_of(examination, Reason.SIGNATURE_VALID) == {
        "field": "Seal",
        "signer": "Common Name: Throwaway seal",
        "sealed_at": "2025-05-04T09:30:00Z",
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"timestamped": False}, [Reason.TIMESTAMP_MISSING]),
        ({"dss": False}, [Reason.TIMESTAMP_NOT_TRUSTED, Reason.SIGNATURE_NOT_TRUSTED]),
        ({"permission": None}, [Reason.CHANGES_NOT_FORBIDDEN]),
        ({"permission": MDPPerm.FILL_FORMS}, [Reason.CHANGES_NOT_FORBIDDEN]),
        ({"digest": "sha1"}, [Reason.TIMESTAMP_NOT_TRUSTED, Reason.WEAK_ALGORITHM]),
    ],
    ids=["no timestamp", "no evidence", "no certification", "form filling allowed", "sha-1"],
)
def test_a_seal_made_wrongly_fails(
    plain: bytes,
    trust: TrustPolicy,
    sealing: Callable[..., Callable[[bytes], bytes]],
    changes: dict[str, object],
    expected: list[Reason],
) -> None:
    examination = examine(sealing(**changes)(plain), trust)
    assert failed(examination) == expected
    assert not examination.agrees


def test_stale_evidence_fails(plain: bytes, trust: TrustPolicy, sealing, verifier_kit) -> None:
    sealed = sealing(evidence_at=verifier_kit.SEALED_AT - timedelta(days=3))(plain)
    assert Reason.REVOCATION_UNKNOWN in failed(examine(sealed, trust))


def test_evidence_gathered_after_the_timestamp_serves(
    plain: bytes, trust: TrustPolicy, sealing, verifier_kit
) -> None:
    sealed = sealing(evidence_at=verifier_kit.SEALED_AT + timedelta(days=2))(plain)
    assert examine(sealed, trust).agrees


def test_a_revoked_seal_fails(plain: bytes, trust: TrustPolicy, authority, sealing) -> None:
    sealed = sealing(revoked=(authority.seal,))(plain)
    examination = examine(sealed, trust)
    assert failed(examination) == [Reason.SEAL_REVOKED]
    assert parameters_of(examination, Reason.SEAL_REVOKED) == {
        "field": "Seal",
        "problem": "REVOKED_NO_POE",
    }


def test_a_revoked_timestamp_authority_fails(
    plain: bytes, trust: TrustPolicy, authority, sealing
) -> None:
    sealed = sealing(revoked=(authority.timestamp,))(plain)
    assert failed(examine(sealed, trust)) == [Reason.TIMESTAMP_NOT_TRUSTED]


def test_a_timestamp_of_tomorrow_fails(
    plain: bytes, trust: TrustPolicy, sealing, verifier_kit
) -> None:
    ahead = verifier_kit.SEALED_AT + timedelta(hours=20)
    assert failed(examine(sealing(timestamp_at=ahead)(plain), trust)) == [
        Reason.TIMESTAMP_NOT_TRUSTED
    ]


def test_a_clock_a_little_ahead_is_forgiven(
    plain: bytes, trust: TrustPolicy, sealing, verifier_kit
) -> None:
    ahead = trust.at + timedelta(minutes=4)
    assert examine(sealing(timestamp_at=ahead)(plain), trust).agrees


def test_a_timestamp_from_before_the_certificate_fails(
    plain: bytes, trust: TrustPolicy, sealing, verifier_kit
) -> None:
    before = verifier_kit.SEALED_AT - timedelta(days=31)
    sealed = sealing(timestamp_at=before, evidence_at=before)(plain)
    assert Reason.SIGNATURE_NOT_TRUSTED in failed(examine(sealed, trust))


def test_a_timestamp_by_a_stranger_fails(
    plain: bytes, trust: TrustPolicy, stranger, sealing
) -> None:
    sealed = sealing(timestamp_identity=stranger.timestamp)(plain)
    assert failed(examine(sealed, trust)) == [Reason.TIMESTAMP_NOT_TRUSTED]


def test_a_timestamp_without_the_usage_fails(
    plain: bytes, trust: TrustPolicy, authority, sealing, verifier_kit
) -> None:
    no_authority = verifier_kit.identity(
        "no timestamp authority", authority.intermediate, key=authority.timestamp.key
    )
    sealed = sealing(timestamp_identity=no_authority)(plain)
    assert failed(examine(sealed, trust)) == [Reason.TIMESTAMP_NOT_TRUSTED]


def test_anchors_of_the_machine_or_the_file_count_for_nothing(
    genuine: bytes, trust: TrustPolicy, stranger
) -> None:
    elsewhere = replace(trust, anchors_der=(stranger.root.der,))
    assert Reason.SIGNATURE_NOT_TRUSTED in failed(examine(genuine, elsewhere))


def test_the_key_usage_is_a_setting(genuine: bytes, trust: TrustPolicy) -> None:
    strict = replace(trust, require_non_repudiation=True)
    assert failed(examine(genuine, strict)) == [Reason.WRONG_PURPOSE]


def test_non_repudiation_serves_either_way(verifier_kit, plain: bytes) -> None:
    authority = verifier_kit.make_authority("Binding", usages=("content_commitment",))
    sealed = verifier_kit.Sealing(authority=authority)(plain)
    for demanded in (True, False):
        assert examine(sealed, replace(authority.trust, require_non_repudiation=demanded)).agrees


def test_a_seal_certificate_without_signing_usage_fails(verifier_kit, plain: bytes) -> None:
    authority = verifier_kit.make_authority("Enciphering", usages=("key_encipherment",))
    sealed = verifier_kit.Sealing(authority=authority)(plain)
    assert failed(examine(sealed, authority.trust)) == [Reason.WRONG_PURPOSE]


def test_a_look_alike_under_our_anchors_is_not_our_seal(
    verifier_kit, plain: bytes, authority
) -> None:
    """Same authority, same name, another certificate: a seal, but not one of ours."""
    look_alike = verifier_kit.identity("Throwaway seal", authority.intermediate)
    sealed = verifier_kit.Sealing(authority=replace(authority, seal=look_alike))(plain)
    examination = examine(sealed, authority.trust)
    assert failed(examination) == [Reason.STRANGER, Reason.IMITATES_SEAL]
    assert not examination.bears_our_seal


def test_a_certificate_for_our_own_key_is_not_our_seal(
    verifier_kit, plain: bytes, authority
) -> None:
    """Another certificate for the key of our seal bears our seal, but is not trusted."""
    reissued = verifier_kit.identity("Reissued", authority.intermediate, key=authority.seal.key)
    sealed = verifier_kit.Sealing(authority=replace(authority, seal=reissued))(plain)
    examination = examine(sealed, authority.trust)
    assert examination.bears_our_seal
    assert failed(examination) == [Reason.SIGNATURE_NOT_TRUSTED]


def test_a_strangers_seal_is_named(verifier_kit, plain: bytes, stranger, trust) -> None:
    examination = examine(verifier_kit.Sealing(authority=stranger)(plain), trust)
    assert failed(examination) == [Reason.STRANGER]
    named = dict(parameters_of(examination, Reason.STRANGER))
    assert named.pop("certificate") == stranger.seal.certificate.fingerprint(SHA256()).hex()
    assert len(bytes.fromhex(named.pop("attributes"))) == SHA256.digest_size
    assert named == {
        "field": "Seal",
        "signer": "Common Name: Stranger seal",
        "issuer": "Common Name: Stranger intermediate",
    }
    assert not examination.bears_our_seal


def test_a_strangers_signature_behind_ours_is_a_change(
    verifier_kit, plain: bytes, sealing, stranger, trust
) -> None:
    """Even where the seal's own permission would let others sign."""
    sealed = sealing(permission=MDPPerm.FILL_FORMS)(plain)
    approval = verifier_kit.Sealing(
        authority=stranger, permission=None, dss=False, field="Approval"
    )
    assert failed(examine(approval(sealed), trust)) == [
        Reason.CHANGED_AFTER_SEALING,
        Reason.CHANGES_NOT_FORBIDDEN,
        Reason.STRANGER,
        Reason.SIGNATURE_ADDED,
        Reason.METADATA_CHANGED,
    ]


@pytest.mark.parametrize(
    ("layout", "evidence"),
    [
        ("B-B", Evidence.NONE),
        ("B-T", Evidence.TIMESTAMP),
        ("B-LT", Evidence.TIMESTAMP_AND_REVOCATION),
        ("closed", Evidence.TIMESTAMP_AND_REVOCATION),
        ("unheard of", Evidence.TIMESTAMP_AND_REVOCATION),
    ],
)
def test_each_layout_promises_its_evidence(layout: str, evidence: Evidence) -> None:
    assert evidence_of_layout(layout) is evidence


def test_weaker_layouts_are_held_to_what_they_promise(plain: bytes, trust, sealing) -> None:
    alone = sealing(dss=False, timestamped=False)(plain)
    timed = sealing(dss=False)(plain)
    assert examine(alone, replace(trust, evidence=Evidence.NONE)).agrees
    assert not examine(alone, replace(trust, evidence=Evidence.TIMESTAMP)).agrees
    assert examine(timed, replace(trust, evidence=Evidence.TIMESTAMP)).agrees
    assert not examine(timed, trust).agrees


def test_own_check_names_what_failed(genuine: bytes, plain: bytes, trust: TrustPolicy) -> None:
    assert all(each.level is not Level.FAILED for each in check_own_work(genuine, trust))
    assert [each.reason for each in check_own_work(plain, trust)] == [
        Reason.ONE_REVISION,
        Reason.NO_SIGNATURE,
    ]
    assert [each.reason for each in check_own_work(b"", trust)] == [Reason.DAMAGED]


@pytest.mark.filterwarnings("ignore::pikepdf.PageCopyWarning")
def test_whatever_does_not_agree_names_a_failure(genuine: bytes, trust, bad_files) -> None:
    """Issuing looks for failed findings, so a bad file without one would leave the house."""
    files = [make(genuine) for make in (bad_files.OF_OURS | bad_files.UNREADABLE).values()]
    files += [make() for make in bad_files.FOREIGN.values()]
    for bad in files:
        examination = examine(bad[:1_000_000], trust)
        if not examination.agrees:
            assert failed(examination)
    assert not any(examine(bad, trust).agrees for bad in files if len(bad) < 1_000_000), (
        "and none of them agrees"
    )
