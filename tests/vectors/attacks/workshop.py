"""Has clearances issued for real, and collects what forgers could come by."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any

import pikepdf
import seals
from attacks.material import Material
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps import DummyTimeStamper

from clearance.canonical import certificate_from_object
from clearance.clock import system_clock
from keys.catalogue import Catalogue, Purpose
from keys.certified import open_key
from keys.development import DevelopmentAuthority
from keys.profiles import Profile
from register.kinds import CLEARANCE
from service.settings import Settings
from service.wiring.issuing import Issuing
from service.wiring.timestamping import authority_folder
from service.wiring.trust import Trust, keys_folder
from signer.clearance_letter import clearance_draft
from signer.cms import CheckedTimestamps
from signer.layout import Layout
from signer.pades import seal
from signer.rendering import RenderedDocument, render
from signer.revocation_info import RevocationInfo
from signer.timestamps import TimestampAuthority

_YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What attacks are made from, and the seals of ours that the verifier has to know for them."""

    material: Material
    former_seals: tuple[bytes, ...]
    """Certificates (DER) of seals that were ours: ended, revoked, or lent."""


@contextmanager
def open_workshop(
    settings: Settings,
    issuing: Issuing,
    *,
    documents: tuple[bytes, bytes],
    conventional: bytes,
    token: str,
) -> Iterator[Workshop]:
    """Collect the material around two issued documents, and one in layout ``B-LTA``.

    ``token`` is the first one's QR token.
    """
    now = system_clock().replace(microsecond=0)
    development = DevelopmentAuthority.open(authority_folder(settings))
    ours = Trust(settings).certificates(Purpose.DOCUMENT_SEAL)[0]
    genuine, other = documents
    unsealed, forged = (
        _letter(genuine, token, settings, changed=changed) for changed in (False, True)
    )
    timestamps = TimestampAuthority(development.timestamp_url, clock=system_clock)
    forger = _Forger(development=development, ours=ours, now=now, timestamps=timestamps)
    insider = partial(_sealed, settings, issuing, timestamps, forged.seal_field)
    sealed = forger.flawed(forged.seal_field) | {"insider": insider}
    try:
        yield Workshop(
            material=Material(
                genuine=genuine,
                other=other,
                conventional=conventional,
                unsealed=unsealed.pdf,
                forged=forged.pdf,
                field=forged.seal_field,
                qr=forged.qr.png,
                stranger=forger.stranger(),
                seals=sealed,
            ),
            former_seals=tuple(forger.former),
        )
    finally:
        timestamps.close()


def _letter(genuine: bytes, token: str, settings: Settings, *, changed: bool) -> RenderedDocument:
    """Draw the letter of a document once more, by its own data or with ten times the amounts."""
    with pikepdf.open(BytesIO(genuine)) as pdf:
        data = json.loads(pdf.attachments["clearance.json"].get_file().read_bytes())
    if changed:
        _tenfold(data["premium"])
        _tenfold(data["performed_work"])
    draft = clearance_draft(
        certificate_from_object(data),
        token_text=token,
        verify_url=f"{settings.web.public_url}/q/{token}".upper(),
    )
    return render(draft, demo=True)


def _tenfold(stated: dict[str, Any]) -> None:
    """Add a digit to every amount, so that they still add up."""
    for name, value in stated.items():
        if isinstance(value, int):
            stated[name] = 10 * value
    for receipt in stated.get("receipts", ()):
        _tenfold(receipt)


def _sealed(
    settings: Settings, issuing: Issuing, timestamps: TimestampAuthority, field: str, pdf: bytes
) -> bytes:
    """Seal as the service does, with the key in the token, but tell the register nothing."""
    catalogue = Catalogue.load(keys_folder(settings))
    return seal(
        pdf,
        open_key(catalogue, issuing.token, Purpose.DOCUMENT_SEAL, system_clock),
        field=field,
        evidence=RevocationInfo(lambda: Trust(settings).anchors, clock=system_clock),
        timestamps=timestamps,
        layout=Layout.CLOSED,
        clock=system_clock,
        reason=CLEARANCE.template.words["seal"],
    )


