"""The development authority, judged by libraries that had no part in it."""

import asyncio
import hashlib
import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathValidationError, RevokedError
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend

from clearance.errors import Refused, Unavailable
from keys.development import DevelopmentAuthority
from keys.development_services import serve_authority
from keys.profiles import Profile

DIGEST = hashlib.sha256(b"signature").digest()


def certificates(pem: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem)


def asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def validate(
    leaf: x509.Certificate, authority: DevelopmentAuthority, usages: set[str]
) -> tuple[int, int]:
    """Validate over HTTP with revocation required; answer how many OCSP answers and CRLs came."""

    async def run() -> tuple[int, int]:
        (root,) = certificates(authority.anchors_pem())
        async with AIOHttpFetcherBackend() as fetchers:
            context = ValidationContext(
                trust_roots=[asn1(root)],
                allow_fetching=True,
                revocation_mode="require",
                fetchers=fetchers,
            )
            validator = CertificateValidator(asn1(leaf), validation_context=context)
            await validator.async_validate_usage(usages)
            return len(context.ocsps), len(context.crls)

    return asyncio.run(run())


def ask_ocsp(
    authority: DevelopmentAuthority, leaf: x509.Certificate, nonce: bytes | None = None
) -> ocsp.OCSPResponse:
    issuer = authority.certificate(Profile.INTERMEDIATE)
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    body = builder.build().public_bytes(Encoding.DER)
    answer = httpx.post(authority.addresses.ocsp, content=body)
    assert answer.headers["content-type"] == "application/ocsp-response"
    return ocsp.load_der_ocsp_response(answer.content)


def crl_of(authority: DevelopmentAuthority, issuer: Profile) -> x509.CertificateRevocationList:
    answer = httpx.get(authority.addresses.revocations(issuer))
    assert answer.status_code == 200
    return x509.load_der_x509_crl(answer.content)


def timestamp(authority: DevelopmentAuthority, nonce: int = 1) -> tsp.TimeStampResp:
    request = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": DIGEST,
            },
            "nonce": nonce,
            "cert_req": True,
        }
    )
    answer = httpx.post(authority.timestamp_url, content=request.dump())
    assert answer.headers["content-type"] == "application/timestamp-reply"
    return tsp.TimeStampResp.load(answer.content)


@pytest.mark.parametrize("profile", ["seal", "token"])
def test_a_path_with_revocation_required(
    served_development_authority: DevelopmentAuthority, request_pem: bytes, profile: str
) -> None:
    chain = certificates(served_development_authority.issue(request_pem, profile))

    fetched = validate(chain[0], served_development_authority, {"digital_signature"})

    assert fetched == (1, 1)
    assert [certificate.subject for certificate in chain[1:]] == [
        served_development_authority.certificate(each).subject
        for each in (Profile.INTERMEDIATE, Profile.ROOT)
    ]
    (request,) = [x509.load_pem_x509_csr(request_pem)]
    assert chain[0].subject == request.subject
    assert chain[0].public_key() == request.public_key()


def test_usages(served_development_authority: DevelopmentAuthority, request_pem: bytes) -> None:
    usage = {
        profile: certificates(served_development_authority.issue(request_pem, profile))[0]
        .extensions.get_extension_for_class(x509.KeyUsage)
        .value
        for profile in ("seal", "token", "server")
    }
    assert usage["seal"].digital_signature
    assert usage["seal"].content_commitment
    assert usage["token"].digital_signature
    assert not usage["token"].content_commitment
    assert not usage["server"].digital_signature


