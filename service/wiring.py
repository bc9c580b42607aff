"""Builds the graph of objects that a process needs, and takes it down again.

Nothing else joins the packages. Each ``open_…`` is a context manager that opens what one command
needs and no more: a verifier without token, a token without database.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.dependencies import Issued, Services
from clearance.certificate import ClearanceRequest
from clearance.clock import system_clock
from clearance.errors import Refused, Unavailable
from clearance.verdict import Finding
from hsm.module import Token, TokenConfig, open_token
from hsm.pin import pin_source
from keys.catalogue import CATALOGUE_FILE, Catalogue, CataloguedKey, Purpose, State
from keys.certified import CertifiedKey, open_key
from keys.development import DevelopmentAuthority
from keys.trust import is_development, load_anchors, refuse_development
from register.clients import Clients
from register.database import (
    Engine,
    connection_parameters,
    migrate,
    open_database,
    ping,
    require_schema,
)
from register.documents import DocumentStore
from register.embedded import EmbeddedPostgres
from register.records import IssuedClearance, PendingClearance
from register.repository import Register
from service.settings import Settings
from service.worker import Worker
from signer.issuance import Issuance, Issuer
from signer.pades import seal
from signer.rendering import RenderedDocument
from signer.revocation_info import RevocationInfo
from signer.timestamps import TimestampAuthority
from verifier.examination import check_own_work
from verifier.pipeline import Verifier
from verifier.sandbox import Sandbox
from verifier.token_keys import TokenKeys, keys_of
from verifier.token_standing import TokenVerifier
from verifier.trust import TrustPolicy, evidence_of_layout

MIB = 1024 * 1024
ANCHORS_FILE = "anchors.pem"
PEPPER_FILE = "client_key_pepper"
USER_PIN_FILE = "token_user_pin"


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the register and the store remember."""

    engine: Engine
    register: Register
    documents: DocumentStore
    clients: Clients


@dataclass(frozen=True, kw_only=True)
class Issuing:
    """Everything that issues, behind one call."""

    issuance: Issuance
    register: Register
    documents: DocumentStore
    token: Token

    def issue(
        self,
        request: ClearanceRequest,
        *,
        idempotency_key: str,
        request_hash: bytes,
        client_id: str,
    ) -> Issued | PendingClearance:
        """Prepare and issue; answer what the same key and body made before, if they did.

        Answers the waiting request if it was accepted and a part is away: a worker goes on with it.
        Raises ``Unavailable`` if the register itself is away.
        """
        prepared = self.issuance.prepare(
            request,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
            client_id=client_id,
        )
        if isinstance(prepared, IssuedClearance):
            return Issued(clearance=prepared, replayed=True)
        try:
            return Issued(clearance=self.issuance.issue(prepared), replayed=False)
        except Unavailable:
            waiting = self.register.pending(prepared.number)
            if waiting is None:
                raise
            return waiting


class Trust:
    """The public side of the keys: anchors and certificates.

    The anchors are read once; the catalogue is read again when it changes, so that a rotated key
    needs no restart.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = keys_folder(settings)
        self._require_non_repudiation = settings.verifier.require_non_repudiation
        self._certificates = lru_cache(maxsize=8)(self._read_certificates)
        self.anchors = load_anchors(self._folder / ANCHORS_FILE)
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


def softhsm_folder(settings: Settings) -> Path:
    """Answer the folder of the SoftHSM2 token that the set-up makes."""
    return settings.home / "token"


def authority_folder(settings: Settings) -> Path:
    """Answer the folder of the development authority."""
    return settings.home / "authority"


def read_secret(settings: Settings, name: str) -> str:
    """Read a file from the folder of secrets; raise ``Refused`` if it is not there."""
    try:
        return (settings.home / "secrets" / name).read_text().strip()
    except FileNotFoundError:
        raise Refused("settings.secret_missing", parameters={"name": name}) from None


@contextmanager
def open_hsm(settings: Settings) -> Iterator[Token]:
    """Open the PKCS#11 token and log in."""
    configuration = softhsm_folder(settings) / "softhsm2.conf"
    pin_file = settings.token.pin_file or settings.home / "secrets" / USER_PIN_FILE
    token = open_token(
        TokenConfig(
            module=settings.token.module,
            token_label=settings.token.label,
            pin=pin_source(file=pin_file, variable="MOHR_TOKEN_PIN"),
            softhsm2_conf=configuration if configuration.exists() else None,
            pool_size=settings.token.sessions,
            wait_seconds=settings.token.wait_seconds,
        )
    )
    try:
        yield token
    finally:
        token.close()


@contextmanager
def open_memory(settings: Settings, *, migrating: bool = False) -> Iterator[Memory]:
    """Open register, clients and document store.

    Starts the embedded database if the settings name none. Only the service brings the schema to
    this program's, ``migrating``; a command that would change it under a running service refuses.
    """
    with ExitStack() as stack:
        if settings.database.url is None:
            embedded = EmbeddedPostgres(settings.home / "postgres")
            stack.callback(embedded.stop)
            url = embedded.start()
        else:
            url = settings.database.url.get_secret_value()
        engine = open_database(url)
        stack.callback(engine.dispose)
        if migrating and settings.issues:
            # The public role has a read-only database user.
            migrate(engine)
        else:
            require_schema(engine)
        yield Memory(
            engine=engine,
            register=Register(engine, clock=system_clock, random_bytes=secrets.token_bytes),
            documents=DocumentStore.open(settings.documents.url or settings.home / "documents"),
            clients=Clients(
                engine,
                clock=system_clock,
                random_bytes=secrets.token_bytes,
                pepper=read_secret(settings, PEPPER_FILE).encode(),
            ),
        )


