"""The QR code as a scanner or telephone meets it: pixels of a printed or displayed sheet."""

import pikepdf
import pytest
import zxingcpp
from pypdfium2 import PdfDocument

POINTS_PER_INCH = 72
MILLIMETRES_PER_POINT = 25.4 / 72


@pytest.mark.parametrize("dots_per_inch", [150, 200, 300])
def test_code_decodes_from_the_whole_page(any_document, token, dots_per_inch):
    found = zxingcpp.read_barcodes(_page(any_document, dots_per_inch))
    assert [each.text for each in found] == [token.url]
    assert found[0].symbology_identifier == "]Q1"


def test_code_decodes_when_printed_askew_and_pale(rendered_example_of, token):
    page = _page(rendered_example_of("ordinary-company", demo=True), 200)
    scan = page.convert("L").rotate(4, fillcolor=255).point(lambda value: 60 + value // 2)
    (found,) = zxingcpp.read_barcodes(scan)
    assert found.text == token.url


def test_modules_are_large_enough_and_the_quiet_zone_is_kept(any_document, any_pdf):
    code = any_document.qr
    assert code.version <= 14
    assert code.modules == 17 + 4 * code.version
    assert code.error_correction in "MQH"
    ((_, left, _, right, _),) = _figures(any_pdf)
    module = (right - left) * MILLIMETRES_PER_POINT / (code.modules + 8)
    assert module >= 0.5


def test_quiet_zone_is_empty_on_paper(any_document, any_pdf):
    ((index, left, bottom, right, top),) = _figures(any_pdf)
    assert index == any_document.seal_page
    scale = 300 / POINTS_PER_INCH
    page = _page(any_document, 300).convert("L")
    box = (left * scale, page.height - top * scale, right * scale, page.height - bottom * scale)
    code = page.crop(tuple(round(edge) for edge in box))
    zone = int(4 * code.width / (any_document.qr.modules + 8)) - 3
    for band in (
        (0, 0, code.width, zone),
        (0, code.height - zone, code.width, code.height),
        (0, 0, zone, code.height),
        (code.width - zone, 0, code.width, code.height),
    ):
        darkest, _ = code.crop(band).getextrema()
        assert darkest > 180


def _page(document, dots_per_inch):
    """The sheet that carries code and seal."""
    pdf = PdfDocument(document.pdf)
    try:
        return pdf[document.seal_page].render(scale=dots_per_inch / POINTS_PER_INCH).to_pil()
    finally:
        pdf.close()


def _figures(pdf):
    """Page and box in points of each figure."""
    pages = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
    waiting = [pdf.Root.StructTreeRoot.K[0]]
    while waiting:
        element = waiting.pop()
        if pikepdf.Name.Figure == element.S:
            yield (pages[element.Pg.objgen], *(float(edge) for edge in element.A.BBox))
        waiting += [
            kid
            for kid in element.K
            if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == pikepdf.Name.StructElem
        ]
