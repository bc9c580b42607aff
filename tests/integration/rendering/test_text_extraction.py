"""What programs copy and search in the sheets, and that nothing painted moves for it."""

import re
import subprocess
import tempfile
from io import BytesIO

import pikepdf
import pytest
from weasyprint import HTML

import signer.rendering
from clearance.errors import InternalFault
from signer.text_extraction.content import text_objects
from signer.text_extraction.fonts import EmbeddedFont
from signer.text_extraction.pages import make_text_extractable

FOUR = ("ordinary-company", "natural-person-contractor", "interim", "ministry-assigner")
PARTIES_OWN = (
    "number",
    ".work_assigner.name",
    ".contractor.name",
    ".work_assigner.address",
    ".contractor.address",
    ".contract.number",
    ".contract.subject",
    ".referring_letter.number",
    ".branch.name",
    ".approvals.head_of_branch.name",
)
PAINTERS = {
    "poppler": ("pdftoppm", "-r", "110"),
    "MuPDF": ("mutool", "draw", "-q", "-r", "110", "-F", "pnm", "-o", "-"),
}


@pytest.fixture(scope="module")
def printed(load_vectors):
    return load_vectors("printed").rendered()


@pytest.fixture(scope="module")
def lost(load_vectors, printed):
    """What each extractor does not find, by file."""
    lost_values = load_vectors("extractors").lost_values
    return {name: lost_values(each.document.pdf, each.values) for name, each in printed.items()}


@pytest.fixture(params=["pdftotext", "pdf.js", "PDFium"])
def missing(request, lost):
    return {name: by_extractor[request.param] for name, by_extractor in lost.items()}


def test_what_the_parties_wrote_is_found_in_the_ordinary_examples(printed, missing):
    for name in FOUR:
        wanted = [key for key, _ in printed[name].values if key in PARTIES_OWN]
        assert len(wanted) >= 9
        absent = [key for key, _ in missing[name] if key in PARTIES_OWN]
        assert len(absent) <= (name == "interim"), absent


def test_nearly_all_values_of_all_files_are_found(printed, missing):
    all_values = sum(len(each.values) for each in printed.values())
    assert all_values > 500
    assert sum(map(len, missing.values())) <= 0.05 * all_values, missing


@pytest.fixture(scope="module")
def before(load_vectors):
    """The same files without the step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signer.rendering, "make_text_extractable", lambda _pdf: None)
        return load_vectors("printed").rendered.__wrapped__()


def test_no_glyph_moves(printed, before):
    """Each glyph that was painted is painted where it was, to a ten-thousandth of a pixel."""
    for name, each in printed.items():
        earlier, later = origins(before[name].document.pdf), origins(each.document.pdf)
        assert sum(map(len, earlier.values())) > 1000
        for line, places in earlier.items():
            assert all(min(abs(x - other) for other in later[line]) < 1e-4 for x in places), name


@pytest.mark.parametrize(("painter", "tolerated"), [("poppler", 0), ("MuPDF", 40)])
def test_no_painted_pixel_moves(printed, before, painter, tolerated):
    """Every sheet of every file.

    MuPDF takes a glyph's place in quarters of a pixel: of the thousands, two stand so near to the
    border of two quarters that adding up their place in other steps tips the last bit.
    """
    for name, each in printed.items():
        sheets = painted(painter, each.document.pdf)
        earlier = painted(painter, before[name].document.pdf)
        assert len(sheets) == len(earlier) > 10**6
        if sheets != earlier:
            moved = sum(one != other for one, other in zip(sheets, earlier, strict=True))
            assert moved <= 3 * tolerated, name


def test_no_text_replaces_words_for_extractors(printed):
    """Of ActualText there is only the empty one of the marks painted apart."""
    for each in printed.values():
        with pikepdf.open(BytesIO(each.document.pdf)) as pdf:
            for page in pdf.pages:
                content = page.Contents.read_bytes()
                assert set(re.findall(rb"/ActualText *(<[^>]*>)", content)) <= {b"<FEFF>"}
            assert not any(
                "/ActualText" in element
                for element in pdf.objects
                if isinstance(element, pikepdf.Dictionary)
            )


CHANGES = {
    "an operator of another library": (rb"\d Tf\n", b"0 Tf\n2 Tw\n"),
    "another coordinate system": (b"0.75 0 0 0.75 0 0 cm", b"0.5 0 0 0.5 0 0 cm"),
    "another kind of colour": (rb"/a1.0 gs\n", b"/a1.0 gs\n0 g\n"),
    "a string of single bytes": (rb"<00(..)>", rb"<\1>"),
    "letters in brackets": (rb"<0003>", b"(x)"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_unexpected_content_is_refused(printed, change):
    old, new = CHANGES[change]
    with pikepdf.open(BytesIO(unfinished())) as pdf:
        page = pdf.pages[0]
        content, count = re.subn(old, new, page.Contents.read_bytes(), count=1)
        assert count == 1
        page.Contents.write(content)
        with pytest.raises(InternalFault) as caught:
            make_text_extractable(pdf)
    assert caught.value.code == "rendering.unexpected_text"


def test_a_font_of_another_form_is_refused():
    with pikepdf.open(BytesIO(unfinished())) as pdf:
        next(iter(pdf.pages[0].Resources.Font.values())).Encoding = pikepdf.Name("/Identity-V")
        with pytest.raises(InternalFault) as caught:
            make_text_extractable(pdf)
    assert caught.value.code == "rendering.unexpected_text"


def unfinished() -> bytes:
    """Return what WeasyPrint makes of a few words, as the step finds it."""
    html = '<html lang="fa" dir="rtl"><p style="font-family: Nazli">پلاک ۱۲</p>'
    made: bytes = HTML(string=html).write_pdf(uncompressed_pdf=True)
    return made


def origins(pdf: bytes) -> dict[tuple[int, bytes], list[float]]:
    """Return the places of the glyphs of each line of each page, in pixels from its beginning."""
    found: dict[tuple[int, bytes], list[float]] = {}
    with pikepdf.open(BytesIO(pdf)) as file:
        for number, page in enumerate(file.pages):
            fonts = {
                name.encode(): EmbeddedFont(font) for name, font in page.Resources.Font.items()
            }
            for text in text_objects(page.Contents.read_bytes(), fonts):
                for piece in text.pieces:
                    places = found.setdefault((number, piece.matrix), [])
                    places += (glyph.x for glyph in piece.line)
    return found


def painted(painter: str, pdf: bytes) -> bytes:
    """Return every pixel of every sheet."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        command = [*PAINTERS[painter], file.name]
        return subprocess.run(command, capture_output=True, check=True).stdout
