"""Which keys the token makes, and which signatures it makes with them."""

from enum import StrEnum


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

    def suits(self, algorithm: KeyAlgorithm) -> bool:
        """Whether a key of this kind can sign this way."""
        return self.value.startswith("rsa-") == algorithm.value.startswith("rsa-")
