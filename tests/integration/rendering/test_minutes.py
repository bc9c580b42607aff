"""What minutes of the paper channel show, and what is attached to them."""

import io
import json

import pikepdf
import pytest
from pypdfium2 import PdfDocument

from clearance.minutes import MinutesKind, minutes_bytes, minutes_from_object

TITLES = {
    MinutesKind.BRANCH: "صورتجلسهٔ تحویل",
    MinutesKind.CONSOLIDATED: "صورتجلسهٔ تجمیعی",
    MinutesKind.DESPATCH: "صورتجلسهٔ ارسال",
    MinutesKind.REPORT: "گزارش ارسال",
}


def texts(pdf: bytes) -> list[str]:
    with PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


@pytest.mark.parametrize("kind", MinutesKind)
def test_the_frozen_content_is_attached_and_reads_back(rendered_minutes_of, minutes_of, kind):
    with pikepdf.open(io.BytesIO(rendered_minutes_of(kind, demo=False).pdf)) as pdf:
        (name,) = pdf.attachments
        attached = pdf.attachments[name].get_file().read_bytes()
        title = str(pdf.trailer.Info.Title)
    assert name == "minutes.json"
    assert attached == minutes_bytes(minutes_of(kind))
    assert minutes_from_object(json.loads(attached)) == minutes_of(kind)
    assert title.startswith(TITLES[kind])


@pytest.mark.parametrize("kind", MinutesKind)
def test_serials_and_numbers_stand_in_their_order(rendered_minutes_of, kind):
    (page,) = texts(rendered_minutes_of(kind, demo=False).pdf)
    assert "۲۲-۱۳۹۹-۰۰۰۰۱۷" in page
    for serial in ("۱۰۰", "۱۰۷", "۳۰۷"):
        assert serial in page
    assert ("۱۴۰۴-۰۰۴۱-۰۰۰۰۰۱" in page) is (kind is MinutesKind.BRANCH)
    assert ("۲۲-۱۳۹۹-۰۰۰۰۰۱" in page) is (kind is not MinutesKind.BRANCH)


def test_a_long_list_runs_over_pages_and_the_seal_stands_on_the_last(rendered_minutes_of):
    document = rendered_minutes_of(MinutesKind.BRANCH, demo=True, ranges=150)
    pages = texts(document.pdf)
    assert len(pages) == document.pages >= 4
    assert document.seal_page == len(pages) - 1
    assert "۱۵۰۰۷" in pages[-1] + pages[-2]
    assert "نمونه — فاقد اعتبار" in pages[0]


def test_the_same_minutes_give_the_same_bytes(rendered_minutes_of):
    once = rendered_minutes_of(MinutesKind.DESPATCH, demo=False)
    again = rendered_minutes_of.__wrapped__(MinutesKind.DESPATCH, demo=False)
    assert once.pdf == again.pdf
