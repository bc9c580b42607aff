"""A kind of document that no product code knows goes the whole way: the proof that a kind is one
value and its template a folder.

A debt settlement certificate is issued, sealed, archived, verified, reported on, attested by a
receipt, and withdrawn.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pikepdf
import pytest
from sqlalchemy import text

from api.app import create_app
from clearance.canonical import canonical_bytes
from clearance.clock import format_moment, system_clock
from clearance.errors import InternalFault, NotFound
from clearance.roles import Officer, Reach, Role
from clearance.verdict import Outcome, Reason
from register.kinds import KINDS, DocumentKind, kinds_of
from register.records import RevocationReason, SealedDocument
from register.revocations import Decision, Revocations
from service.settings import Settings
from service.web import WebServer
from service.wiring.memory import Memory, open_memory
from service.wiring.trust import Trust
from service.wiring.verifying import open_verifier
from service.wiring.web import Parts, open_parts
from signer.letter import Draft
from templates.documents import load_template
from templates.jinja import isolated

FOLDER = Path(__file__).parent / "settlement" / "v1"
PDF = {"Content-Type": "application/pdf"}

SETTLEMENT = DocumentKind(
    name="settlement",
    templates=(load_template(FOLDER),),
    attachment="settlement.json",
    key_purpose="document_seal",
    bears_code=True,
    genuine=Outcome.OTHER_DOCUMENT,
    registered=Reason.REGISTERED_OTHER,
    in_force=None,
)


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """The record: a debt that was paid."""

    number: str
    debtor: str
    amount: int
    settled_at: datetime

    @property
    def content(self) -> bytes:
        return canonical_bytes(vars(self) | {"settled_at": format_moment(self.settled_at)})

    def draft(self, public_url: str) -> Draft:
        template = SETTLEMENT.template
        return Draft(
            kind=SETTLEMENT,
            template=template,
            number=self.number,
            title=template.words["title"].format(number=isolated(self.number)),
            at=self.settled_at,
            record=self,
            content=self.content,
            values={"settlement": self},
            code_address=f"{public_url.upper()}/",
        )


DEBT = Settlement(
    number="T-1404-000001",
    debtor="شرکت راه‌سازان البرز (سهامی خاص)",
    amount=6_572_222_222,
    settled_at=datetime(2026, 2, 1, 8, 30, tzinfo=UTC),
)


@dataclass(frozen=True, kw_only=True)
class House:
    """The service with one kind more, and its first document."""

    memory: Memory
    parts: Parts
    http: httpx.Client
    sealed: SealedDocument

    @property
    def pdf(self) -> bytes:
        return self.memory.documents.get(self.sealed.sha256)

    def verify(self, pdf: bytes, **query: str) -> Any:
        answer = self.http.post("/v1/verifications", content=pdf, headers=PDF, params=query)
        assert answer.status_code == 200, answer.text
        return answer

    def archive(self) -> bytes:
        archiving = self.parts.issuing.archiving  # type: ignore[union-attr]
        due = archiving.archive.due_of(DEBT.number)
        assert due is not None
        return self.memory.documents.get(archiving.make(due).sha256)

    def withdraw(self) -> None:
        revocations = Revocations(self.memory.engine, clock=system_clock)
        asking, confirming = (
            Officer(id=name, name=name, role=Role.BRANCH_HEAD, reach=Reach())
            for name in ("asking", "confirming")
        )
        asked = revocations.open(
            DEBT.number, reason=RevocationReason.LAWFUL_ORDER, remark=None, officer=asking
        )
        revocations.decide(DEBT.number, asked.id, Decision.CONFIRM, officer=confirming)


@pytest.fixture
def house(own_settings: Settings, timestamps: Callable[[], Any]) -> Iterator[House]:
    archive = own_settings.archive.model_copy(update={"first_after_minutes": 0})
    settings = own_settings.model_copy(update={"archive": archive})
    base_url = f"http://127.0.0.1:{settings.web.port}"
    kinds = kinds_of((*KINDS.values(), SETTLEMENT))
    with (
        timestamps(),
        open_memory(settings, migrating=True, kinds=kinds) as memory,
        open_parts(settings, memory) as parts,
        WebServer(create_app(parts.services), settings.web),
        httpx.Client(base_url=base_url, timeout=60, trust_env=False) as http,
    ):
        assert parts.issuing is not None
        sealed = parts.issuing.sealing.seal(
            DEBT.draft(settings.web.public_url), memory.sealed.enter
        )
        yield House(memory=memory, parts=parts, http=http, sealed=sealed)


def test_a_kind_of_its_own_goes_the_whole_way(house: House) -> None:
    # Issued and sealed
    assert (house.sealed.kind, house.sealed.template_version) == ("settlement", 1)
    with pikepdf.open(io.BytesIO(house.pdf)) as pdf:
        assert pdf.attachments["settlement.json"].get_file().read_bytes() == DEBT.content
        assert DEBT.number in str(pdf.trailer.Info.Title)
        assert str(pdf.Root.AcroForm.Fields[0].V.Reason) == "گواهی تسویهٔ بدهی"
    # Verified
    verdict = house.verify(house.pdf).json()
    assert verdict["outcome"] == "other_document"
    assert verdict["reasons"] == ["register.other_document", "signature.valid"]
    assert (verdict["number"], verdict["clearance"]) == (None, None)
    assert house.verify(house.pdf + b"\n").json()["reasons"][0] == "file.begins_with_issued"
    # Archived
    archived = house.archive()
    assert archived.startswith(house.pdf)
    assert len(archived) > len(house.pdf)
    found = house.memory.sealed.find(_digest(archived))
    assert found is not None
    assert (found.document, found.revision) == (house.sealed, 1)
    assert house.verify(archived).json()["outcome"] == "other_document"
    # Withdrawn
    house.withdraw()
    for file in (house.pdf, archived):
        verdict = house.verify(file).json()
        assert verdict["outcome"] == "withdrawn"
        assert verdict["reasons"] == ["register.revoked", "register.other_document"]
    # Told by the audit trail
    with house.memory.engine.connect() as connection:
        query = text("SELECT name FROM audit_event WHERE subject = :number ORDER BY id")
        told = connection.execute(query, {"number": DEBT.number}).scalars().all()
    assert told == [
        "document.sealed",
        "document.archived",
        "revocation.requested",
        "revocation.confirmed",
        "document.withdrawn",
    ]


def test_it_gets_its_reports(house: House) -> None:
    simple = house.verify(house.pdf, report="simple").json()
    assert simple["outcome"] == "other_document"
    detailed = house.verify(house.pdf, report="detailed").json()
    digest = detailed["stages"][1]
    assert (digest["answer"], digest["findings"][0]["reason"]) == (
        "passed",
        "register.other_document",
    )
    raw = house.verify(house.pdf, report="raw").json()
    assert raw["verdict"]["findings"][-1]["reason"] == "evidence.embedded"
    xml = house.verify(house.pdf, report="etsi-xml")
    assert ET.fromstring(xml.content).tag.endswith("}ValidationReport")  # noqa: S314
    files = {"file": ("a.pdf", house.pdf, "application/pdf")}
    page = house.http.post("/verifications", files=files)
    assert 'data-outcome="other_document"' in page.text
    receipt = house.http.post("/v1/verifications/receipts", content=house.pdf, headers=PDF)
    assert receipt.status_code == 201, receipt.text
    assert receipt.json()["receipt"]["reasons"] == ["register.other_document", "signature.valid"]


def test_a_program_that_does_not_know_the_kind_says_nothing_of_it(
    house: House, own_settings: Settings
) -> None:
    """An older program over the register of a newer one: a fault, never a wrong verdict."""
    with (
        open_memory(own_settings) as memory,
        open_verifier(own_settings, memory, Trust(own_settings)) as verifier,
        pytest.raises(InternalFault, match=r"register\.unreadable"),
    ):
        verifier.verify(house.pdf)


def test_a_branch_cannot_withdraw_what_has_no_branch(house: House) -> None:
    officer = Officer(
        id="branch", name="branch", role=Role.BRANCH_HEAD, reach=Reach(province="تهران")
    )
    revocations = Revocations(house.memory.engine, clock=system_clock)
    with pytest.raises(NotFound):
        revocations.open(
            DEBT.number, reason=RevocationReason.LAWFUL_ORDER, remark=None, officer=officer
        )


def test_no_product_code_knows_it() -> None:
    root = Path(__file__).parents[4]
    packages = ("api", "clearance", "hsm", "keys", "register", "service", "signer", "verifier")
    for file in (each for package in packages for each in (root / package).rglob("*.py")):
        code = file.read_text("utf-8")
        assert "settlement" not in code.lower(), file
        assert "گواهی تسویه" not in code, file
    assert json.loads(DEBT.content)["number"] == DEBT.number


def _digest(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()
