"""Each layout as the signer makes it is held to what it promises, now and years later."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from letters import unsealed_letter
from throwaway import MemoryKey

from clearance.clock import system_clock
from clearance.verdict import Level, Reason
from keys.development import DevelopmentAuthority
from keys.development_services import serve_authority
from signer.layout import Layout
from signer.pades import seal
from signer.rendering import RenderedDocument
from signer.revocation_info import RevocationInfo
from signer.timestamps import TimestampAuthority
from verifier.sandbox import Sandbox
from verifier.stages import examine
from verifier.trust import TrustPolicy, evidence_of_layout

ISSUED_AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[3] / "examples" / "ordinary-company.json"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevelopmentAuthority]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("authority")
    made = DevelopmentAuthority.create(folder, f"http://127.0.0.1:{port}")
    with serve_authority(made):
        yield made


@pytest.fixture(scope="module")
def key(authority: DevelopmentAuthority) -> MemoryKey:
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Seal of this test")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    pem = authority.issue(request.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM), "seal")
    certificate, *chain = x509.load_pem_x509_certificates(pem)
    return MemoryKey(private=private, certificate=certificate, chain=tuple(chain))


@pytest.fixture(scope="module")
def trust(authority: DevelopmentAuthority, key: MemoryKey) -> TrustPolicy:
    root = x509.load_pem_x509_certificate(authority.anchors_pem())
    return TrustPolicy(
        anchors_der=(root.public_bytes(Encoding.DER),),
        seals_der=(key.certificate.public_bytes(Encoding.DER),),
        at=system_clock() + timedelta(minutes=5),
    )


@pytest.fixture(scope="module")
def document() -> RenderedDocument:
    return unsealed_letter(ISSUED_AT)


@pytest.fixture(scope="module")
def sealed(
    authority: DevelopmentAuthority, key: MemoryKey, document: RenderedDocument
) -> dict[Layout, bytes]:
    evidence = RevocationInfo(lambda: (key.chain[-1],), clock=system_clock)
    timestamps = TimestampAuthority(authority.timestamp_url, clock=system_clock, seconds=20)
    try:
        return {
            layout: seal(
                document.pdf,
                key,
                field=document.seal_field,
                evidence=evidence,
                timestamps=timestamps,
                layout=layout,
                clock=system_clock,
                reason=document.reason,
            )
            for layout in Layout
        }
    finally:
        timestamps.close()


@pytest.mark.parametrize("layout", Layout)
def test_a_layout_keeps_its_promise(
    sealed: dict[Layout, bytes], trust: TrustPolicy, layout: Layout
) -> None:
    examination = examine(sealed[layout], replace(trust, evidence=evidence_of_layout(layout)))
    assert examination.agrees, examination.findings
    assert examination.content_hash is not None


def test_a_confined_worker_finds_the_same(sealed: dict[Layout, bytes], trust: TrustPolicy) -> None:
    """It can load nothing that one layout or another might need."""
    sandbox = Sandbox(workers=1, memory_bytes=512 * 1024 * 1024, seconds=10)
    try:
        for layout in Layout:
            demanded = replace(trust, evidence=evidence_of_layout(layout))
            found = sandbox.registered.examine(sealed[layout], demanded)
            assert found == examine(sealed[layout], demanded)
    finally:
        sandbox.close()


@pytest.mark.parametrize("layout", [each for each in Layout if each is not Layout.B_B])
def test_a_timestamped_layout_outlives_its_certificates(
    sealed: dict[Layout, bytes], trust: TrustPolicy, layout: Layout
) -> None:
    later = replace(
        trust, at=trust.at + timedelta(days=30 * 365), evidence=evidence_of_layout(layout)
    )
    assert examine(sealed[layout], later).agrees


def test_a_seal_without_timestamp_ends_with_its_certificate(
    sealed: dict[Layout, bytes], trust: TrustPolicy
) -> None:
    """Unless it is judged at the time at which the register saw it made."""
    evidence = evidence_of_layout(Layout.B_B)
    later = replace(trust, at=trust.at + timedelta(days=30 * 365), evidence=evidence)
    assert not examine(sealed[Layout.B_B], later).agrees


@pytest.mark.parametrize(
    ("layout", "reason"),
    [
        (Layout.B_B, Reason.TIMESTAMP_MISSING),
        (Layout.B_T, Reason.TIMESTAMP_NOT_TRUSTED),
    ],
)
def test_a_weaker_layout_does_not_pass_for_a_stronger_one(
    sealed: dict[Layout, bytes], trust: TrustPolicy, layout: Layout, reason: Reason
) -> None:
    failed = [
        each.reason
        for each in examine(sealed[layout], trust).findings
        if each.level is Level.FAILED
    ]
    assert reason in failed


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("lie", ["lawful_update", "nothing_follows_the_end", "one_more_newline"])
def test_what_follows_the_last_revision_is_a_change(
    sealed: dict[Layout, bytes],
    trust: TrustPolicy,
    bad_files: ModuleType,
    layout: Layout,
    lie: str,
) -> None:
    """Also in the layouts that allow evidence to be added behind the seal."""
    evidence = evidence_of_layout(layout)
    bad = bad_files.OF_OURS[lie](sealed[layout])
    examination = examine(bad, replace(trust, evidence=evidence))
    assert not examination.agrees
    assert Reason.CHANGED_AFTER_SEALING in [each.reason for each in examination.findings]
