"""Opens what issues: token, timestamp authority and evidence."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path

from clearance.clock import Clock, system_clock
from clearance.verdict import Finding
from hsm.module import Token, TokenConfig, open_token
from hsm.pin import pin_source
from keys.catalogue import Catalogue, CataloguedKey, Purpose
from keys.certified import CertifiedKey, open_key
from register.documents import DocumentStore
from register.kinds import CLEARANCE, MINUTES, RECEIPT
from register.repository import Register
from register.status_lists import StatusLists
from service.settings import PIN_VARIABLE, Settings
from service.wiring.archiving import make_archiving
from service.wiring.memory import Memory, open_memory
from service.wiring.paper_forms import open_ledger
from service.wiring.timestamping import open_evidence, open_timestamps
from service.wiring.trust import Trust, keys_folder
from service.wiring.verification_receipts import open_receipts
from signer.archiving import Archiving
from signer.issuance import Issuance, Issuer
from signer.issuing import IssueForCaller
from signer.minutes import MinutesSealing
from signer.pades import seal
from signer.receipts import ReceiptSealing
from signer.rendering import RenderedDocument
from signer.sealing import Sealing
from signer.status_lists import StatusListPublisher
from verifier.own_work import check_own_work
from verifier.trust import evidence_of_layout

USER_PIN_FILE = "token_user_pin"


@dataclass(frozen=True, kw_only=True)
class Issuing:
    """Everything that issues, behind one call."""

    issue: IssueForCaller
    issuance: Issuance
    issuance_with: Callable[[Register, Clock], Issuance]
    """Makes the same with a register of another clock: a demonstration looks back."""
    register: Register
    documents: DocumentStore
    token: Token
    sealing: Sealing
    """What seals documents of every kind."""
    minutes: MinutesSealing
    receipts: ReceiptSealing
    status_lists: StatusListPublisher
    archiving: Archiving
    timestamps_ahead: Callable[[], timedelta | None]
    """How far the timestamp authority's clock is ahead of ours, as far as that is known."""


def softhsm_folder(settings: Settings) -> Path:
    """Return the folder of the SoftHSM2 token that the set-up makes."""
    return settings.home / "token"


@contextmanager
def open_hsm(settings: Settings) -> Iterator[Token]:
    """Open the PKCS#11 token and log in."""
    configuration = softhsm_folder(settings) / "softhsm2.conf"
    pin_file = settings.token.pin_file or settings.home / "secrets" / USER_PIN_FILE
    token = open_token(
        TokenConfig(
            module=settings.token.module,
            token_label=settings.token.label,
            pin=pin_source(file=pin_file, variable=PIN_VARIABLE),
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
def open_issuing(settings: Settings, memory: Memory, trust: Trust) -> Iterator[Issuing]:
    """Open token, TSA client and evidence source, and the issuance over them."""
    with ExitStack() as stack:
        timestamps = stack.enter_context(open_timestamps(settings))
        token = stack.enter_context(open_hsm(settings))
        evidence = open_evidence(settings, trust)
        key = _key_source(settings, token)

        def seal_document(document: RenderedDocument) -> bytes:
            return seal(
                document.pdf,
                key(Purpose(document.key_purpose)),
                field=document.seal_field,
                evidence=evidence,
                timestamps=timestamps,
                layout=settings.seal.layout,
                clock=system_clock,
                reason=document.reason,
            )

        def own_check(pdf: bytes) -> tuple[Finding, ...]:
            policy = replace(
                trust.policy(system_clock()), evidence=evidence_of_layout(settings.seal.layout)
            )
            return check_own_work(pdf, policy)

        sealing = Sealing(
            documents=memory.documents,
            set_seal=seal_document,
            own_check=own_check,
            layout=settings.seal.layout,
            demonstration=trust.is_development,
            clock=system_clock,
        )

        def issuance(register: Register, clock: Clock) -> Issuance:
            return Issuance(
                issuer=Issuer(name=settings.issuer.name, public_url=settings.web.public_url),
                register=register,
                token_key=partial(key, Purpose.QR_TOKEN),
                sealing=replace(sealing, clock=clock),
                template=memory.kinds[CLEARANCE.name].template,
            )

        _spare_what_stays()
        issuing = issuance(memory.register, system_clock)
        yield Issuing(
            issue=IssueForCaller(issuance=issuing, register=memory.register),
            issuance=issuing,
            issuance_with=issuance,
            register=memory.register,
            documents=memory.documents,
            token=token,
            sealing=sealing,
            minutes=MinutesSealing(
                ledger=open_ledger(settings, memory),
                sealing=sealing,
                public_url=settings.web.public_url,
                template=memory.kinds[MINUTES.name].template,
            ),
            receipts=ReceiptSealing(
                receipts=open_receipts(memory),
                sealing=sealing,
                public_url=settings.web.public_url,
                template=memory.kinds[RECEIPT.name].template,
            ),
            status_lists=StatusListPublisher(
                lists=StatusLists(memory.engine),
                key=partial(key, Purpose.QR_TOKEN),
                public_url=settings.web.public_url,
                ttl=timedelta(seconds=settings.status_list.ttl_seconds),
                lifetime=timedelta(hours=settings.status_list.lifetime_hours),
                clock=system_clock,
            ),
            archiving=make_archiving(
                settings, memory, trust, evidence=evidence, timestamps=timestamps
            ),
            timestamps_ahead=timestamps.ahead,
        )


def _spare_what_stays() -> None:
    """Take everything that is loaded by now out of garbage collection.

    Rendering leaves so much behind that full collections run in each; walking all modules each
    time took nearly half of a rendering (measured: 351 ms with, 191 ms without).
    """
    gc.collect()
    gc.freeze()


@contextmanager
def open_issuing_command(settings: Settings) -> Iterator[Issuing]:
    """Open what issues from the command line, without web server or sandbox."""
    with (
        open_memory(settings) as memory,
        open_issuing(settings, memory, Trust(settings)) as issuing,
    ):
        yield issuing


def _key_source(settings: Settings, token: Token) -> Callable[[Purpose], CertifiedKey]:
    """Return what finds the key to sign with now; a rotation is seen at the next call."""
    folder = keys_folder(settings)

    @lru_cache(maxsize=8)
    def opened(key: CataloguedKey) -> CertifiedKey:
        return open_key(Catalogue.load(folder), token, key.purpose, system_clock)

    def source(purpose: Purpose) -> CertifiedKey:
        return opened(Catalogue.load(folder).active(purpose, system_clock()))

    return source
