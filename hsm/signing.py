"""How the token makes the keys and signatures of the table (``clearance.algorithms``)."""

import hashlib
from typing import Any

import pkcs11
from asn1crypto.core import OctetString
from asn1crypto.keys import PublicKeyInfo, RSAPublicKey
from pkcs11 import MGF, Attribute, KeyType, MechanismFlag
from pkcs11.types import SignMixin
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from clearance.algorithms import Hash, KeyAlgorithm, KeyKind, Mechanism, Scheme

KEY_TYPES = {
    KeyKind.RSA: KeyType.RSA,
    KeyKind.EC: KeyType.EC,
    KeyKind.ED25519: KeyType.EC_EDWARDS,
}
"""How PKCS#11 calls the kinds of key."""


def sign_with(key: SignMixin, mechanism: Mechanism, data: bytes) -> bytes:
    """Sign ``data`` with a private key of an open session.

    The token hashes, except for ECDSA. Raises what ``pkcs11`` raises.
    """
    way = pkcs11.Mechanism[mechanism.pkcs11]
    if mechanism.scheme is Scheme.ECDSA:
        data = hashlib.new(mechanism.hash, data).digest()
    elif mechanism.scheme is Scheme.PSS:
        return bytes(key.sign(data, mechanism=way, mechanism_param=_pss(mechanism.hash)))
    return bytes(key.sign(data, mechanism=way))


def _pss(by: Hash) -> tuple[pkcs11.Mechanism, MGF, int]:
    return pkcs11.Mechanism[by.pkcs11], MGF[by.pkcs11], hashlib.new(by).digest_size


PROTECTION = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
}
"""What keeps a private key inside its token: login needed, never in plain, never wrapped."""
PROVED_PROTECTION = {
    **PROTECTION,
    Attribute.TOKEN: True,
    Attribute.LOCAL: True,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.NEVER_EXTRACTABLE: True,
}
"""The same as the token tells it afterwards: made inside, and protected at every moment."""


def generate_pair(
    session: pkcs11.Session, label: str, algorithm: KeyAlgorithm
) -> tuple[pkcs11.PublicKey, pkcs11.PrivateKey]:
    """Make a key pair that signs and does nothing else. Raises what ``pkcs11`` raises."""
    options: dict[str, Any] = {
        "id": hashlib.sha256(label.encode()).digest()[:16],
        "label": label,
        "store": True,
        "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
        "private_template": PROTECTION,
    }
    if algorithm.kind is KeyKind.RSA:
        return session.generate_keypair(KeyType.RSA, algorithm.bits, **options)
    curve = encode_named_curve_parameters(algorithm.curve)
    domain = session.create_domain_parameters(
        KEY_TYPES[algorithm.kind], {Attribute.EC_PARAMS: curve}, local=True
    )
    return domain.generate_keypair(**options, mechanism=_GENERATION[algorithm.kind])


_GENERATION = {
    KeyKind.EC: pkcs11.Mechanism.EC_KEY_PAIR_GEN,
    KeyKind.ED25519: pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
}


def public_key_info(key: pkcs11.PublicKey) -> bytes:
    """Return a public key as SubjectPublicKeyInfo (RFC 5280, 4.1; RFC 8410, 4) in DER."""
    if key.key_type is KeyType.RSA:
        numbers = RSAPublicKey.load(encode_rsa_public_key(key))
        return bytes(PublicKeyInfo.wrap(numbers, "rsa").dump())
    if key.key_type is KeyType.EC_EDWARDS:
        # python-pkcs11's encoder would call it a point on a curve that no library knows.
        point = OctetString.load(key[Attribute.EC_POINT]).native
        named = {"algorithm": KeyAlgorithm.ED25519.kind.value}
        return bytes(PublicKeyInfo({"algorithm": named, "public_key": point}).dump())
    return encode_ec_public_key(key)
