"""The public side of the keys, as verifying and issuing see it."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clearance.errors import MohrError
from clearance.long_life import TrustHistory
from keys.catalogue import CATALOGUE_FILE, Catalogue, Purpose, State
from keys.history import HISTORY_FILE, RETIRED_FILE, TrustPast, load_history
from keys.trust import is_development, load_anchors, refuse_development
from register.kinds import KINDS
from service.settings import Settings
from verifier.token_keys import TokenKeys, keys_of
from verifier.trust import TrustPolicy

ANCHORS_FILE = "anchors.pem"
_SEALING = tuple(dict.fromkeys(Purpose(each.key_purpose) for each in KINDS.values()))
"""What the keys that seal documents are for."""
_TRUST_FILES = (ANCHORS_FILE, HISTORY_FILE, RETIRED_FILE)

_log = logging.getLogger("mohr.trust")


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What the files said at one reading."""

    anchors: tuple[x509.Certificate, ...]
    past: TrustPast


class Trust:
    """The public side of the keys: anchors, certificates, and what is trusted no longer.

    Each file is read again when it changes, so that neither a rotated key nor a new root needs a
    restart. The first reading raises for files that are of no use; later such files are logged as
    errors, and what was read before goes on to hold.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = keys_folder(settings)
        self._environment = settings.environment
        self._require_non_repudiation = settings.verifier.require_non_repudiation
        self._certificates = lru_cache(maxsize=8)(self._read_certificates)
        self._tried = self._stamps()
        self._read = self._read_files()
        for purpose in (*_SEALING, Purpose.QR_TOKEN):
            refuse_development(self.certificates(purpose), environment=self._environment)

    @property
    def anchors(self) -> tuple[x509.Certificate, ...]:
        """The certificates that seals and timestamps are trusted by today."""
        return self._current().anchors

    @property
    def history(self) -> TrustHistory:
        """Algorithms and anchors that are trusted no longer, or from some day on."""
        return self._current().past.history

    @property
    def retired_anchors(self) -> tuple[tuple[x509.Certificate, datetime], ...]:
        """Anchors that were trusted once, with the moment (UTC) from which they are no more."""
        past = self._current().past
        return tuple((each, past.retired_on(each)) for each in past.retired)

    @property
    def is_development(self) -> bool:
        """Whether seals under these anchors prove nothing to the outside."""
        return any(map(is_development, self.anchors))

    def policy(self, at: datetime) -> TrustPolicy:
        """Return the trust input of one examination."""
        read = self._current()
        return TrustPolicy(
            anchors_der=tuple(map(_der, read.anchors)),
            seals_der=tuple(_der(each) for use in _SEALING for each in self.certificates(use)),
            at=at,
            require_non_repudiation=self._require_non_repudiation,
            history=read.past.history,
            retired_anchors_der=tuple(map(_der, read.past.retired)),
        )

    def certificates(self, purpose: Purpose) -> tuple[x509.Certificate, ...]:
        """Return the certificates of all keys that sign or ever signed for ``purpose``."""
        catalogue = self._folder / CATALOGUE_FILE
        written = catalogue.stat().st_mtime_ns if catalogue.exists() else 0
        return self._certificates(purpose, written)

    def token_certificates(self) -> tuple[x509.Certificate, ...]:
        """Return the certificates by which others may trust QR tokens offline.

        A token has no timestamp: once its key is compromised, only the register can vouch for it.
        """
        return Catalogue.load(self._folder).certificates(
            Purpose.QR_TOKEN, leave_out=frozenset({State.COMPROMISED})
        )

    def token_keys(self) -> TokenKeys:
        """Return the public keys of all QR tokens by key identifier, for checks by the register."""
        return keys_of(self.certificates(Purpose.QR_TOKEN))

    def _current(self) -> _Read:
        stamps = self._stamps()
        if stamps != self._tried:
            self._tried = stamps
            try:
                self._read = self._read_files()
            except MohrError as error:
                _log.error(
                    "trust files not used, those before go on to hold: %s %s",
                    error,
                    error.parameters,
                )
        return self._read

    def _read_files(self) -> _Read:
        anchors = load_anchors(self._folder / ANCHORS_FILE)
        refuse_development(anchors, environment=self._environment)
        return _Read(anchors=anchors, past=load_history(self._folder))

    def _stamps(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_stamp(self._folder / name) for name in _TRUST_FILES)

    def _read_certificates(self, purpose: Purpose, _written: int) -> tuple[x509.Certificate, ...]:
        return Catalogue.load(self._folder).certificates(purpose)


def keys_folder(settings: Settings) -> Path:
    """Return the folder of catalogue, certificates and anchors."""
    return settings.home / "keys"


def _stamp(file: Path) -> tuple[int, int] | None:
    """Return what changes with the file's content: its time and size; None if it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