class _Forger:
    """Makes seals that should not exist."""

    def __init__(
        self,
        *,
        development: DevelopmentAuthority,
        ours: x509.Certificate,
        now: datetime,
        timestamps: TimestampAuthority,
    ) -> None:
        self._development = development
        self._ours = ours
        self._now = now
        self._timestamps = timestamps
        self.former: list[bytes] = []
        self._own = seals.Authority(
            root=self._of_development(Profile.ROOT),
            intermediate=self._of_development(Profile.INTERMEDIATE),
            seal=self._of_development(Profile.TIMESTAMP),
            timestamp=self._of_development(Profile.TIMESTAMP),
        )
        names = {each: x509.Name([_common_name(f"Another {each}")]) for each in Profile}
        self._strangers = self._authority(names)

    def stranger(self) -> Callable[[bytes], bytes]:
        return self._with(self._strangers, field="Stranger", permission=None, dss=False)

    def flawed(self, field: str) -> dict[str, Callable[[bytes], bytes]]:
        """Return the seals for a letter with an empty signature ``field``."""
        old = {"not_before": self._now - 2 * _YEAR, "not_after": self._now - timedelta(days=1)}
        revoked, lent = self._issued("seal"), self._issued("seal")
        itself = self._identity(self._ours.subject)
        return {
            "stranger, visible": replace(
                self.stranger(), field="Approval", box=(72, 300, 400, 420)
            ),
            "stranger, document timestamp": self._stamped,
            "same names": self._with(self._authority(self._our_names()), field=field),
            "self-signed": self._with(
                replace(self._strangers, root=itself, intermediate=itself, seal=itself), field=field
            ),
            "look-alike": self._sealing(self._issued("seal", ours=False), field=field),
            "our certificate": self._sealing(
                seals.Identity(key=rsa.generate_private_key(65537, 3072), certificate=self._ours),
                field=field,
            ),
            "expired": self._sealing(self._issued("seal", **old), field=field),
            "revoked": self._sealing(revoked, field=field, revoked=(revoked,)),
            "server": self._sealing(self._issued("server"), field=field),
            "untrusted time": self._sealing(
                lent,
                field=field,
                timestamper=None,
                timestamp_identity=self._strangers.timestamp,
            ),
            "no time": self._sealing(lent, field=field, timestamped=False),
        }

    def _with(self, authority: seals.Authority, **changes: object) -> seals.Sealing:
        sealing = seals.Sealing(authority=authority, timestamp_at=self._now, evidence_at=self._now)
        return replace(sealing, **changes)  # type: ignore[arg-type]

    def _sealing(self, identity: seals.Identity, **changes: object) -> seals.Sealing:
        ours = {"timestamper": CheckedTimestamps(self._timestamps)}
        return self._with(replace(self._own, seal=identity), **ours | changes)

    def _stamped(self, pdf: bytes) -> bytes:
        """Append a document timestamp of a stranger's authority."""
        unit = self._strangers.timestamp
        stamper = PdfTimeStamper(
            DummyTimeStamper(unit.asn1, unit.asn1_key, fixed_dt=self._now),
            field_name="Stranger",
        )
        out = BytesIO()
        stamper.timestamp_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), "sha256", output=out)
        return out.getvalue()

    def _of_development(self, profile: Profile) -> seals.Identity:
        return seals.Identity(
            key=self._development.key(profile), certificate=self._development.certificate(profile)
        )

    def _issued(self, profile: str, *, ours: bool = True, **validity: datetime) -> seals.Identity:
        """Have our own authority certify a key in the name of our seal; ``ours`` if we used it."""
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(self._ours.subject)
        pem = request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        chain = self._development.issue(pem, profile, **validity)
        certificate = x509.load_pem_x509_certificates(chain)[0]
        if ours:
            self.former.append(certificate.public_bytes(Encoding.DER))
        return seals.Identity(key=key, certificate=certificate)

    def _our_names(self) -> dict[Profile, x509.Name]:
        names = {
            each: self._development.certificate(each).subject
            for each in (Profile.ROOT, Profile.INTERMEDIATE, Profile.TIMESTAMP)
        }
        return names | {Profile.SEAL: self._ours.subject}

    def _authority(self, names: dict[Profile, x509.Name]) -> seals.Authority:
        root = self._identity(names[Profile.ROOT], authority=True)
        intermediate = self._identity(names[Profile.INTERMEDIATE], root, authority=True)
        return seals.Authority(
            root=root,
            intermediate=intermediate,
            seal=self._identity(names[Profile.SEAL], intermediate),
            timestamp=seals.timestamp_identity(
                names[Profile.TIMESTAMP], intermediate, **self._validity
            ),
        )

    def _identity(
        self, name: x509.Name, issuer: seals.Identity | None = None, *, authority: bool = False
    ) -> seals.Identity:
        return seals.identity(name, issuer, authority=authority, **self._validity)

    @property
    def _validity(self) -> dict[str, datetime]:
        return {"begins": self._now - _YEAR, "expires": self._now + _YEAR}


def _common_name(text: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(x509.NameOID.COMMON_NAME, text)
