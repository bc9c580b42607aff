"""A key's way: made in the token, requested, certified, imported, signing, refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clearance.algorithms import KeyAlgorithm, Mechanism
from clearance.errors import InvalidValue, Refused
from hsm.errors import KeyNotFound
from hsm.module import Token
from keys.catalogue import Catalogue, CataloguedKey, Purpose, State
from keys.certificates import certificate_request, import_certificate
from keys.certified import open_key
from keys.development import DevelopmentAuthority

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
SUBJECT = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "مهر سازمانی آزمایشی")])
KINDS = {
    "seal-rsa": (Purpose.DOCUMENT_SEAL, KeyAlgorithm.RSA_2048, Mechanism.RSA_PKCS1_SHA256),
    "seal-pss": (Purpose.DOCUMENT_SEAL, KeyAlgorithm.RSA_2048, Mechanism.RSA_PSS_SHA384),
    "seal-p384": (Purpose.DOCUMENT_SEAL, KeyAlgorithm.P_384, Mechanism.ECDSA_SHA384),
    "log": (Purpose.REGISTER_LOG, KeyAlgorithm.ED25519, Mechanism.ED25519),
    "token": (Purpose.QR_TOKEN, KeyAlgorithm.P_256, Mechanism.ECDSA_SHA256),
}


def clock() -> datetime:
    return NOW


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentAuthority:
    folder = tmp_path_factory.mktemp("authority") / "authority"
    # Made three months ago, so that it can issue certificates that have ended.
    return DevelopmentAuthority.create(folder, "http://127.0.0.1:1", clock=lambda: NOW - 90 * DAY)


@pytest.fixture(scope="module")
def planned(own_token: Token) -> Callable[[str], CataloguedKey]:
    def make(label: str) -> CataloguedKey:
        purpose, algorithm, mechanism = KINDS[label]
        if label not in own_token.labels():
            own_token.generate_key(label, algorithm)
        return CataloguedKey(
            label=label,
            purpose=purpose,
            algorithm=algorithm.value,
            mechanism=mechanism.value,
            state=State.PLANNED,
            not_before=NOW - 30 * DAY,
            not_after=NOW + 30 * DAY,
        )

    return make


Planned = Callable[[str], CataloguedKey]


def certified(
    folder: Path,
    own_token: Token,
    authority: DevelopmentAuthority,
    key: CataloguedKey,
    profile: str = "seal",
    *,
    not_before: datetime = NOW - DAY,
    not_after: datetime = NOW + DAY,
) -> Catalogue:
    request = certificate_request(own_token, key, SUBJECT)
    pem = authority.issue(request, profile, not_before=not_before, not_after=not_after)
    catalogue = Catalogue(folder).with_key(key)
    return import_certificate(catalogue, own_token, key.label, pem, at=NOW)


@pytest.mark.parametrize("label", KINDS)
def test_the_request_is_signed_by_its_key(own_token: Token, planned: Planned, label: str) -> None:
    request = x509.load_pem_x509_csr(certificate_request(own_token, planned(label), SUBJECT))

    assert request.is_signature_valid
    assert request.subject == SUBJECT
    public = request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public == own_token.public_key(label)


@pytest.mark.parametrize("label", KINDS)
def test_from_request_to_signature(
    own_token: Token,
    authority: DevelopmentAuthority,
    planned: Planned,
    tmp_path: Path,
    label: str,
) -> None:
    key = planned(label)
    profile = "token" if key.purpose is Purpose.QR_TOKEN else "seal"
    certified(tmp_path, own_token, authority, key, profile)

    opened = open_key(Catalogue.load(tmp_path), own_token, key.purpose, clock)
    signature = opened.sign(b"data")

    assert opened.mechanism is KINDS[label][2]
    assert opened.chain[-1].issuer == opened.chain[-1].subject
    opened.certificate.verify_directly_issued_by(opened.chain[0])
    public = opened.certificate.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        public.verify(signature, b"data")
        return
    digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[opened.mechanism.hash]
    if isinstance(public, ec.EllipticCurvePublicKey):
        half = len(signature) // 2
        r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
        public.verify(encode_dss_signature(r, s), b"data", ec.ECDSA(digest))
    else:
        assert isinstance(public, rsa.RSAPublicKey)
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
        scheme = pss if "pss" in opened.mechanism else padding.PKCS1v15()
        public.verify(signature, b"data", scheme, digest)


def test_the_window_shrinks_to_the_certificate(
    own_token: Token, authority: DevelopmentAuthority, planned: Planned, tmp_path: Path
) -> None:
    key = planned("seal-rsa")
    stored = certified(tmp_path, own_token, authority, key).get("seal-rsa")

    assert (stored.not_before, stored.not_after) == (NOW - DAY, NOW + DAY)
    assert stored.state is State.ACTIVE
    assert Catalogue.load(tmp_path).get("seal-rsa") == stored


def test_it_signs_until_its_certificate_ends(
    own_token: Token, authority: DevelopmentAuthority, planned: Planned, tmp_path: Path
) -> None:
    moment = NOW
    catalogue = certified(tmp_path, own_token, authority, planned("seal-rsa"))
    opened = open_key(catalogue, own_token, Purpose.DOCUMENT_SEAL, lambda: moment)
    opened.sign(b"")

    for at, code in (
        (NOW + DAY, "keys.not_active"),
        (NOW + 2 * DAY, "keys.certificate_expired"),
        (NOW - 2 * DAY, "keys.certificate_not_yet_valid"),
    ):
        moment = at
        with pytest.raises(Refused) as caught:
            opened.sign(b"")
        assert caught.value.code == code


def test_a_certificate_that_begins_later_waits(
    own_token: Token, authority: DevelopmentAuthority, planned: Planned, tmp_path: Path
) -> None:
    key = planned("seal-rsa")
    catalogue = certified(
        tmp_path, own_token, authority, key, not_before=NOW + DAY, not_after=NOW + 3 * DAY
    )

    with pytest.raises(Refused) as caught:
        open_key(catalogue, own_token, Purpose.DOCUMENT_SEAL, clock)
    assert caught.value.code == "keys.no_active_key"
    open_key(catalogue, own_token, Purpose.DOCUMENT_SEAL, lambda: NOW + DAY).sign(b"")


@pytest.mark.parametrize(
    ("profile", "begin", "end", "code"),
    [
        ("seal", -9 * DAY, -DAY, "keys.certificate_expired"),
        ("server", -DAY, DAY, "keys.certificate_wrong_usage"),
        ("seal", -80 * DAY, -70 * DAY, "keys.window_outside_certificate"),
    ],
)
def test_certificates_that_are_not_imported(
    own_token: Token,
    authority: DevelopmentAuthority,
    planned: Planned,
    tmp_path: Path,
    profile: str,
    begin: timedelta,
    end: timedelta,
    code: str,
) -> None:
    with pytest.raises(Refused) as caught:
        certified(
            tmp_path,
            own_token,
            authority,
            planned("seal-rsa"),
            profile,
            not_before=NOW + begin,
            not_after=NOW + end,
        )
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_the_certificate_of_another_key(
    own_token: Token, authority: DevelopmentAuthority, planned: Planned, tmp_path: Path
) -> None:
    pem = authority.issue(certificate_request(own_token, planned("seal-pss"), SUBJECT), "seal")
    catalogue = Catalogue(tmp_path).with_key(planned("seal-rsa"))

    with pytest.raises(Refused) as caught:
        import_certificate(catalogue, own_token, "seal-rsa", pem, at=NOW)
    assert caught.value.code == "keys.certificate_does_not_match"


def test_a_chain_that_does_not_join(
    own_token: Token, authority: DevelopmentAuthority, planned: Planned, tmp_path: Path
) -> None:
    pem = authority.issue(certificate_request(own_token, planned("seal-rsa"), SUBJECT), "seal")
    leaf, _, root = x509.load_pem_x509_certificates(pem)
    broken = leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    catalogue = Catalogue(tmp_path).with_key(planned("seal-rsa"))

    for content, code in ((broken, "keys.chain_broken"), (b"", "keys.certificate_unreadable")):
        with pytest.raises(Refused) as caught:
            import_certificate(catalogue, own_token, "seal-rsa", content, at=NOW)
        assert caught.value.code == code


def test_a_retired_key_takes_no_certificate(
    own_token: Token, authority: DevelopmentAuthority, planned: Planned, tmp_path: Path
) -> None:
    key = planned("seal-rsa")
    pem = authority.issue(certificate_request(own_token, key, SUBJECT), "seal")
    catalogue = Catalogue(tmp_path).with_key(replace(key, state=State.RETIRED))

    with pytest.raises(Refused) as caught:
        import_certificate(catalogue, own_token, "seal-rsa", pem, at=NOW)
    assert caught.value.code == "keys.not_planned"


def test_a_swapped_certificate_file_is_noticed(
    own_token: Token, authority: DevelopmentAuthority, planned: Planned, tmp_path: Path
) -> None:
    catalogue = certified(tmp_path, own_token, authority, planned("seal-rsa"))
    pem = authority.issue(certificate_request(own_token, planned("seal-pss"), SUBJECT), "seal")
    (tmp_path / "certificates" / "seal-rsa.pem").write_bytes(pem)

    with pytest.raises(Refused) as caught:
        open_key(catalogue, own_token, Purpose.DOCUMENT_SEAL, lambda: NOW)
    assert caught.value.code in {
        "keys.certificate_does_not_match",
        "keys.certificate_not_yet_valid",
    }


def test_a_key_that_the_token_does_not_hold(own_token: Token, planned: Planned) -> None:
    with pytest.raises(KeyNotFound):
        certificate_request(own_token, replace(planned("seal-rsa"), label="elsewhere"), SUBJECT)


def test_a_name_that_verifiers_cannot_compare(own_token: Token, planned: Planned) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "مهر (نمونه)")])
    with pytest.raises(InvalidValue) as caught:
        certificate_request(own_token, planned("seal-rsa"), name)
    assert caught.value.code == "keys.bad_subject"
