"""Whatever a field holds, its letters stay in their cell, their column and off the margin."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import weasyprint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdfium2 import PdfDocument
from weasyprint.formatting_structure import boxes

import signer.typesetting
from clearance.errors import InvalidRequest
from clearance.minutes import MinutesKind
from clearance.verdict import Outcome
from signer.minutes_letter import minutes_draft
from signer.receipt_letter import receipt_draft
from signer.rendering import render

LONGEST = {"name": 300, "address": 500, "subject": 2000, "number": 100}
FILLINGS = {
    "one Persian word": "خ",
    "one Latin word": "W",
    "one number": "۸",
    "a code with hyphens": "BQ-8",
    "a number with separators": "۱۲-",
    "brackets": "(آب)",
    "words and codes in turn": "آبفا W-12 ۰۲۱-۸۸ ",
}
ROOM = 0.6
"""Pixels of CSS: what rounding leaves."""
MARGIN_MM = (10.5, 15.2)
"""Between the frame and the text, where there is never ink."""


@pytest.fixture
def laid_out(monkeypatch):
    """The pages that WeasyPrint has laid out since."""
    documents = []

    class Recorded(weasyprint.HTML):
        def render(self, *args, **kwargs):
            documents.append(super().render(*args, **kwargs))
            return documents[-1]

    monkeypatch.setattr(signer.typesetting, "HTML", Recorded)
    return documents


def filled(filling: str, length: int) -> str:
    return (filling * length)[:length].strip()


def fill(body, filling):
    text = {name: filled(filling, length) for name, length in LONGEST.items()}
    for party in ("work_assigner", "contractor"):
        body[party] |= {"name": text["name"], "address": text["address"]}
    body["branch"] |= {"name": text["name"], "province": text["number"]}
    body["contract"] |= {"number": text["number"], "subject": text["subject"]}
    body["referring_letter"] = {"number": text["number"], "date": "1403/12/20"}
    body["basis"]["report_number"] = text["number"]
    for receipt in body["premium"]["receipts"]:
        receipt["id"] = f"{text['number'][:90]}{receipt['amount']}"[:100]
    for officer in body["approvals"].values():
        officer |= {"name": text["name"], "role": text["number"]}


@pytest.mark.parametrize("filling", FILLINGS.values(), ids=FILLINGS)
def test_a_certificate_keeps_the_longest_values_in_their_places(
    certificate_of, rendered, laid_out, filling
):
    document = rendered(certificate_of("ordinary-company", lambda body: fill(body, filling)))
    assert_inside(laid_out)
    assert_margins_are_white(document.pdf)


@pytest.mark.parametrize("filling", FILLINGS.values(), ids=FILLINGS)
@pytest.mark.parametrize("kind", [MinutesKind.BRANCH, MinutesKind.DESPATCH])
def test_minutes_keep_the_longest_values_in_their_places(minutes_of, laid_out, kind, filling):
    minutes = minutes_of(kind)
    name, number = filled(filling, 300), filled(filling, 100)
    attendees = tuple(replace(each, name=name, role=number) for each in minutes.attendees)
    parts = tuple(replace(each, branch_name=name) for each in minutes.parts)
    despatch = minutes.despatch and replace(minutes.despatch, security=name)
    full = replace(
        minutes,
        province=number,
        branch_name=minutes.branch_name and name,
        attendees=attendees,
        parts=parts,
        despatch=despatch,
    )
    draft = minutes_draft(full, public_url=f"https://{'address.' * 12}example.ir")
    document = render(draft, demo=True)
    assert_inside(laid_out)
    assert_margins_are_white(document.pdf)


@pytest.mark.parametrize("filling", FILLINGS.values(), ids=FILLINGS)
def test_receipts_keep_the_longest_values_in_their_places(load_vectors, laid_out, filling):
    printed = load_vectors("printed")
    receipt = printed.receipt_of(Outcome.AUTHENTIC)
    name = filled(filling, 300)
    facts = replace(
        receipt.judgement.clearance,
        branch_name=name,
        work_assigner=name,
        contractor=name,
        contract_number=filled(filling, 100),
    )
    anchors = tuple(replace(each, subject=f"CN={name}") for each in receipt.judgement.anchors)
    judgement = replace(receipt.judgement, clearance=facts, anchors=anchors)
    url = f"HTTPS://{'ADDRESS.' * 6}EXAMPLE.IR/R/{receipt.number}/{receipt.verification_code}"
    draft = receipt_draft(replace(receipt, judgement=judgement), verify_url=url)
    document = render(draft, demo=True)
    assert_inside(laid_out)
    assert_margins_are_white(document.pdf)


@settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(alphabet="آلخشW8۸-/.()،_@ \u200c", min_size=30, max_size=300))
def test_generated_names_stay_in_their_places(certificate_of, rendered, laid_out, text):
    laid_out.clear()
    try:
        certificate = certificate_of("ordinary-company", lambda body: fill(body, text))
    except InvalidRequest:
        return
    document = rendered(certificate)
    assert_inside(laid_out)
    assert_margins_are_white(document.pdf)


def assert_inside(documents) -> None:
    # Behind it may come the ornaments, which are laid out once in a process.
    for page in documents[0].pages:
        outside = list(leaving(page._page_box))
        assert not outside, outside[:3]


def leaving(box, left=None, right=None) -> Iterator[tuple[str, float, float]]:
    """Yield the texts that go beyond the block, cell or column that they stand in."""
    if isinstance(box, boxes.BlockContainerBox | boxes.TableCellBox | boxes.MarginBox):
        left, right = box.content_box_x(), box.content_box_x() + box.width
    if isinstance(box, boxes.TextBox) and box.text.strip() and left is not None:
        over = max(left - box.position_x, box.position_x + box.width - right)
        # A blank at either end of a text hangs over, and has no ink.
        blank = 0.3 * box.style["font_size"] if box.text != box.text.strip() else 0
        if over > ROOM + blank:
            yield box.text, over, box.position_y
    if (box.element_tag or "").endswith("::marker"):
        return
    for child in getattr(box, "children", ()):
        yield from leaving(child, left, right)


def assert_margins_are_white(pdf: bytes) -> None:
    with PdfDocument(pdf) as document:
        for page in document:
            sheet = page.render(scale=2).to_pil().convert("L")
            millimetre = sheet.width / 210
            begin, end = (edge * millimetre for edge in MARGIN_MM)
            for left in (begin, sheet.width - end):
                edges = (left, begin, left + end - begin, sheet.height - begin)
                strip = sheet.crop(tuple(map(round, edges)))
                # The overprint of a specimen is lighter than any letter.
                assert min(strip.tobytes()) > 160
