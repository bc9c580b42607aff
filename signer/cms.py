"""The CMS signature of a seal, made by a key that sits in the token.

pyHanko builds the container; the key signs through ``signer.ports.SigningKey``. pyHanko's own
PKCS#11 signer is not used: it owns one session, and a failed look-up leaves it waiting for ever.
"""

import hashlib

from asn1crypto import algos, cms
from cryptography import x509
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from clearance.algorithms import Mechanism, Scheme
from signer.certificates import to_asn1
from signer.ports import SigningKey
from signer.revocation_values import with_unsigned_attribute
from signer.timestamps import TimestampAuthority, Token

CONTAINER_OVERHEAD = 2048
"""Bytes for signed attributes, algorithm identifiers, names and the signature itself."""
TIMESTAMP_MARGIN = 1024
"""Bytes by which the next timestamp token may be larger than the last."""
ATTRIBUTE_OVERHEAD = 64
"""Bytes by which lengths may grow around an attribute that a token is given."""


class KeySigner(Signer):
    """Signs with a ``SigningKey``; good for one container."""

    def __init__(self, key: SigningKey) -> None:
        chain = [to_asn1(each) for each in key.chain]
        super().__init__(
            signature_mechanism=signature_algorithm(key.mechanism),
            signing_cert=to_asn1(key.certificate),
            cert_registry=SimpleCertificateStore.from_certs(chain),  # type: ignore[no-untyped-call]
        )
        self._key = key

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,  # noqa: FBT001, FBT002
    ) -> bytes:
        """Sign ``data``; the container's size is known beforehand, so there are no dry runs."""
        del digest_algorithm, dry_run
        signature = self._key.sign(data)
        if self._key.mechanism.scheme is Scheme.ECDSA:
            # The token answers r || s (PKCS#11, 2.3.1); CMS wants a DER sequence (RFC 5753, 7.2).
            der: bytes = algos.DSASignature.from_p1363(signature).dump()
            return der
        return signature


class CheckedTimestamps(TimeStamper):
    """Feeds pyHanko with timestamps of our own client, and remembers who signed them.

    ``attribute`` is an unsigned one in DER that each token is given on its way, if there is any.
    """

    def __init__(self, authority: TimestampAuthority, *, attribute: bytes = b"") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authority = authority
        self._attribute = attribute
        self.certificates = set[x509.Certificate]()

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token for ``message_digest``; raises ``Unavailable``."""
        timestamp = self._authority.stamp(message_digest, md_algorithm)
        self.certificates.add(timestamp.certificate)
        if not self._attribute:
            return timestamp.token
        return Token.read(with_unsigned_attribute(timestamp.token.der, self._attribute))


def signature_algorithm(mechanism: Mechanism) -> algos.SignedDigestAlgorithm:
    """Name a mechanism as CMS does (RFC 4056 for PSS, RFC 5753 for ECDSA, RFC 8419 for Ed25519)."""
    if mechanism.scheme is not Scheme.PSS:
        return algos.SignedDigestAlgorithm({"algorithm": mechanism.x509})
    digest = algos.DigestAlgorithm({"algorithm": mechanism.hash.value})
    return algos.SignedDigestAlgorithm(
        {
            "algorithm": mechanism.x509,
            "parameters": {
                "hash_algorithm": digest,
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": digest},
                "salt_length": hashlib.new(mechanism.hash).digest_size,
            },
        }
    )
