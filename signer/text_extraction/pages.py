"""The step as a whole: every page of a file, all of its fonts."""

from pikepdf import Page, Pdf

from signer.text_extraction.content import text_objects
from signer.text_extraction.direction import with_directions
from signer.text_extraction.fonts import EmbeddedFont
from signer.text_extraction.glyphs import Line
from signer.text_extraction.letters import with_joiners, with_letters_apart
from signer.text_extraction.writing import text_object

_FIRST_ARABIC = "\u0590"
"""Before it, extractors agree on how a line runs."""


def make_text_extractable(pdf: Pdf) -> None:
    """Rewrite the text of each page in place, as this package says; nothing painted moves.

    ``pdf`` is as the layout wrote it: one content stream a page, its coordinates left open at the
    end. Raises ``InternalFault`` ``rendering.unexpected_text`` where it is not.
    """
    fonts: dict[tuple[int, int], EmbeddedFont] = {}
    for page in pdf.pages:
        _rewrite(page, fonts)
    for font in fonts.values():
        font.write()


def _rewrite(page: Page, fonts: dict[tuple[int, int], EmbeddedFont]) -> None:
    of_page: dict[bytes, EmbeddedFont] = {}
    for name, font in page.Resources.Font.items():
        if font.objgen not in fonts:
            fonts[font.objgen] = EmbeddedFont(font)
        of_page[name.encode()] = fonts[font.objgen]
    names = {id(font): name for name, font in of_page.items()}
    content = page.Contents.read_bytes()
    written: list[bytes] = []
    ornaments: list[bytes] = []
    end = 0
    for found in text_objects(content, of_page):
        if not any(_is_arabic(piece.line) for piece in found.pieces):
            continue
        written.append(content[end : found.start])
        end = found.end
        for piece in found.pieces:
            line, marks = _extractable(piece.line)
            written.append(text_object(piece.matrix, line, names))
            if marks:
                ornaments.append(found.paint.operations + text_object(piece.matrix, marks, names))
    written.append(content[end:])
    page.Contents.write(b"".join(written) + _as_artifact(ornaments))


def _extractable(line: Line) -> tuple[Line, Line]:
    line, marks = with_letters_apart(line)
    return with_directions(with_joiners(line)), marks


def _is_arabic(line: Line) -> bool:
    return any(letter >= _FIRST_ARABIC for glyph in line for letter in glyph.text)


def _as_artifact(ornaments: list[bytes]) -> bytes:
    """Paint marks at the page's end, in the coordinates of its text, as nothing that is read."""
    if not ornaments:
        return b""
    return (
        b"\nq\n0.75 0 0 0.75 0 0 cm\n/Artifact BMC\n/Span <</ActualText <FEFF>>> BDC\n%b"
        b"EMC\nEMC\nQ\n" % b"".join(ornaments)
    )