def test_the_timestamp_authority(served_development_authority: DevelopmentAuthority) -> None:
    tsa = served_development_authority.certificate(Profile.TIMESTAMP)
    extended = tsa.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert extended.critical
    assert list(extended.value) == [x509.ExtendedKeyUsageOID.TIME_STAMPING]
    validate(tsa, served_development_authority, {"digital_signature"})

    answer = timestamp(served_development_authority, nonce=4711)

    assert answer["status"]["status"].native == "granted"
    token = answer["time_stamp_token"]["content"]
    info = token["encap_content_info"]["content"].parsed
    assert info["nonce"].native == 4711
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    assert abs(info["gen_time"].native - datetime.now(UTC)) < timedelta(seconds=10)
    assert asn1(tsa).dump() in [choice.chosen.dump() for choice in token["certificates"]]
    (root,) = certificates(served_development_authority.anchors_pem())
    context = ValidationContext(
        trust_roots=[asn1(root)],
        other_certs=[asn1(served_development_authority.certificate(Profile.INTERMEDIATE))],
        revocation_mode="soft-fail",
    )

    async def judge() -> bool:
        status = TimestampSignatureStatus(
            **await validate_tst_signed_data(token, context, expected_tst_imprint=lambda _: DIGEST)
        )
        return bool(status.valid and status.intact and status.trusted)

    assert asyncio.run(judge())


def test_timestamps_at_once(served_development_authority: DevelopmentAuthority) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda n: timestamp(served_development_authority, n), range(1, 41))
        )

    infos = [
        a["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed for a in answers
    ]
    assert [info["nonce"].native for info in infos] == list(range(1, 41))
    assert len({info["serial_number"].native for info in infos}) == 40


def test_one_slow_caller_holds_up_nobody(
    served_development_authority: DevelopmentAuthority,
) -> None:
    address = httpx.URL(served_development_authority.timestamp_url)
    with socket.create_connection((address.host, address.port or 80)) as slow:
        slow.sendall(b"POST /tsa HTTP/1.1\r\nContent-Length: 100\r\n\r\nbegin")
        started = time.monotonic()
        timestamp(served_development_authority)
        assert time.monotonic() - started < 2


def test_ocsp_knows_what_was_issued(
    served_development_authority: DevelopmentAuthority, request_pem: bytes
) -> None:
    (leaf, *_) = certificates(served_development_authority.issue(request_pem, "seal"))

    answer = ask_ocsp(served_development_authority, leaf, nonce=b"12345678")

    assert answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"12345678"
    assert answer.next_update_utc is not None
    assert answer.next_update_utc - answer.this_update_utc == timedelta(hours=1)
    (responder,) = answer.certificates
    responder.verify_directly_issued_by(
        served_development_authority.certificate(Profile.INTERMEDIATE)
    )
    responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    key = responder.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


def test_a_revoked_certificate(
    served_development_authority: DevelopmentAuthority, request_pem: bytes
) -> None:
    authority = served_development_authority
    (leaf, *_) = certificates(authority.issue(request_pem, "seal"))
    (other, *_) = certificates(authority.issue(request_pem, "seal"))
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)

    authority.revoke(leaf.serial_number, at)

    answer = ask_ocsp(authority, leaf)
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.revocation_time_utc == at
    assert answer.revocation_reason is x509.ReasonFlags.key_compromise
    entry = crl_of(authority, Profile.INTERMEDIATE).get_revoked_certificate_by_serial_number(
        leaf.serial_number
    )
    assert entry is not None
    assert entry.revocation_date_utc == at
    with pytest.raises(RevokedError):
        validate(leaf, authority, {"digital_signature"})
    assert ask_ocsp(authority, other).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_a_revocation_in_the_future_is_not_yet_one(
    served_development_authority: DevelopmentAuthority, request_pem: bytes
) -> None:
    (leaf, *_) = certificates(served_development_authority.issue(request_pem, "seal"))
    served_development_authority.revoke(leaf.serial_number, datetime.now(UTC) + timedelta(days=1))

    answer = ask_ocsp(served_development_authority, leaf)
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert (
        crl_of(
            served_development_authority, Profile.INTERMEDIATE
        ).get_revoked_certificate_by_serial_number(leaf.serial_number)
        is None
    )


