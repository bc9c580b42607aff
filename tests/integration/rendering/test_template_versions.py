"""A version of a template prints what it printed, whatever versions come after it.

A second version of everything is added here: of each template and of what they share, with other
styles, words, labels, ornaments and typefaces.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from clearance.identifiers import VerificationCode
from clearance.minutes import MinutesKind
from clearance.verdict import Outcome, Reason
from clearance.verification_receipt import (
    JudgedFile,
    Judgement,
    ReceiptAnchor,
    ReceiptNumber,
    VerificationReceipt,
)
from register.kinds import CLEARANCE, KINDS, MINUTES, RECEIPT
from signer import typesetting
from signer.clearance_letter import clearance_draft
from signer.letter import Draft
from signer.minutes_letter import minutes_draft
from signer.receipt_letter import receipt_draft
from signer.rendering import render
from templates.documents import TEMPLATES, Template, load_template, versions_of

AT = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
RECEIPT_MADE = VerificationReceipt(
    number=ReceiptNumber.make(1404, 7),
    verification_code=VerificationCode.from_bytes(bytes(range(10))),
    judgement=Judgement(
        file=JudgedFile(sha256="ab" * 32, size=103_981),
        outcome=Outcome.AUTHENTIC,
        reasons=(Reason.REGISTERED, Reason.IN_FORCE, Reason.SIGNATURE_VALID),
        checked_at=AT,
        policy="urn:mohr:policy:register-first:1",
        anchors=(ReceiptAnchor(subject="CN=root", sha256="cd" * 32),),
        clearance=None,
    ),
)
CHANGES = {
    "base.css": ("font-size: 11pt", "font-size: 12pt"),
    "ornaments.html": ("opacity: 0.13", "opacity: 0.4"),
    "metadata.xmp": (">Mohr<", ">Mohr 2<"),
    "shared.toml": ("نمونه — فاقد اعتبار", "نمونه — بی‌اعتبار"),
    "certificate.css": ("margin-top: 1.8mm", "margin-top: 3mm"),
    "certificate.html": ("حدود اعتبار:", "گسترهٔ اعتبار:"),
    "minutes.css": ("width: 26mm", "width: 30mm"),
    "minutes.html": ("موازنهٔ فرم‌های", "ترازنامهٔ فرم‌های"),
    "receipt.css": ("font-size: 15pt", "font-size: 16pt"),
    "receipt.html": ("مبنای نتیجه", "پایهٔ نتیجه"),
}
"""What the second version has otherwise, by file."""
LABEL = ('amount_collected = "مبلغ وصول‌شده"', 'amount_collected = "وجه دریافتی"')


def second_version(folder: Path, name: str) -> Path:
    """Copy the first version of a template, or of the shared parts, and change all it says."""
    copy = folder / name / "v2"
    shutil.copytree(TEMPLATES / name / "v1", copy)
    for file in (each for each in copy.iterdir() if each.name in CHANGES):
        text, (old, new) = file.read_text("utf-8"), CHANGES[file.name]
        assert old in text, file
        file.write_text(text.replace(old, new), "utf-8")
    template = copy / "template.toml"
    if template.exists():
        text = template.read_text("utf-8").replace("shared = 1", "shared = 2")
        template.write_text(text.replace(*LABEL).replace("شمارهٔ {number}", "ش {number}"), "utf-8")
    return copy


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Template]:
    """The second version of each kind's template, over the second version of what they share."""
    folder = tmp_path_factory.mktemp("templates")
    second_version(folder, "shared")
    return {
        kind.name: load_template(
            second_version(folder, kind.template.name), shared=folder / "shared"
        )
        for kind in KINDS.values()
    }


@pytest.fixture
def drafts(certificate_of, minutes_of, token) -> dict[str, Callable[[Template], Draft]]:
    """What makes a draft of each kind's example with a template."""
    url = f"HTTP://MOHR.TEST/R/{RECEIPT_MADE.number}/{RECEIPT_MADE.verification_code}"
    return {
        CLEARANCE.name: lambda template: clearance_draft(
            certificate_of(), token_text=token.text, verify_url=token.url, template=template
        ),
        MINUTES.name: lambda template: minutes_draft(
            minutes_of(MinutesKind.BRANCH), public_url="https://mohr.test", template=template
        ),
        RECEIPT.name: lambda template: receipt_draft(
            RECEIPT_MADE, verify_url=url, template=template
        ),
    }


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_first_version_prints_the_same_bytes_beside_a_second(kind, drafts, second) -> None:
    draft = drafts[kind.name]
    before = render(draft(kind.template), demo=True).pdf
    after = render(draft(second[kind.name]), demo=True).pdf
    again = render(draft(kind.template), demo=True).pdf
    assert again == before
    assert after != before


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_new_version_of_another_template_changes_nothing(kind, drafts, second) -> None:
    """The minutes came out with other bytes when the certificate got a second version."""
    own = drafts[kind.name](kind.template)
    before = render(own, demo=True).pdf
    for other in (each for each in KINDS.values() if each is not kind):
        render(drafts[other.name](second[other.name]), demo=True)
    assert render(own, demo=True).pdf == before


def test_the_first_document_of_a_process_is_as_all_later_ones(drafts) -> None:
    """LittleCMS wrote the colour profile otherwise the second time."""
    draft = drafts["minutes"](MINUTES.template)
    typesetting._colour_profile.cache_clear()
    first, second = (render(draft, demo=False).pdf for _ in range(2))
    assert first == second


def test_the_second_version_says_it_otherwise(drafts, second) -> None:
    shown = {
        version: _text(render(drafts["clearance"](template), demo=True).pdf)
        for version, template in ((1, CLEARANCE.template), (2, second["clearance"]))
    }
    assert "وجه دریافتی" in shown[2]
    assert "وجه دریافتی" not in shown[1]


def test_a_version_is_a_value_that_nothing_changes(second) -> None:
    template = second["clearance"]
    assert (template.name, template.version, template.shared.version) == ("certificate", 2, 2)
    assert template == load_template(template.folder, shared=template.shared.folder.parent)
    assert template != CLEARANCE.template
    with pytest.raises(TypeError):
        template.labels["name"] = "x"  # type: ignore[index]
    with pytest.raises(AttributeError):
        template.version = 3  # type: ignore[misc]


def test_the_newest_version_prints_and_the_older_ones_are_found(second) -> None:
    kind = replace(CLEARANCE, templates=(*CLEARANCE.templates, second["clearance"]))
    assert kind.template.version == 2
    assert kind.template_of(1) == CLEARANCE.template
    with pytest.raises(KeyError):
        kind.template_of(3)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_each_version_names_its_shared_parts_and_stands_for_itself(kind) -> None:
    for template in versions_of(kind.template.name):
        own = {template.folder, template.shared.folder}
        assert {each.parent for each in template.sheets} <= own
        assert not any(each.is_symlink() for folder in own for each in folder.iterdir())


def _text(pdf: bytes) -> str:
    with PdfDocument(pdf) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)