@contextmanager
def open_verifier(settings: Settings, memory: Memory, trust: Trust) -> Iterator[Verifier]:
    """Start the sandbox and answer the verifier over it."""
    sandbox = Sandbox(
        workers=settings.verifier.workers,
        memory_bytes=settings.verifier.memory_mib * MIB,
        seconds=settings.verifier.seconds,
    )
    try:
        yield Verifier(
            register=memory.register, sandbox=sandbox, trust=trust.policy, clock=system_clock
        )
    finally:
        sandbox.close()


@contextmanager
def running_authority(settings: Settings) -> Iterator[DevelopmentAuthority | None]:
    """Serve the development authority, unless another process of this home does already.

    Answers nothing in production, where there is none.
    """
    if not settings.is_development:
        yield None
        return
    authority = DevelopmentAuthority.open(authority_folder(settings))
    if authority.answers():
        yield authority
        return
    with authority.serve(settings.authority.host, settings.authority.port):
        yield authority


@contextmanager
def open_issuing(settings: Settings, memory: Memory, trust: Trust) -> Iterator[Issuing]:
    """Open token, TSA client and evidence source, and the issuance over them."""
    with ExitStack() as stack:
        authority = stack.enter_context(running_authority(settings))
        timestamp_url = settings.seal.timestamp_url or (authority and authority.timestamp_url)
        if not timestamp_url:
            raise Refused("settings.production_needs_timestamp_url")
        token = stack.enter_context(open_hsm(settings))
        timestamps = TimestampAuthority(
            timestamp_url, clock=system_clock, seconds=settings.seal.seconds
        )
        stack.callback(timestamps.close)
        evidence = RevocationInfo(trust.anchors, clock=system_clock, seconds=settings.seal.seconds)
        key = _key_source(settings, token)

        def seal_document(document: RenderedDocument) -> bytes:
            return seal(
                document.pdf,
                key(Purpose.DOCUMENT_SEAL),
                field=document.seal_field,
                evidence=evidence,
                timestamps=timestamps,
                layout=settings.seal.layout,
                clock=system_clock,
            )

        def own_check(pdf: bytes) -> tuple[Finding, ...]:
            policy = replace(
                trust.policy(system_clock()), evidence=evidence_of_layout(settings.seal.layout)
            )
            return check_own_work(pdf, policy)

        issuance = Issuance(
            issuer=Issuer(
                name=settings.issuer.name,
                public_url=settings.web.public_url,
                layout=settings.seal.layout,
                demonstration=trust.is_development,
            ),
            register=memory.register,
            documents=memory.documents,
            token_key=partial(key, Purpose.QR_TOKEN),
            seal=seal_document,
            own_check=own_check,
            clock=system_clock,
        )
        yield Issuing(
            issuance=issuance, register=memory.register, documents=memory.documents, token=token
        )


def make_worker(memory: Memory, issuing: Issuing) -> Worker:
    """Make what goes on with the requests that wait, while it is open."""
    return Worker(
        connection=connection_parameters(memory.engine),
        register=memory.register,
        issue=issuing.issuance.issue,
    )


@contextmanager
def open_worker_command(settings: Settings) -> Iterator[Worker]:
    """Open a worker of its own, without web server or sandbox."""
    with (
        open_memory(settings) as memory,
        open_issuing(settings, memory, Trust(settings)) as issuing,
        make_worker(memory, issuing) as worker,
    ):
        yield worker


@contextmanager
def open_issuing_command(settings: Settings) -> Iterator[Issuing]:
    """Open what issues from the command line, without web server or sandbox."""
    with (
        open_memory(settings) as memory,
        open_issuing(settings, memory, Trust(settings)) as issuing,
    ):
        yield issuing


@contextmanager
def open_verifying_command(settings: Settings) -> Iterator[Verifier]:
    """Open what verifies files from the command line."""
    with (
        open_memory(settings) as memory,
        open_verifier(settings, memory, Trust(settings)) as verifier,
    ):
        yield verifier


@contextmanager
def open_service(settings: Settings, memory: Memory) -> Iterator[Services]:
    """Open everything that the web application of this role needs, with a worker if it issues."""
    with ExitStack() as stack:
        trust = Trust(settings)
        verifier = stack.enter_context(open_verifier(settings, memory, trust))
        token_verifier = TokenVerifier(
            register=memory.register, keys=trust.token_keys, clock=system_clock
        )
        probes: dict[str, Callable[[], None]] = {
            "database": partial(ping, memory.engine),
            "documents": memory.documents.ping,
        }
        issue = None
        if settings.issues:
            issuing = stack.enter_context(open_issuing(settings, memory, trust))
            issue = issuing.issue
            probes["token"] = issuing.token.ping
            stack.enter_context(make_worker(memory, issuing))
        yield Services(
            issue=issue,
            find_clearance=memory.register.find,
            find_pending=memory.register.pending,
            read_document=memory.documents.get,
            verify_file=verifier.verify,
            verify_token=token_verifier.verify,
            authenticate=memory.clients.authenticate,
            anchors=lambda: trust.anchors,
            token_certificates=trust.token_certificates,
            probes=probes,
            public_url=settings.web.public_url,
            demo=trust.is_development,
            clock=system_clock,
        )


def _key_source(settings: Settings, token: Token) -> Callable[[Purpose], CertifiedKey]:
    """Answer what finds the key to sign with now; a rotation is seen at the next call."""
    folder = keys_folder(settings)

    @lru_cache(maxsize=8)
    def opened(key: CataloguedKey) -> CertifiedKey:
        return open_key(Catalogue.load(folder), token, key.purpose, system_clock)

    def source(purpose: Purpose) -> CertifiedKey:
        return opened(Catalogue.load(folder).active(purpose, system_clock()))

    return source


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