@pytest.mark.parametrize("issuer", [Profile.ROOT, Profile.INTERMEDIATE])
def test_revocation_lists(
    served_development_authority: DevelopmentAuthority, issuer: Profile
) -> None:
    first = crl_of(served_development_authority, issuer)
    certificate = served_development_authority.certificate(issuer)
    key = certificate.public_key()

    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert first.is_signature_valid(key)
    assert first.issuer == certificate.subject
    assert first.next_update_utc is not None
    assert first.next_update_utc - first.last_update_utc == timedelta(days=1)
    assert abs(first.last_update_utc - datetime.now(UTC)) < timedelta(seconds=10)


@pytest.mark.parametrize("profile", [Profile.ROOT, Profile.INTERMEDIATE])
def test_issuer_certificates(
    served_development_authority: DevelopmentAuthority, profile: Profile
) -> None:
    answer = httpx.get(served_development_authority.addresses.certificate(profile))
    assert x509.load_der_x509_certificate(
        answer.content
    ) == served_development_authority.certificate(profile)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/", b"", 404),
        ("GET", "/tsa", b"", 405),
        ("POST", "/revocations/root.crl", b"", 405),
        ("GET", "/certificates/timestamp.key", b"", 404),
        ("GET", "/certificates/../root.key", b"", 404),
        ("POST", "/tsa", b"", 400),
        ("POST", "/tsa", b"garbage", 400),
        ("POST", "/ocsp", b"\x30\x03\x02\x01", 400),
        ("POST", "/tsa", b"\x00" * 100_000, 413),
    ],
)
def test_bad_requests(
    served_development_authority: DevelopmentAuthority,
    method: str,
    path: str,
    body: bytes,
    status: int,
) -> None:
    address = served_development_authority.addresses.base_url + path
    assert httpx.request(method, address, content=body).status_code == status


def test_an_unknown_certificate(
    served_development_authority: DevelopmentAuthority, request_pem: bytes, tmp_path: Path
) -> None:
    """The impostor has the same names and addresses but not the keys."""
    impostor = DevelopmentAuthority.create(
        tmp_path / "impostor", served_development_authority.addresses.base_url
    )
    (leaf, *_) = certificates(impostor.issue(request_pem, "seal"))
    real = served_development_authority.certificate(Profile.ROOT)

    assert leaf.issuer == served_development_authority.certificate(Profile.INTERMEDIATE).subject
    assert impostor.certificate(Profile.ROOT).subject == real.subject
    assert impostor.certificate(Profile.ROOT) != real
    with pytest.raises(PathValidationError):
        validate(leaf, served_development_authority, {"digital_signature"})
    answer = ask_ocsp(served_development_authority, leaf)
    assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    assert not impostor.answers()


def test_everything_stays_across_restarts(
    tmp_path: Path, free_url: Callable[[], str], request_pem: bytes
) -> None:
    url, folder = free_url(), tmp_path / "authority"
    first = DevelopmentAuthority.create(folder, url)
    (leaf, *_) = certificates(first.issue(request_pem, "seal"))
    first.revoke(leaf.serial_number, datetime.now(UTC) - timedelta(minutes=1))
    assert not first.answers()

    started = time.monotonic()
    again = DevelopmentAuthority.create(folder, url + "/")
    with serve_authority(again):
        assert time.monotonic() - started < 1
        assert again.answers()
        assert ask_ocsp(again, leaf).certificate_status is ocsp.OCSPCertStatus.REVOKED
    for profile in (Profile.ROOT, Profile.INTERMEDIATE, Profile.TIMESTAMP, Profile.OCSP):
        assert again.certificate(profile) == first.certificate(profile)
    assert not again.answers()
    with serve_authority(again):  # its address is free again at once
        assert again.answers()


