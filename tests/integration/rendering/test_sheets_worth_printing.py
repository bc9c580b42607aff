"""What each sheet carries, and what is left of it after two photocopies."""

import io
import random

import pikepdf
import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageFilter
from pypdfium2 import PdfDocument

from clearance.minutes import MinutesKind
from signer.text_extraction.content import text_objects
from signer.text_extraction.fonts import EmbeddedFont

DPI = 150
DIGITS = "۰۱۲۳۴۵۶۷۸۹"
CELL = (12, 16)
"""Pixels that a digit is compared in."""


@pytest.fixture
def long_document(rendered_example_of):
    return rendered_example_of("long-names", demo=False)


def test_each_sheet_bears_the_code_its_number_and_the_page(long_document, certificate_of):
    assert long_document.pages > 1
    number = certificate_of("long-names").number.translate(str.maketrans("0123456789", DIGITS))
    for index, sheet in enumerate(pictures(long_document.pdf)):
        (code,) = zxingcpp.read_barcodes(sheet)
        assert code.text.startswith("HTTPS://CLEARANCE.EXAMPLE.IR/Q/")
        words = text(long_document.pdf, index)
        assert number in words
        assert f"صفحه {DIGITS[index + 1]} از {DIGITS[long_document.pages]}" in words


def test_a_specimen_s_overprint_keeps_off_the_code_on_each_sheet(rendered_example_of):
    for sheet in pictures(rendered_example_of("long-names", demo=True).pdf):
        assert len(zxingcpp.read_barcodes(sheet)) == 1


def test_the_last_sheet_says_more_than_seal_and_code(long_document):
    words = text(long_document.pdf, long_document.pages - 1)
    for each in ("مبنای صدور", "حدود اعتبار", "مرجع تأیید", "استعلام اصالت"):
        assert each in words


def test_a_subject_that_goes_on_overleaf_carries_its_label(certificate_of, rendered):
    def change(body):
        body["referring_letter"] = None
        body["branch"]["name"] = "شعبهٔ ۴ زاهدان"
        body["contractor"]["address"] = body["work_assigner"]["address"] = "زاهدان"

    document = rendered(certificate_of("long-names", change))
    sheets = [text(document.pdf, index) for index in range(document.pages)]
    with_subject = [sheet for sheet in sheets if "تابلوهای فشار متوسط" in sheet]
    assert len(with_subject) == 2
    assert all("موضوع قرارداد" in sheet for sheet in with_subject)


def test_no_text_is_smaller_than_nine_points(load_vectors):
    for name, each in load_vectors("printed").rendered().items():
        with pikepdf.open(io.BytesIO(each.document.pdf)) as pdf:
            for page in pdf.pages:
                fonts = {
                    key.encode(): EmbeddedFont(font) for key, font in page.Resources.Font.items()
                }
                objects = text_objects(page.Contents.read_bytes(), fonts)
                pieces = [piece for found in objects for piece in found.pieces]
                sizes = {glyph.size * 0.75 for piece in pieces for glyph in piece.line}
                assert min(sizes) >= 8.99, (name, sorted(sizes)[:3])


@pytest.mark.parametrize("name", ["ordinary-company", "long-names", *MinutesKind])
def test_the_seal_names_organization_number_and_day(
    rendered_example_of, rendered_minutes_of, certificate_of, minutes_of, name
):
    if isinstance(name, MinutesKind):
        document, number = rendered_minutes_of(name, demo=False), minutes_of(name).number
    else:
        document, number = rendered_example_of(name, demo=False), certificate_of(name).number
    with PdfDocument(document.pdf) as pdf:
        inside = pdf[document.seal_page].get_textpage().get_text_bounded(*document.seal_box)
    assert "تأمین اجتماعی" in inside
    assert number.translate(str.maketrans("0123456789", DIGITS)) in inside
    assert "۱۴۰۴/۰۹/۰۱" in inside


def test_the_code_is_read_after_two_photocopies(rendered_example_of, long_document):
    for document in (rendered_example_of("ordinary-company", demo=True), long_document):
        for sheet in pictures(document.pdf):
            (code,) = zxingcpp.read_barcodes(photocopied(photocopied(sheet)))
            assert code.text.startswith("HTTPS://CLEARANCE.EXAMPLE.IR/Q/")


def test_the_digits_of_amounts_are_told_apart_after_two_photocopies(rendered_example_of):
    """Each digit of each amount is nearest to its own among the ten, as a reader would take it."""
    document = rendered_example_of("ordinary-company", demo=False)
    (sheet,) = pictures(document.pdf)
    copy = photocopied(photocopied(sheet, turn=0), turn=0)
    places = digits_of_amounts(document.pdf, sheet.height)
    assert len(places) > 40
    known = {}
    for digit in DIGITS:
        box = next((box for found, box in places if found == digit), None)
        if box:
            known[digit] = cell(sheet, box)
    assert len(known) >= 8
    for digit, box in places:
        # A reader's eye finds the digit first: the best of the places a pixel or two around.
        seen = [cell(copy, moved(box, x, y)) for x in range(-2, 3) for y in range(-2, 3)]
        read = min(known, key=lambda each: min(distance(known[each], one) for one in seen))
        assert read == digit


def pictures(pdf: bytes) -> list[Image.Image]:
    with PdfDocument(pdf) as document:
        return [page.render(scale=DPI / 72).to_pil().convert("L") for page in document]


def text(pdf: bytes, index: int) -> str:
    with PdfDocument(pdf) as document:
        found = document[index].get_textpage().get_text_range()
    return " ".join(found.translate(dict.fromkeys(map(ord, "\u061c\u200e\u200f"))).split())


def photocopied(sheet: Image.Image, *, turn: float = 0.3) -> Image.Image:
    """Return a sheet as a copier gives it: turned a little, blurred, speckled, in hard contrast."""
    draw = random.Random(38)  # noqa: S311  # no secret
    turned = sheet.rotate(turn, Image.Resampling.BICUBIC, fillcolor=255)
    blurred = turned.filter(ImageFilter.GaussianBlur(0.7))
    grain = Image.frombytes("L", sheet.size, draw.randbytes(sheet.width * sheet.height))
    speckled = ImageChops.subtract(blurred, grain.point(lambda value: value // 5))
    return speckled.point(lambda value: max(0, min(255, round((value - 128) * 1.7 + 148))))


def digits_of_amounts(pdf: bytes, height: int) -> list[tuple[str, tuple[int, ...]]]:
    """Return the digits of the amounts with their boxes in pixels: lines with a separator."""
    scale = DPI / 72
    places = []
    with PdfDocument(pdf) as document:
        page = document[0].get_textpage()
        characters = [page.get_text_range(at, 1) for at in range(page.count_chars())]
        for at, character in enumerate(characters):
            if character in DIGITS and "٬" in "".join(characters[max(0, at - 3) : at + 4]):
                left, bottom, right, top = page.get_charbox(at, loose=True)
                box = (left * scale, height - top * scale, right * scale, height - bottom * scale)
                places.append((character, tuple(map(round, box))))
    return places


def cell(sheet: Image.Image, box: tuple[int, ...]) -> bytes:
    return sheet.crop(box).resize(CELL).tobytes()


def moved(box: tuple[int, ...], x: int, y: int) -> tuple[int, ...]:
    left, top, right, bottom = box
    return left + x, top + y, right + x, bottom + y


def distance(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
