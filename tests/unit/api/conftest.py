"""The web interface over small stand-ins, without sockets."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI
from throwaway import self_signed

from api.app import create_app
from api.toolkit.dependencies import Services
from api.toolkit.limits import Limits
from clearance.canonical import content_hash
from clearance.certificate import ClearanceCertificate, ClearanceRequest
from clearance.errors import Conflict, Refused, Unavailable
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.paper_forms import FormMeaning, FormSerial
from clearance.request import parse_request
from clearance.roles import Officer
from clearance.verdict import Finding, Level, Outcome, Reason, Stage, Verdict
from register.allowances import Allowance, AllowanceExhausted, Window
from register.paper_forms.records import FormAnswer
from register.records import (
    IssuedClearance,
    PendingClearance,
    SealedDocument,
    Standing,
    StandingState,
)
from signer.issuing import Issued

NOW = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
BASE_URL = "http://mohr.test"
PDF = b"%PDF-1.7 a sealed clearance"
ISSUE_KEY = "mohr_issue"
READ_KEY = "mohr_read"
BARE_KEY = "mohr_bare"
VERIFY_KEY = "mohr_verify"


@dataclass(frozen=True)
class StandInClient:
    id: str
    scopes: frozenset[str]
    officer: Officer | None = None


@dataclass
class StandIns:
    """What stands behind the interface in these tests; each part can be told to be away."""

    by_number: dict[str, IssuedClearance] = field(default_factory=dict)
    by_key: dict[tuple[str, str], tuple[bytes, IssuedClearance]] = field(default_factory=dict)
    waiting: dict[str, PendingClearance] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    verdicts: dict[bytes, Verdict] = field(default_factory=dict)
    documents_read: int = 0
    charges: list[tuple[str, int]] = field(default_factory=list)
    files_left: int = 600
    """Of the minute; the day's are not looked at."""
    pdf: bytes = PDF
    now: datetime = NOW
    paper_forms: dict[int, FormMeaning] = field(default_factory=dict)
    effective_date: date | None = date(2020, 12, 21)
    issue_key: str = ISSUE_KEY
    read_key: str = READ_KEY
    bare_key: str = BARE_KEY
    verify_key: str = VERIFY_KEY

    def issue(
        self,
        request: ClearanceRequest,
        *,
        idempotency_key: str,
        request_hash: bytes,
        client_id: str,
    ) -> Issued | PendingClearance:
        self._demand("register")
        known = self.by_key.get((client_id, idempotency_key))
        if known is not None:
            if known[0] != request_hash:
                raise Conflict("idempotency.conflict")
            return Issued(clearance=known[1], replayed=True)
        clearance = issued_from(request, len(self.by_number) + 1)
        if "token" in self.away:
            return self.keeps_waiting(clearance, client_id)
        self.waiting.pop(clearance.number, None)
        self.by_number[clearance.number] = clearance
        self.by_key[client_id, idempotency_key] = request_hash, clearance
        return Issued(clearance=clearance, replayed=False)

    def find(self, number: ClearanceNumber) -> IssuedClearance | None:
        self._demand("register")
        return self.by_number.get(number)

    def find_pending(self, number: ClearanceNumber) -> PendingClearance | None:
        self._demand("register")
        return self.waiting.get(number)

    def keeps_waiting(
        self, clearance: IssuedClearance, client_id: str, *, by_itself: bool = True
    ) -> PendingClearance:
        """Let a clearance be accepted and not issued yet."""
        pending = PendingClearance(
            number=clearance.number,
            verification_code=clearance.verification_code,
            client_id=client_id,
            prepared_at=NOW,
            attempts=1,
            leased_until=None,
            last_error="hsm.unavailable" if by_itself else "keys.certificate_expired",
            resume_at=NOW + timedelta(seconds=2) if by_itself else None,
        )
        self.by_number.pop(clearance.number, None)
        self.waiting[clearance.number] = pending
        return pending

    def find_paper_form(self, serial: FormSerial) -> FormAnswer:
        self._demand("register")
        return FormAnswer(
            meaning=self.paper_forms.get(serial, FormMeaning.NEVER_EXISTED),
            effective_date=self.effective_date,
        )

    def read(self, sha256: str) -> bytes:
        self._demand("documents")
        assert sha256 == hashlib.sha256(PDF).hexdigest()
        self.documents_read += 1
        return PDF

    def verify_file(self, content: bytes) -> Verdict:
        if content in self.verdicts:
            return self.verdicts[content]
        reason = Reason.EMPTY if not content else Reason.NOT_PDF
        return verdict(Outcome.UNREADABLE, reason)

    def verify_token(self, token: str) -> Verdict:
        if "register" in self.away:
            return verdict(Outcome.COULD_NOT_CHECK, Reason.REGISTER_UNAVAILABLE)
        for clearance in self.by_number.values():
            if clearance.token_text == token.upper():
                in_force = clearance.standing.state is StandingState.IN_FORCE
                return verdict(
                    Outcome.AUTHENTIC if in_force else Outcome.WITHDRAWN,
                    Reason.IN_FORCE if in_force else Reason.REVOKED,
                    number=clearance.number,
                )
        return verdict(Outcome.UNREADABLE, Reason.TOKEN_MALFORMED)

    def authenticate(self, key: str) -> StandInClient:
        self._demand("clients")
        scopes = {
            ISSUE_KEY: {"issue"},
            READ_KEY: {"read"},
            VERIFY_KEY: {"verify"},
            BARE_KEY: set(),
        }
        if key not in scopes:
            raise Refused("client.not_recognised")
        return StandInClient(id=key, scopes=frozenset(scopes[key]))

    def charge(self, client_id: str, files: int) -> Allowance:
        self._demand("register")
        left = self.files_left - files
        allowance = Allowance(
            minute=Window(limit=600, remaining=max(left, 0), resets_at=NOW + timedelta(seconds=37)),
            day=Window(limit=20_000, remaining=19_998, resets_at=NOW + timedelta(hours=12)),
            at=NOW,
        )
        if left < 0:
            raise AllowanceExhausted(allowance, files=files, again_at=allowance.minute.resets_at)
        self.files_left = left
        self.charges.append((client_id, files))
        return allowance

    def knows(self, name: str, serial: int = 1) -> IssuedClearance:
        """Put an example into the register."""
        clearance = issued_from(parse_request(example(name), now=NOW), serial)
        self.by_number[clearance.number] = clearance
        return clearance

    def judges(
        self, content: bytes, outcome: Outcome, *reasons: Reason, number: Any = None
    ) -> None:
        """Set the verdict on a file."""
        self.verdicts[content] = verdict(outcome, *reasons, number=number)

    def withdraw(self, number: str, standing: Standing) -> None:
        self.by_number[number] = replace(self.by_number[number], standing=standing)

    def probe(self, part: str) -> Callable[[], None]:
        return lambda: self._demand(part)

    def _demand(self, part: str) -> None:
        if part in self.away:
            raise Unavailable(f"{part}.unavailable")


