"""A key in the token together with its certificate: what the signer signs with."""

from dataclasses import dataclass

from cryptography import x509

from clearance.algorithms import Mechanism
from clearance.clock import Clock
from hsm.module import Token
from keys.catalogue import Catalogue, CataloguedKey, Purpose
from keys.certificates import check_matches, check_may_sign


@dataclass(frozen=True, kw_only=True)
class CertifiedKey:
    """A key that signs as long as catalogue and certificate let it.

    Safe for any number of threads. It keeps what the catalogue said when it was opened: open it
    anew to see a rotation.
    """

    key: CataloguedKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """Issuers upward, without the certificate itself, the root last where known."""
    token: Token
    clock: Clock

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism that ``sign`` uses."""
        return Mechanism.named(self.key.mechanism)

    def sign(self, data: bytes) -> bytes:
        """Sign ``data`` inside the token, hashing it first.

        Returns PKCS#1 v1.5 or PSS bytes, or fixed-width ``r || s``. Raises ``Refused``
        (``keys.*``) if the key may not sign at this moment, and as ``Token.sign``.
        """
        check_may_sign(self.key, self.certificate, self.clock())
        return self.token.sign(self.key.label, self.mechanism, data)


def open_key(catalogue: Catalogue, token: Token, purpose: Purpose, clock: Clock) -> CertifiedKey:
    """Return the key that signs for ``purpose`` now, after checking it against its certificate.

    Raises ``Refused`` (``keys.*``), ``KeyNotFound`` if the token does not hold it, and
    ``Unavailable``.
    """
    key = catalogue.active(purpose, clock())
    certificate, *issuers = catalogue.chain(key)
    check_may_sign(key, certificate, clock())
    check_matches(key, certificate, token.public_key(key.label))
    return CertifiedKey(
        key=key, certificate=certificate, chain=tuple(issuers), token=token, clock=clock
    )
