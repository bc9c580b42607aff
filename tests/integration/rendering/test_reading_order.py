"""Where the letters stand on the sheet: Latin among Persian, long rows, the overprint."""

import logging
from collections.abc import Iterator
from io import BytesIO

import pikepdf
import pytest
from PIL import Image
from pypdfium2 import PdfDocument

from signer import typesetting
from signer.rendering import RenderedDocument
from templates.catalogues import TEMPLATES

NAME = "ABC (Iran) Co. Ltd."
ADDRESS = "<b>Unit 4</b>, No. 12."
NUMBER = "NG-1402-0583 (rev. 2)"
ROLE = "Head (acting)."
PROVINCE = "Kish I."
SUBJECT = (
    "Supply of 3 pumps (phase 2), their installation and the training of those who are to run "
    "them; two years of maintenance as per annex 4, and of all that annex 5 lists (with prices)."
)
SCALE = 2


@pytest.fixture
def latin(certificate_of, rendered) -> RenderedDocument:
    """A certificate whose parties write in English, each text with signs at its ends."""

    def change(body):
        for party in ("work_assigner", "contractor"):
            body[party] |= {"name": NAME, "address": ADDRESS}
        body["contract"] |= {"subject": SUBJECT, "number": NUMBER}
        body["referring_letter"] = {"number": NUMBER, "date": "1403/12/20"}
        body["branch"]["province"] = PROVINCE
        for officer in body["approvals"].values():
            officer["role"] = ROLE

    return rendered(certificate_of("ordinary-company", change))


@pytest.mark.parametrize(
    ("text", "times"), [(NAME, 3), (ADDRESS, 2), (NUMBER, 2), (ROLE, 2), (PROVINCE, 1)]
)
def test_a_latin_text_stands_from_left_to_right(latin, text, times):
    lines = _lines(latin, 0)
    assert sum(line.count(_bare(text)) for line in lines) == times, lines


def test_a_latin_text_of_two_lines_begins_and_ends_each_of_them_at_its_side(latin):
    lines = _lines(latin, 0)
    whole = _bare(SUBJECT)
    first = next(index for index, line in enumerate(lines) if line.startswith(whole[:30]))
    shown = lines[first].removesuffix(_bare("موضوع قرارداد")[::-1]) + lines[first + 1]
    assert shown.startswith(whole), shown


def test_a_long_subject_fills_the_sheet_and_goes_on_overleaf(rendered_example_of):
    document = rendered_example_of("long-names", demo=False)
    bottoms = [bottom for _, bottom, *_ in _letters(document, 0)]
    foot = min(bottoms)
    lowest = min(bottom for bottom in bottoms if bottom > foot + 8)
    # Left free is less than the head of a table and the two lines that a break needs.
    assert lowest < foot + 14 + 3 * 14
    assert document.pages == 3


@pytest.mark.parametrize("name", ["long-names", "ordinary-company"])
def test_the_overprint_keeps_off_the_qr_code(rendered_example_of, name):
    document = rendered_example_of(name, demo=True)
    with PdfDocument(document.pdf) as pdf:
        picture = pdf[document.pages - 1].render(scale=SCALE).to_pil().convert("RGB")
    left, bottom, right, top = (edge * SCALE for edge in _figure(document))
    code = picture.crop((left, picture.height - top, right, picture.height - bottom))
    assert all(red == green == blue for red, green, blue in _pixels(code))
    assert any(red > green + 9 for red, green, _ in _pixels(picture))


SHEETS = sorted(str(each.relative_to(TEMPLATES)) for each in TEMPLATES.glob("*/v*/*.css"))


@pytest.mark.parametrize("sheet", SHEETS)
def test_style_sheet_asks_for_nothing_that_the_renderer_lacks(caplog, sheet):
    with caplog.at_level(logging.WARNING):
        typesetting._stylesheet.__wrapped__(TEMPLATES / sheet)
    assert caplog.messages == []


def _figure(document: RenderedDocument) -> tuple[float, ...]:
    """Left, bottom, right, top in points of the only figure, as the structure tree says."""
    with pikepdf.open(BytesIO(document.pdf)) as pdf:
        (figure,) = (
            each
            for each in pdf.objects
            if isinstance(each, pikepdf.Dictionary) and each.get("/S") == "/Figure"
        )
        return tuple(float(edge) for edge in figure.A.BBox)


def _pixels(picture: Image.Image) -> Iterator[tuple[int, ...]]:
    colours = iter(picture.tobytes())
    return zip(colours, colours, colours, strict=True)


def _letters(document: RenderedDocument, page: int) -> list[tuple[float, float, float, str]]:
    """Left, bottom, top and character of each glyph of a page, blanks left out."""
    with PdfDocument(document.pdf) as pdf:
        text = pdf[page].get_textpage()
        found = []
        for index in range(text.count_chars()):
            left, bottom, _, top = text.get_charbox(index, loose=True)
            character = text.get_text_range(index, 1)
            if character.strip():
                found.append((left, bottom, top, character))
    return found


def _lines(document: RenderedDocument, page: int) -> list[str]:
    """Read each line of a page by the place of its glyphs, from the left."""
    lines: list[list[tuple[float, float, str]]] = []
    for left, bottom, top, character in sorted(_letters(document, page), key=lambda it: -it[1]):
        middle = (bottom + top) / 2
        if not lines or abs(lines[-1][0][1] - middle) > 4:
            lines.append([])
        lines[-1].append((left, middle, character))
    return [_bare("".join(character for _, _, character in sorted(line))) for line in lines]


def _bare(text: str) -> str:
    """Leave out blanks, and turn brackets one way: the glyph of one is the other's mirrored."""
    return text.replace(" ", "").replace(")", "(")