def example(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return content


def issued_from(request: ClearanceRequest, serial: int) -> IssuedClearance:
    certificate = ClearanceCertificate(
        number=ClearanceNumber.make(1404, request.branch.code, serial),
        verification_code=VerificationCode.from_bytes(
            hashlib.sha256(bytes([serial])).digest()[:10]
        ),
        issued_at=NOW,
        request=request,
    )
    return IssuedClearance(
        number=certificate.number,
        certificate=certificate,
        content_hash=content_hash(certificate),
        token_text=f"TOKEN{serial}",
        document=SealedDocument(
            kind="clearance",
            number=certificate.number,
            sha256=hashlib.sha256(PDF).hexdigest(),
            size=len(PDF),
            layout="closed",
            template_version=1,
            sealed_at=NOW,
        ),
        issued_at=NOW,
        status_list_index=serial,
        standing=Standing(state=StandingState.IN_FORCE),
    )


def verdict(outcome: Outcome, *reasons: Reason, number: str | None = None) -> Verdict:
    level = Level.PASSED if outcome is Outcome.AUTHENTIC else Level.FAILED
    return Verdict(
        outcome=outcome,
        reasons=reasons,
        findings=tuple(
            Finding(stage=Stage.DIGEST, level=level, reason=reason) for reason in reasons
        ),
        sha256=hashlib.sha256(PDF).hexdigest(),
        number=number,
        checked_at=NOW,
    )


class Caller:
    """Whoever calls the interface: real ASGI requests, no sockets."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=("192.0.2.7", 4711))
            async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
                return await client.request(method, url, **options)

        return anyio.run(send)


def open_caller(services: Services, limits: Limits | None = None) -> Caller:
    return Caller(create_app(services, limits=limits))


@pytest.fixture
def stand_ins() -> StandIns:
    return StandIns()


@pytest.fixture
def services(stand_ins: StandIns, services_with: Callable[..., Services]) -> Services:
    certificate = self_signed("token", begins=NOW).certificate
    return services_with(
        issue=stand_ins.issue,
        find_clearance=stand_ins.find,
        find_pending=stand_ins.find_pending,
        read_document=stand_ins.read,
        verify_file=stand_ins.verify_file,
        verify_token=stand_ins.verify_token,
        charge=stand_ins.charge,
        anchors=lambda: (certificate,),
        retired_anchors=lambda: (),
        seal_certificates=lambda: (),
        token_certificates=lambda: (certificate,),
        find_paper_form=stand_ins.find_paper_form,
        authenticate=stand_ins.authenticate,
        probes={part: stand_ins.probe(part) for part in ("database", "documents", "token")},
        public_url=BASE_URL,
        clock=lambda: NOW,
    )


@pytest.fixture
def caller(services: Services) -> Caller:
    return open_caller(services)


@pytest.fixture
def clearance(stand_ins: StandIns) -> IssuedClearance:
    """An ordinary clearance that stands in the register."""
    return stand_ins.knows("ordinary-company")


@pytest.fixture
def ordinary() -> dict[str, Any]:
    """An ordinary request."""
    return example("ordinary-company")


@pytest.fixture
def open_limited(services: Services) -> Callable[..., Caller]:
    """Make callers of an application with limits of its own."""
    return lambda **limits: open_caller(services, Limits(**limits))


@pytest.fixture
def open_with(
    services: Services, services_changed: Callable[..., Services]
) -> Callable[..., Caller]:
    """Make callers of an application with some services replaced."""
    return lambda **changes: open_caller(services_changed(services, **changes))
