"""The public side of the keys, as verifying and issuing see it."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from keys.catalogue import CATALOGUE_FILE, Catalogue, Purpose, State
from keys.history import load_history
from keys.trust import is_development, load_anchors, refuse_development
from service.settings import Settings
from verifier.token_keys import TokenKeys, keys_of
from verifier.trust import TrustPolicy

ANCHORS_FILE = "anchors.pem"


class Trust:
    """The public side of the keys: anchors and certificates.

    Anchors and policy are read once; the catalogue is read again when it changes, so that a rotated
    key needs no restart.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = keys_folder(settings)
        self._require_non_repudiation = settings.verifier.require_non_repudiation
        self._certificates = lru_cache(maxsize=8)(self._read_certificates)
        self.anchors = load_anchors(self._folder / ANCHORS_FILE)
        past = load_history(self._folder)
        self.history, self._retired = past.history, past.retired
        for certificates in (
            self.anchors,
            self.certificates(Purpose.DOCUMENT_SEAL),
            self.certificates(Purpose.QR_TOKEN),
        ):
            refuse_development(certificates, environment=settings.environment)

    @property
    def is_development(self) -> bool:
        """Whether seals under these anchors prove nothing to the outside."""
        return any(map(is_development, self.anchors))

    def policy(self, at: datetime) -> TrustPolicy:
        """Answer the trust input of one examination."""
        return TrustPolicy(
            anchors_der=tuple(map(_der, self.anchors)),
            seals_der=tuple(map(_der, self.certificates(Purpose.DOCUMENT_SEAL))),
            at=at,
            require_non_repudiation=self._require_non_repudiation,
            history=self.history,
            retired_anchors_der=tuple(map(_der, self._retired)),
        )

    def certificates(self, purpose: Purpose) -> tuple[x509.Certificate, ...]:
        """Answer the certificates of all keys that sign or ever signed for ``purpose``."""
        catalogue = self._folder / CATALOGUE_FILE
        written = catalogue.stat().st_mtime_ns if catalogue.exists() else 0
        return self._certificates(purpose, written)

    def token_certificates(self) -> tuple[x509.Certificate, ...]:
        """Answer the certificates by which others may trust QR tokens offline.

        A token has no timestamp: once its key is compromised, only the register can vouch for it.
        """
        return Catalogue.load(self._folder).certificates(
            Purpose.QR_TOKEN, leave_out=frozenset({State.COMPROMISED})
        )

    def token_keys(self) -> TokenKeys:
        """Answer the public keys of all QR tokens by key identifier, for checks by the register."""
        return keys_of(self.certificates(Purpose.QR_TOKEN))

    def _read_certificates(self, purpose: Purpose, _written: int) -> tuple[x509.Certificate, ...]:
        return Catalogue.load(self._folder).certificates(purpose)


def keys_folder(settings: Settings) -> Path:
    """Answer the folder of catalogue, certificates and anchors."""
    return settings.home / "keys"


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
