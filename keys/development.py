"""The development authority: root, intermediate, TSA, OCSP and revocation lists on one machine.

It proves nothing to anyone outside: its keys lie in files, and no national root stands above it.
Production refuses it; every document sealed under it says so in large print.
"""

import json
import logging
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from urllib.request import urlopen

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from clearance.clock import Clock, system_clock
from clearance.errors import Refused
from keys.files import sync_folder, write_durably
from keys.profiles import Addresses, Issuer, Profile, build
from keys.trust import DEVELOPMENT_MARK

log = logging.getLogger(__name__)

_SETTINGS = "authority.json"
_ISSUED = "issued"
_REVOKED = "revoked"
_LARGEST_CERTIFICATE = 64 * 1024
_COMMON_NAMES = {
    Profile.ROOT: "Root",
    Profile.INTERMEDIATE: "Intermediate",
    Profile.TIMESTAMP: "Timestamp",
    Profile.OCSP: "OCSP",
}


def refuse_in_production(environment: str) -> None:
    """Refuse the authority in any environment but ``development``.

    Raises ``Refused`` (``authority.refused_in_production``).
    """
    if environment != "development":
        raise Refused("authority.refused_in_production")


class DevelopmentAuthority:
    """An authority that lives in a folder; what it issued stays as it is across restarts.

    One process serves it and any other may issue and revoke meanwhile: both read the folder at
    each answer. Keys are P-256, in files that only the owner reads.
    """

    def __init__(self, folder: Path, *, clock: Clock = system_clock) -> None:
        self._folder = folder
        self._clock = clock
        settings = json.loads((folder / _SETTINGS).read_bytes())
        self.addresses = Addresses(base_url=settings["base_url"])
        _warn(folder)

    @classmethod
    def open(cls, folder: Path, *, clock: Clock = system_clock) -> Self:
        """Open the authority in ``folder``. Raises ``Refused`` (``authority.missing``)."""
        if not (folder / _SETTINGS).exists():
            raise Refused("authority.missing", parameters={"folder": str(folder)})
        return cls(folder, clock=clock)

    @classmethod
    def create(cls, folder: Path, base_url: str, *, clock: Clock = system_clock) -> Self:
        """Open the authority in ``folder``, making it first if there is none.

        ``base_url`` (``http://host:port``) is written into all certificates. Raises ``Refused``
        (``authority.other_address``) if it was made for another one: certificates that point
        elsewhere cannot be checked; ``authority.bad_address`` if it is not plain HTTP.
        """
        base_url = base_url.rstrip("/")
        if urlsplit(base_url).scheme != "http":
            raise Refused("authority.bad_address", parameters={"address": base_url})
        if not (folder / _SETTINGS).exists():
            _make(folder, Addresses(base_url=base_url), clock)
        authority = cls(folder, clock=clock)
        if authority.addresses.base_url != base_url:
            raise Refused(
                "authority.other_address",
                parameters={"stored": authority.addresses.base_url, "asked": base_url},
            )
        return authority

    def answers(self) -> bool:
        """Whether a process serves this very authority at its address."""
        try:
            with urlopen(self.addresses.certificate(Profile.ROOT), timeout=2) as response:  # noqa: S310 - the scheme is checked in create
                served = response.read(_LARGEST_CERTIFICATE)
        except (OSError, HTTPException):
            return False
        return bool(served == self.certificate(Profile.ROOT).public_bytes(Encoding.DER))

    @property
    def timestamp_url(self) -> str:
        """Address of the TSA."""
        return self.addresses.timestamp

    @property
    def now(self) -> datetime:
        """The authority's time in UTC, whole seconds: X.509 knows no fractions."""
        return self._clock().astimezone(UTC).replace(microsecond=0)

    def anchors_pem(self) -> bytes:
        """Return the root certificate, which verifiers are to trust, as PEM."""
        return _pem(self.certificate(Profile.ROOT))

    def certificate(self, profile: Profile) -> x509.Certificate:
        """Return one of the authority's own certificates."""
        return x509.load_pem_x509_certificate((self._folder / f"{profile}.pem").read_bytes())

    def key(self, profile: Profile) -> ec.EllipticCurvePrivateKey:
        """Return one of the authority's own private keys."""
        return _load_key(self._folder, profile)

    def issue(
        self,
        csr_pem: bytes,
        profile: str,
        *,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> bytes:
        """Certify the key and subject of a request as ``seal`` or ``token``.

        Returns PEM: the certificate, the intermediate authority, the root. The moments (aware)
        and the profile ``server`` are for making certificates that may not sign. Raises
        ``Refused`` (``authority.bad_request``) if the request is not one or not signed by its key.
        """
        try:
            request = x509.load_pem_x509_csr(csr_pem)
        except ValueError as error:
            raise Refused("authority.bad_request") from error
        if not request.is_signature_valid:
            raise Refused("authority.bad_request")
        intermediate = self.certificate(Profile.INTERMEDIATE)
        certificate = build(
            Profile(profile),
            subject=request.subject,
            public_key=request.public_key(),
            issuer=Issuer(
                profile=Profile.INTERMEDIATE,
                name=intermediate.subject,
                key=self.key(Profile.INTERMEDIATE),
            ),
            addresses=self.addresses,
            not_before=not_before or self.now,
            not_after=not_after,
        )
        _keep(self._folder, certificate)
        return b"".join(map(_pem, (certificate, intermediate, self.certificate(Profile.ROOT))))

    def revoke(self, serial: int, at: datetime, *, reason: str = "key_compromise") -> None:
        """Revoke a certificate that the intermediate authority issued, as of ``at`` (aware).

        ``reason`` is a CRL reason in RFC 5280's words with underscores. Raises ``Refused``
        (``authority.unknown_serial``).
        """
        if not self.has_issued(serial):
            raise Refused("authority.unknown_serial", parameters={"serial": f"{serial:x}"})
        moment = at.astimezone(UTC).replace(microsecond=0).isoformat()
        content = json.dumps({"since": moment, "reason": reason}).encode()
        write_durably(self._folder / _REVOKED / f"{serial:x}.json", content)

    def has_issued(self, serial: int) -> bool:
        """Whether the intermediate authority issued a certificate with this serial number."""
        return (self._folder / _ISSUED / f"{serial:x}.pem").exists()

    def revocation(self, serial: int) -> tuple[datetime, str] | None:
        """Return since when (UTC) and why a certificate is revoked, or nothing."""
        try:
            stored = json.loads((self._folder / _REVOKED / f"{serial:x}.json").read_bytes())
        except FileNotFoundError:
            return None
        return datetime.fromisoformat(stored["since"]), stored["reason"]

    def revocations(self) -> dict[int, tuple[datetime, str]]:
        """Return all revocations by serial number."""
        serials = [int(file.stem, 16) for file in (self._folder / _REVOKED).glob("[!.]*.json")]
        return {serial: found for serial in serials if (found := self.revocation(serial))}


@cache
def _warn(folder: Path) -> None:
    """Say it once for each authority that a process uses."""
    log.warning(
        "DEVELOPMENT AUTHORITY in use (%s): what it certifies proves nothing outside this machine",
        folder,
    )


def _make(folder: Path, addresses: Addresses, clock: Clock) -> None:
    """Make keys and certificates beside ``folder`` and move them there in one step."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))  # mode 0700
    try:
        (making / _ISSUED).mkdir()
        (making / _REVOKED).mkdir()
        now = clock().astimezone(UTC).replace(microsecond=0)
        for profile, issuer in (
            (Profile.ROOT, Profile.ROOT),
            (Profile.INTERMEDIATE, Profile.ROOT),
            (Profile.TIMESTAMP, Profile.INTERMEDIATE),
            (Profile.OCSP, Profile.INTERMEDIATE),
        ):
            _make_own(making, profile, issuer, addresses, now)
        settings = {"schema": 1, "base_url": addresses.base_url}
        write_durably(making / _SETTINGS, json.dumps(settings).encode())
        making.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _make_own(
    folder: Path, profile: Profile, issuer: Profile, addresses: Addresses, now: datetime
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    content = key.private_bytes(
        Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_durably(folder / f"{profile}.key", content, mode=0o600)
    certificate = build(
        profile,
        subject=_name(profile),
        public_key=key.public_key(),
        issuer=Issuer(profile=issuer, name=_name(issuer), key=_load_key(folder, issuer)),
        addresses=addresses,
        not_before=now,
        not_after=None,
    )
    write_durably(folder / f"{profile}.pem", _pem(certificate))
    if issuer is Profile.INTERMEDIATE:
        _keep(folder, certificate)


def _name(profile: Profile) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "IR"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, DEVELOPMENT_MARK),
            x509.NameAttribute(
                x509.NameOID.COMMON_NAME, f"{DEVELOPMENT_MARK} {_COMMON_NAMES[profile]}"
            ),
        ]
    )


def _load_key(folder: Path, profile: Profile) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key((folder / f"{profile}.key").read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Refused("authority.damaged", parameters={"file": f"{profile}.key"})
    return key


def _keep(folder: Path, certificate: x509.Certificate) -> None:
    name = f"{certificate.serial_number:x}.pem"
    write_durably(folder / _ISSUED / name, _pem(certificate))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
