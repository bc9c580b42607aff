"""Every key kind with every mechanism, judged by an independent library."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from clearance.algorithms import KeyAlgorithm, Mechanism
from hsm.errors import KeyNotFound, LabelTaken, MechanismRefused
from hsm.module import Token

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
SIZES = {
    KeyAlgorithm.RSA_2048: 2048,
    KeyAlgorithm.RSA_3072: 3072,
    KeyAlgorithm.RSA_4096: 4096,
    KeyAlgorithm.P_256: 256,
    KeyAlgorithm.P_384: 384,
    KeyAlgorithm.P_521: 521,
    KeyAlgorithm.ED25519: 256,
}
PAIRS = [(a, m) for a in KeyAlgorithm for m in Mechanism if m.takes is a.kind]
DATA = b"to be sealed" * 1000


@pytest.fixture(scope="module")
def public_keys(own_token: Token) -> dict[KeyAlgorithm, bytes]:
    return {algorithm: own_token.generate_key(f"key-{algorithm}", algorithm) for algorithm in SIZES}


def verify(spki: bytes, mechanism: Mechanism, data: bytes, signature: bytes) -> None:
    key = load_der_public_key(spki)
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, data)
        return
    algorithm = HASHES[mechanism.hash]
    if isinstance(key, ec.EllipticCurvePublicKey):
        half = (key.key_size + 7) // 8
        assert len(signature) == 2 * half
        r, s = (int.from_bytes(signature[i : i + half]) for i in (0, half))
        key.verify(encode_dss_signature(r, s), data, ec.ECDSA(algorithm))
    elif "pss" in mechanism:
        assert isinstance(key, rsa.RSAPublicKey)
        scheme = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
        key.verify(signature, data, scheme, algorithm)
    else:
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(signature, data, padding.PKCS1v15(), algorithm)


@pytest.mark.parametrize(("algorithm", "mechanism"), PAIRS)
def test_another_library_verifies(
    own_token: Token,
    public_keys: dict[KeyAlgorithm, bytes],
    algorithm: KeyAlgorithm,
    mechanism: Mechanism,
) -> None:
    signature = own_token.sign(f"key-{algorithm}", mechanism, DATA)

    verify(public_keys[algorithm], mechanism, DATA, signature)
    with pytest.raises(InvalidSignature):
        verify(public_keys[algorithm], mechanism, DATA + b"x", signature)


@pytest.mark.parametrize("algorithm", SIZES)
def test_public_key_is_the_generated_one(
    own_token: Token, public_keys: dict[KeyAlgorithm, bytes], algorithm: KeyAlgorithm
) -> None:
    assert own_token.public_key(f"key-{algorithm}") == public_keys[algorithm]
    key = load_der_public_key(public_keys[algorithm])
    if algorithm is KeyAlgorithm.ED25519:
        assert isinstance(key, ed25519.Ed25519PublicKey)
        return
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    assert key.key_size == SIZES[algorithm] == algorithm.bits


def test_labels_are_listed(own_token: Token, public_keys: dict[KeyAlgorithm, bytes]) -> None:
    assert {f"key-{algorithm}" for algorithm in public_keys} <= set(own_token.labels())


def test_a_label_is_never_used_twice(
    own_token: Token, public_keys: dict[KeyAlgorithm, bytes]
) -> None:
    with pytest.raises(LabelTaken) as caught:
        own_token.generate_key("key-p-256", KeyAlgorithm.P_384)

    assert caught.value.parameters == {"label": "key-p-256"}
    assert own_token.public_key("key-p-256") == public_keys[KeyAlgorithm.P_256]


def test_unknown_label(own_token: Token) -> None:
    with pytest.raises(KeyNotFound) as caught:
        own_token.sign("no such key", Mechanism.ECDSA_SHA256, b"")

    assert caught.value.code == "hsm.key_not_found"
    with pytest.raises(KeyNotFound):
        own_token.public_key("no such key")


def test_key_of_another_kind_is_refused(
    own_token: Token, public_keys: dict[KeyAlgorithm, bytes]
) -> None:
    with pytest.raises(MechanismRefused):
        own_token.sign("key-p-256", Mechanism.RSA_PKCS1_SHA256, DATA)
    with pytest.raises(MechanismRefused):
        own_token.sign("key-rsa-2048", Mechanism.ECDSA_SHA256, DATA)
    with pytest.raises(MechanismRefused):
        own_token.sign("key-ed25519", Mechanism.ECDSA_SHA256, DATA)
    with pytest.raises(MechanismRefused):
        own_token.sign("key-p-256", Mechanism.ED25519, DATA)


def test_sixteen_threads(own_token: Token, public_keys: dict[KeyAlgorithm, bytes]) -> None:
    def work(number: int) -> None:
        for turn in range(40):
            data = f"{number} {turn}".encode()
            rsa_made = own_token.sign("key-rsa-2048", Mechanism.RSA_PKCS1_SHA256, data)
            ec_made = own_token.sign("key-p-256", Mechanism.ECDSA_SHA256, data)
            verify(public_keys[KeyAlgorithm.RSA_2048], Mechanism.RSA_PKCS1_SHA256, data, rsa_made)
            verify(public_keys[KeyAlgorithm.P_256], Mechanism.ECDSA_SHA256, data, ec_made)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