def test_keys_are_in_private_files(tmp_path: Path) -> None:
    DevelopmentAuthority.create(tmp_path / "authority", "http://127.0.0.1:1")

    assert (tmp_path / "authority").stat().st_mode & 0o077 == 0
    keys = list((tmp_path / "authority").glob("*.key"))
    assert len(keys) == 4
    assert all(key.stat().st_mode & 0o177 == 0 for key in keys)
    assert [path.name for path in tmp_path.iterdir()] == ["authority"]


def test_another_address_is_refused(tmp_path: Path) -> None:
    DevelopmentAuthority.create(tmp_path / "authority", "http://127.0.0.1:1")
    with pytest.raises(Refused) as caught:
        DevelopmentAuthority.create(tmp_path / "authority", "http://127.0.0.1:2")
    assert caught.value.parameters == {
        "stored": "http://127.0.0.1:1",
        "asked": "http://127.0.0.1:2",
    }


@pytest.mark.parametrize("address", ["https://127.0.0.1:1", "127.0.0.1:1", "file:///etc", ""])
def test_only_plain_http(tmp_path: Path, address: str) -> None:
    with pytest.raises(Refused) as caught:
        DevelopmentAuthority.create(tmp_path / "authority", address)
    assert caught.value.code == "authority.bad_address"
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_open(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        DevelopmentAuthority.open(tmp_path)
    assert caught.value.code == "authority.missing"


def test_an_address_in_use(
    served_development_authority: DevelopmentAuthority,
) -> None:
    with pytest.raises(Unavailable) as caught:
        serve_authority(served_development_authority)
    assert caught.value.code == "authority.address_in_use"


def test_it_warns_loudly_and_logs_no_requests(
    tmp_path: Path, free_url: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        authority = DevelopmentAuthority.create(tmp_path / "authority", free_url())
        with serve_authority(authority):
            timestamp(authority)

    warnings = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "proves nothing" in warnings[0].getMessage()
    assert not [r for r in caplog.records if r.name.startswith("werkzeug")]


def test_moments_can_be_chosen(
    served_development_authority: DevelopmentAuthority, request_pem: bytes
) -> None:
    begin, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    pem = served_development_authority.issue(request_pem, "seal", not_before=begin, not_after=end)
    (leaf, *_) = certificates(pem)
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (begin, end)


def test_bad_certificate_requests(
    served_development_authority: DevelopmentAuthority, request_pem: bytes
) -> None:
    der = x509.load_pem_x509_csr(request_pem).public_bytes(Encoding.DER)
    tampered = der.replace("آزمایشی".encode(), "آزمایسی".encode())
    assert tampered != der
    forged = x509.load_der_x509_csr(tampered).public_bytes(Encoding.PEM)
    for pem in (b"", b"text", forged):
        with pytest.raises(Refused) as caught:
            served_development_authority.issue(pem, "seal")
        assert caught.value.code == "authority.bad_request"


def test_only_what_was_issued_can_be_revoked(
    served_development_authority: DevelopmentAuthority,
) -> None:
    with pytest.raises(Refused) as caught:
        served_development_authority.revoke(4711, datetime.now(UTC))
    assert caught.value.parameters == {"serial": "1267"}


def test_a_set_up_that_was_broken_off_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(json, "dumps", fail)
    with pytest.raises(OSError, match="no space"):
        DevelopmentAuthority.create(tmp_path / "authority", "http://127.0.0.1:1")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []

    DevelopmentAuthority.create(tmp_path / "authority", "http://127.0.0.1:1")


def test_two_may_revoke_at_once(tmp_path: Path, request_pem: bytes) -> None:
    authority = DevelopmentAuthority.create(tmp_path / "authority", "http://127.0.0.1:1")
    serials = [
        certificates(authority.issue(request_pem, "seal"))[0].serial_number for _ in range(8)
    ]
    ready = threading.Barrier(8)

    def revoke(serial: int) -> None:
        ready.wait(10)
        authority.revoke(serial, datetime.now(UTC))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(revoke, serials))

    assert set(authority.revocations()) == set(serials)
