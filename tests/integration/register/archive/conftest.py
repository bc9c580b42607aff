"""Authorities of several generations, a timestamp service and revocation lists at a moving time."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pikepdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from certomancer.services import TimeStamper
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pikepdf import Array, Dictionary, Name, String
from throwaway import MemoryKey

from clearance.canonical import content_hash
from clearance.errors import Refused, Unavailable
from clearance.identifiers import ClearanceNumber
from clearance.long_life import TrustHistory
from clearance.verdict import Outcome, Stage, Verdict
from keys.profiles import key_usage
from register.archive import Archive, RenewalRule
from register.documents import DocumentStore
from register.records import SealedDocument, Ticket
from register.repository import Register
from register.sealed_documents import SealedDocuments
from service.wiring.archiving import inspecting
from signer.archiving import Archiving
from signer.layout import Layout
from signer.pades import seal
from signer.ports import CertificateRole, Evidence
from signer.timestamps import TimestampAuthority
from verifier import long_life
from verifier.examination import Examination, Examiners
from verifier.pipeline import Verifier
from verifier.stages import examine
from verifier.trust import TrustPolicy

HASHES: dict[str, Any] = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A certificate with its key and its issuers upward."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple["Holder", ...]
    hash_name: str

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def name(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    def signing_key(self) -> MemoryKey:
        chain = tuple(each.certificate for each in self.chain)
        return MemoryKey(private=self.key, certificate=self.certificate, chain=chain)


def certify(
    name: str,
    issuer: Holder | None,
    first: datetime,
    end: datetime,
    *,
    hash_name: str = "sha256",
    usage: str = "key_cert_sign",
    extended: x509.ObjectIdentifier | None = None,
) -> Holder:
    key = ec.generate_private_key(ec.SECP256R1() if hash_name == "sha256" else ec.SECP384R1())
    issuing = issuer.key if issuer else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    authority = usage == "key_cert_sign"
    allowed = {usage, "crl_sign"} if authority else {usage}
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(key_usage(allowed), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False
        )
    )
    if extended is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([extended]), critical=True)
    return Holder(
        key=key,
        certificate=builder.sign(issuing, HASHES[issuer.hash_name if issuer else hash_name]),
        chain=(issuer, *issuer.chain) if issuer else (),
        hash_name=hash_name,
    )


@dataclass
class World:
    """What stands outside of Mohr, at the time of ``clock``."""

    clock: Any
    root: Holder
    second_root: Holder
    seal: Holder
    tsas: tuple[Holder, ...]
    """In the order in which the timestamp service uses them."""
    tsa: int = 0
    away: bool = False
    history: TrustHistory = field(default_factory=TrustHistory)
    requests: list[str] = field(default_factory=list)

    def trust(self, at: datetime) -> TrustPolicy:
        retired = {name for name, until in self.history.retired if until <= at}
        roots = (self.root, self.second_root)
        return TrustPolicy(
            anchors_der=tuple(each.der for each in roots if each.name not in retired),
            seals_der=(self.seal.der,),
            at=at,
            history=self.history,
            retired_anchors_der=tuple(each.der for each in roots if each.name in retired),
        )

    # --- the timestamp service

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._stamp)

    def _stamp(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            return httpx.Response(503)
        asked = tsp.TimeStampReq.load(request.content)
        self.requests.append(asked["message_imprint"]["hash_algorithm"]["algorithm"].native)
        holder = self.tsas[self.tsa]
        stamper = TimeStamper(
            _asn1(holder),
            _asn1_key(holder),
            certs_to_embed=[_asn1(each) for each in holder.chain[:-1]],
            fixed_dt=self.clock(),
            md_algorithm=holder.hash_name,
        )
        return httpx.Response(200, content=stamper.request_tsa_response(asked).dump())

    # --- the evidence source

    def gather(
        self,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        role: CertificateRole,
    ) -> Evidence:
        del others
        if self.away:
            raise Unavailable("revocation.unavailable", parameters={"cause": "test"})
        now = self.clock()
        holder = next(each for each in (self.seal, *self.tsas) if each.certificate == certificate)
        path = (holder, *holder.chain)
        if any(each.certificate.not_valid_after_utc < now for each in path):
            raise Refused(f"{role}.certificate_not_trusted", parameters={"cause": "test"})
        return Evidence(
            certificates=tuple(each.certificate for each in path),
            ocsp_responses=(),
            crls=tuple(_revocation_list(each, now) for each in holder.chain),
            gathered_at=now,
            valid_until=now + timedelta(days=1),
        )


def _revocation_list(issuer: Holder, at: datetime) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at - timedelta(hours=1))
        .next_update(at + timedelta(days=1))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    )
    return builder.sign(issuer.key, HASHES[issuer.hash_name]).public_bytes(
        serialization.Encoding.DER
    )


def _asn1(holder: Holder) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(holder.der)


def _asn1_key(holder: Holder) -> asn1_keys.PrivateKeyInfo:
    return asn1_keys.PrivateKeyInfo.load(
        holder.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


class Here:
    """Examines without a sandbox."""

    def examine(self, pdf: bytes, trust: TrustPolicy) -> Examination:
        return examine(pdf, trust)


@dataclass(frozen=True, kw_only=True)
class Life:
    """Issues, archives and verifies at the time of the world."""

    world: World
    register: Register
    engine: Any
    clock: Any
    plain: bytes
    documents: DocumentStore

    def issue(self, ticket: Ticket, layout: Layout = Layout.CLOSED) -> bytes:
        with closing(self._timestamps()) as timestamps:
            sealed = seal(
                self.plain,
                self.world.seal.signing_key(),
                field="Seal",
                evidence=self.world,
                timestamps=timestamps,
                layout=layout,
                clock=self.clock,
                reason="test",
            )
        certificate = ticket.certificate()
        content = content_hash(certificate)
        self.register.record_intent(ticket, content_hash=content, token_sha256=bytes(32))
        self.register.complete(
            ticket,
            certificate=certificate,
            content_hash=content,
            token_text=f"TOKEN{ticket.number}",
            document=SealedDocument(
                kind="clearance",
                number=ticket.number,
                sha256=self.documents.put(sealed),
                size=len(sealed),
                layout=layout,
                template_version=1,
                sealed_at=self.clock(),
            ),
        )
        return sealed

    @property
    def archive(self) -> Archive:
        rule = RenewalRule(
            first_after=timedelta(hours=1),
            renew_before=timedelta(days=180),
            history=lambda: self.world.history,
        )
        return Archive(self.engine, clock=self.clock, rule=rule)

    @contextmanager
    def archiving(self) -> Iterator[Archiving]:
        with closing(self._timestamps()) as timestamps:
            yield Archiving(
                archive=self.archive,
                documents=self.documents,
                evidence=self.world,
                timestamps=timestamps,
                inspect=inspecting(self.world.trust, self.clock),
                hash_name="sha512",
                history=lambda: self.world.history,
            )

    def renew(self) -> list[tuple[int, str]]:
        """Make what is due; answer revisions with their causes."""
        due = self.archive.due(10)
        with self.archiving() as archiving:
            return [(archiving.make(each).revision, each.cause.value) for each in due]

    def newest(self, number: ClearanceNumber) -> bytes:
        found = self.archive.newest(number)
        assert found is not None
        return self.documents.get(found.sha256)

    def verify(self, pdf: bytes, *, with_archive: bool = True) -> Verdict:
        newest = self.archive.newest if with_archive else lambda _: None
        return Verifier(
            register=self.register,
            documents=SealedDocuments(self.engine, clock=self.clock),
            examiners=Examiners(registered=Here(), strangers=Here()),
            trust=self.world.trust,
            clock=self.clock,
            archive=long_life.Archive(newest=newest, read=self.documents.get),
        ).verify(pdf)

    def carried(self, pdf: bytes, **options: Any) -> tuple[str, dict[str, str]]:
        """Demand that a file is authentic; answer what carries it."""
        verdict = self.verify(pdf, **options)
        assert verdict.outcome is Outcome.AUTHENTIC, verdict
        finding = verdict.findings[-1]
        assert finding.stage is Stage.POLICY
        return finding.reason.value, dict(finding.parameters)

    def _timestamps(self) -> TimestampAuthority:
        return TimestampAuthority(
            "http://tsa.test", clock=self.clock, transport=self.world.transport()
        )


@pytest.fixture
def world(clock: Any) -> World:
    """Everything of the first generation rests on SHA-256, of the second on SHA-512."""
    stamping = {"usage": "digital_signature", "extended": ExtendedKeyUsageOID.TIME_STAMPING}
    root = certify("Root", None, year(2020), year(2045))
    issuing = certify("Issuing", root, year(2020), year(2045))
    second_root = certify("Root 2", None, year(2036), year(2070), hash_name="sha512")
    second_issuing = certify("Issuing 2", second_root, year(2036), year(2070), hash_name="sha512")
    return World(
        clock=clock,
        root=root,
        second_root=second_root,
        seal=certify("Seal", issuing, year(2025), year(2028), usage="content_commitment"),
        tsas=(
            certify("TSA 1", issuing, year(2025), year(2031), **stamping),
            certify("TSA 2", issuing, year(2030), year(2040), **stamping),
            certify(
                "TSA 3", second_issuing, year(2037), year(2060), hash_name="sha512", **stamping
            ),
        ),
    )


@pytest.fixture
def plain() -> bytes:
    """One page with an empty signature field."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        widget = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=String("Seal"),
                Rect=Array([0, 0, 9, 9]),
            )
        )
        page.obj.Annots = Array([widget])
        pdf.Root.AcroForm = Dictionary(Fields=Array([widget]))
        pdf.Root.Metadata = pdf.make_stream(b"<x/>", Type=Name.Metadata, Subtype=Name.XML)
        file = io.BytesIO()
        pdf.save(file)
    return file.getvalue()


@pytest.fixture
def life(world: World, register: Any, engine: Any, clock: Any, tmp_path: Any, plain: bytes) -> Any:
    return Life(
        world=world,
        register=register,
        engine=engine,
        clock=clock,
        plain=plain,
        documents=DocumentStore.open(tmp_path / "documents"),
    )
