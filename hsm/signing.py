"""Which keys the token makes, and which signatures it makes with them."""

import hashlib
from enum import StrEnum
from typing import Any

import pkcs11
from pkcs11 import MGF, Attribute, KeyType, MechanismFlag
from pkcs11.types import SignMixin
from pkcs11.util.ec import encode_named_curve_parameters

_PKCS1 = {
    "sha256": pkcs11.Mechanism.SHA256_RSA_PKCS,
    "sha384": pkcs11.Mechanism.SHA384_RSA_PKCS,
    "sha512": pkcs11.Mechanism.SHA512_RSA_PKCS,
}
_PSS = {
    "sha256": (pkcs11.Mechanism.SHA256_RSA_PKCS_PSS, pkcs11.Mechanism.SHA256, MGF.SHA256, 32),
    "sha384": (pkcs11.Mechanism.SHA384_RSA_PKCS_PSS, pkcs11.Mechanism.SHA384, MGF.SHA384, 48),
    "sha512": (pkcs11.Mechanism.SHA512_RSA_PKCS_PSS, pkcs11.Mechanism.SHA512, MGF.SHA512, 64),
}
_CURVES = {"p-256": "secp256r1", "p-384": "secp384r1"}


class KeyAlgorithm(StrEnum):
    """A kind of key pair that Mohr makes in a token."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    P_256 = "p-256"
    P_384 = "p-384"


class Mechanism(StrEnum):
    """A way to sign; each hashes the data itself, with the hash that its name ends with."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"
    RSA_PKCS1_SHA384 = "rsa-pkcs1-sha384"
    RSA_PKCS1_SHA512 = "rsa-pkcs1-sha512"
    RSA_PSS_SHA256 = "rsa-pss-sha256"
    """PSS with MGF1 over the same hash and a salt as long as the hash, here and below."""
    RSA_PSS_SHA384 = "rsa-pss-sha384"
    RSA_PSS_SHA512 = "rsa-pss-sha512"
    ECDSA_SHA256 = "ecdsa-sha256"
    """Answers fixed-width ``r || s``, as long as two field elements, here and below."""
    ECDSA_SHA384 = "ecdsa-sha384"

    @property
    def hash_name(self) -> str:
        """Name of the hash as ``hashlib`` knows it: ``sha256``, ``sha384`` or ``sha512``."""
        return self.value.rsplit("-", 1)[1]

    @property
    def is_rsa(self) -> bool:
        """Whether it takes an RSA key; the others take a key on a curve."""
        return self.value.startswith("rsa-")


def sign_with(key: SignMixin, mechanism: Mechanism, data: bytes) -> bytes:
    """Sign ``data`` with a private key of an open session.

    RSA lets the token hash. ECDSA gets the hash, since SoftHSM2 2.6 knows no
    ``CKM_ECDSA_SHA256``. Raises what ``pkcs11`` raises.
    """
    if not mechanism.is_rsa:
        digest = hashlib.new(mechanism.hash_name, data).digest()
        signature = key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
    elif mechanism.value.startswith("rsa-pss"):
        way, *parameters = _PSS[mechanism.hash_name]
        signature = key.sign(data, mechanism=way, mechanism_param=tuple(parameters))
    else:
        signature = key.sign(data, mechanism=_PKCS1[mechanism.hash_name])
    return bytes(signature)


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
    if algorithm.value in _CURVES:
        curve = encode_named_curve_parameters(_CURVES[algorithm.value])
        domain = session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: curve}, local=True
        )
        return domain.generate_keypair(**options)
    bits = int(algorithm.value.removeprefix("rsa-"))
    return session.generate_keypair(KeyType.RSA, bits, **options)
