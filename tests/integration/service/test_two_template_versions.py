"""Documents of two versions of every template, sealed one after the other, all verify."""

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest
from sqlalchemy import text

from api.app import create_app
from clearance.clock import system_clock
from clearance.identifiers import BranchCode
from clearance.minutes import Attendee, MinutesKind, MinutesNumber
from clearance.paper_form_request import Allotment, Closing, MinutesDraft
from clearance.paper_forms import FormEntry, FormSerial, SerialRange, SerialState
from clearance.roles import Officer, Reach, Role
from register.kinds import KINDS, Kinds, kinds_of
from register.paper_forms.ledger import PaperFormLedger
from register.records import Scope
from service.settings import Settings
from service.web import WebServer
from service.wiring.memory import open_memory
from service.wiring.web import open_parts
from templates.documents import TEMPLATES, load_template

PDF = {"Content-Type": "application/pdf"}
BRANCH = BranchCode("7731")
PROVINCE = "استان آزمون"
LABELS = {"مبلغ وصول‌شده": "وجه دریافتی", "ردیف پیمان": "ردیف قرارداد"}
"""What the second version of the certificate calls two facts."""


@pytest.fixture(scope="module")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    """The kinds, each with a second version of its template over second shared parts."""
    folder = tmp_path_factory.mktemp("templates")
    shutil.copytree(TEMPLATES / "shared" / "v1", folder / "shared" / "v2")
    sheet = folder / "shared" / "v2" / "base.css"
    sheet.write_text(sheet.read_text("utf-8").replace("#4a5560", "#4a5570"), "utf-8")
    return kinds_of(
        replace(kind, templates=(*kind.templates, _second(folder, kind.template.name)))
        for kind in KINDS.values()
    )


def _second(folder: Path, name: str) -> Any:
    copy = folder / name / "v2"
    shutil.copytree(TEMPLATES / name / "v1", copy)
    words = copy / "template.toml"
    changed = words.read_text("utf-8").replace("shared = 1", "shared = 2")
    for old, new in LABELS.items():
        changed = changed.replace(f'"{old}"', f'"{new}"')
    words.write_text(changed, "utf-8")
    return load_template(copy, shared=folder / "shared")


@pytest.fixture
def house(
    running_service: Any, own_settings: Settings, timestamps: Callable[[], Any]
) -> Iterator[Callable[..., Any]]:
    """Open the service with these kinds, over one database."""

    @contextmanager
    def opened(kinds: Kinds) -> Iterator[tuple[Any, Any]]:
        base_url = f"http://127.0.0.1:{own_settings.web.port}"
        with (
            open_memory(own_settings, migrating=True, kinds=kinds) as memory,
            open_parts(own_settings, memory) as parts,
            WebServer(create_app(parts.services), own_settings.web),
            httpx.Client(base_url=base_url, timeout=60, trust_env=False) as http,
        ):
            _, key = memory.clients.add("tests", frozenset({Scope.ISSUE, Scope.READ}))
            service = replace(
                running_service,
                settings=own_settings,
                base_url=base_url,
                api_key=key,
                http=http,
                memory=memory,
            )
            yield service, parts.issuing

    with timestamps():
        yield opened


def test_documents_of_both_versions_verify(house: Any, two_versions: Kinds) -> None:
    with house(KINDS) as (service, issuing):
        _add_branch(service)
        first = _one_of_each(service, issuing, forms_from=9_731_000_001)
    with house(two_versions) as (service, issuing):
        second = _one_of_each(service, issuing, forms_from=9_731_001_001)
        versions = {
            (kind, version): service.verify(pdf)
            for version, made in ((1, first), (2, second))
            for kind, pdf in made.items()
        }
        for (kind, version), verdict in versions.items():
            expected = "authentic" if kind == "clearance" else "other_document"
            assert verdict["outcome"] == expected, (kind, version)
            document = service.memory.sealed.find(verdict["sha256"]).document
            assert (document.kind, document.template_version) == (kind, version)
        # A print-out is compared by the labels of the version that printed it.
        for made in (first, second):
            verdict = service.verify(_printed(made["clearance"]))
            assert verdict["outcome"] == "copy", verdict
            compared = [each for each in verdict["findings"] if "facts" in each["parameters"]]
            assert int(compared[0]["parameters"]["facts"]) >= 10


def _one_of_each(service: Any, issuing: Any, *, forms_from: int) -> dict[str, bytes]:
    clearance = service.issue().document
    number = _closed_minutes(service, forms_from)
    issuing.minutes.seal(number)
    record = _ledger(service).minutes(MinutesNumber(number), Reach())
    answer = service.http.post("/v1/verifications/receipts", content=clearance, headers=PDF)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    receipt = service.http.get(
        made["links"]["document"], headers={"Verification-Code": made["verification_code"]}
    )
    return {
        "clearance": clearance,
        "minutes": service.memory.documents.get(record.document_sha256),
        "receipt": receipt.content,
    }


def _ledger(service: Any) -> PaperFormLedger:
    return PaperFormLedger(service.memory.engine, clock=system_clock, deadline=date(2020, 12, 20))


def _add_branch(service: Any) -> None:
    with service.memory.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO branch VALUES (:code, 'شعبهٔ آزمون', :province, 1, now())"),
            {"code": BRANCH, "province": PROVINCE},
        )


def _closed_minutes(service: Any, first: int) -> str:
    ledger = _ledger(service)
    clerk = Officer(id="clerk", name="c", role=Role.BRANCH_OFFICER, reach=Reach(branch=BRANCH))
    supervisor = Officer(
        id="supervisor",
        name="s",
        role=Role.PROVINCIAL_SUPERVISOR,
        reach=Reach(province="استان آزمون"),
    )
    forms = SerialRange(first=FormSerial(first), last=FormSerial(first + 9))
    ledger.allot(Allotment(branch_code=BRANCH, serials=forms), supervisor)
    returned = FormEntry(serials=forms, state=SerialState.UNUSED_RETURNED, hologram=forms.first)
    ledger.record((returned,), clerk)
    draft = MinutesDraft(
        kind=MinutesKind.BRANCH, branch_code=BRANCH, province=None, consolidated=None
    )
    number = ledger.draw_up(draft, clerk).number
    present = Closing(attendees=(Attendee(name="علی کریمی", role="رئیس شعبه"),), despatch=None)
    return ledger.close(number, present, clerk).number


def _printed(pdf: bytes) -> bytes:
    """Print to PDF: the pages alone, with their text and without the seal's field."""
    with pikepdf.open(io.BytesIO(pdf)) as sealed:
        for page in sealed.pages:
            del page.obj["/Annots"]
        for name in set(sealed.Root.keys()) - {"/Type", "/Pages", "/Version"}:
            del sealed.Root[name]
        file = io.BytesIO()
        sealed.save(file)
    return file.getvalue()
