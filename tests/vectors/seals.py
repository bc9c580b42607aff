"""A throwaway seal: certificates, revocation lists and timestamps made for one run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pikepdf
from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import DummyTimeStamper, TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from keys.profiles import key_usage
from verifier.trust import TrustPolicy

SEALED_AT = datetime(2025, 5, 4, 9, 30, tzinfo=UTC)
EXPIRES_AT = SEALED_AT + timedelta(days=365)
CONTENT = b'{"number":"1404-0042-000001-5","schema":1}'

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, kw_only=True)
class Identity:
    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.der)

    @property
    def asn1_key(self) -> asn1_keys.PrivateKeyInfo:
        return asn1_keys.PrivateKeyInfo.load(
            self.key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def identity(
    name: str | x509.Name,
    issuer: Identity | None = None,
    *,
    authority: bool = False,
    key: PrivateKey | None = None,
    usages: tuple[str, ...] = ("digital_signature",),
    extended: x509.ObjectIdentifier | None = None,
    begins: datetime = SEALED_AT - timedelta(days=30),
    expires: datetime = EXPIRES_AT,
) -> Identity:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = (
        name
        if isinstance(name, x509.Name)
        else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    allowed = ("key_cert_sign", "crl_sign") if authority else usages
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(expires)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(key_usage(allowed), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage([extended]), critical=True)
    certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    return Identity(key=key, certificate=certificate)


def revocation_list(
    issuer: Identity, at: datetime, revoked: tuple[Identity, ...] = ()
) -> asn1_crl.CertificateList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at - timedelta(hours=1))
        .next_update(at + timedelta(days=1))
    )
    for each in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(each.certificate.serial_number)
            .revocation_date(at - timedelta(hours=2))
            .build()
        )
    signed = builder.sign(issuer.key, hashes.SHA256())
    return asn1_crl.CertificateList.load(signed.public_bytes(serialization.Encoding.DER))


@dataclass(frozen=True, kw_only=True)
class Authority:
    """Root → intermediate → seal and timestamp certificates."""

    root: Identity
    intermediate: Identity
    seal: Identity
    timestamp: Identity

    @property
    def trust(self) -> TrustPolicy:
        return TrustPolicy(
            anchors_der=(self.root.der,),
            seals_der=(self.seal.der,),
            at=SEALED_AT + timedelta(minutes=1),
        )


def make_authority(name: str, **seal_options: object) -> Authority:
    root = identity(f"{name} root", authority=True)
    intermediate = identity(f"{name} intermediate", root, authority=True)
    return Authority(
        root=root,
        intermediate=intermediate,
        seal=identity(f"{name} seal", intermediate, **seal_options),  # type: ignore[arg-type]
        timestamp=timestamp_identity(f"{name} timestamp", intermediate),
    )


def timestamp_identity(name: str | x509.Name, issuer: Identity, **options: Any) -> Identity:
    return identity(
        name,
        issuer,
        key=rsa.generate_private_key(65537, 2048),
        extended=ExtendedKeyUsageOID.TIME_STAMPING,
        **options,
    )


def plain_pdf(content: bytes | None = CONTENT) -> bytes:
    """One page of text with the clearance data attached, unsigned."""
    pdf = pikepdf.Pdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    page.Contents = pdf.make_stream(b"BT /F1 12 Tf 72 720 Td (Paid: 1000 rials) Tj ET " * 40)
    if content is not None:
        specification = pikepdf.AttachedFileSpec(pdf, content, filename="clearance.json")
        pdf.attachments["clearance.json"] = specification
    out = BytesIO()
    pdf.save(out, static_id=True, compress_streams=False)
    return out.getvalue()


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """How to seal: the genuine closed layout by default, each field a way to go wrong."""

    authority: Authority
    dss: bool = True
    timestamped: bool = True
    timestamp_at: datetime = SEALED_AT
    evidence_at: datetime = SEALED_AT
    revoked: tuple[Identity, ...] = ()
    permission: MDPPerm | None = MDPPerm.NO_CHANGES
    timestamp_identity: Identity | None = None
    digest: str = "sha256"
    field: str = "Seal"
    box: tuple[int, int, int, int] | None = None
    """Where on the first page the signature is to be seen; in a new field if it is."""
    timestamper: TimeStamper | None = None
    """Who attests the time instead of the authority's own key."""

    def __call__(self, pdf: bytes) -> bytes:
        a = self.authority
        chain = (a.root.asn1, a.intermediate.asn1, a.timestamp.asn1)
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        if self.dss:
            DocumentSecurityStore.supply_dss_in_writer(
                writer,
                sig_contents=None,
                certs=chain,
                crls=[
                    revocation_list(a.root, self.evidence_at, self.revoked),
                    revocation_list(a.intermediate, self.evidence_at, self.revoked),
                ],
            )
        store = SimpleCertificateStore()
        store.register_multiple(chain)
        certifies = self.permission is not None
        signer = _CarelessSigner(
            PdfSignatureMetadata(
                field_name=self.field,
                md_algorithm=self.digest,
                certify=certifies,
                docmdp_permissions=self.permission or MDPPerm.FILL_FORMS,
                subfilter=SigSeedSubFilter.PADES,
            ),
            signer=SimpleSigner(
                signing_cert=a.seal.asn1, signing_key=a.seal.asn1_key, cert_registry=store
            ),
            timestamper=self._timestamper(store) if self.timestamped else None,
            new_field_spec=SigFieldSpec(self.field, box=self.box) if self.box else None,
        )
        out = BytesIO()
        signer.sign_pdf(writer, output=out, existing_fields_only=False)
        return out.getvalue()

    def _timestamper(self, store: SimpleCertificateStore) -> TimeStamper:
        if self.timestamper is not None:
            return self.timestamper
        unit = self.timestamp_identity or self.authority.timestamp
        return DummyTimeStamper(
            unit.asn1, unit.asn1_key, certs_to_embed=store, fixed_dt=self.timestamp_at
        )


class _CarelessSigner(PdfSigner):
    """Signs what its certification forbids to change."""

    def _enforce_certification_constraints(self, reader: object) -> None:
        pass
