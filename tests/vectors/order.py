"""Texts whose order on the line is easily lost, and how it is read from what was painted."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise

import pikepdf
from weasyprint import HTML

from clearance.runs import isolated_runs
from clearance.text import reading_direction
from signer.text_extraction.content import text_objects
from signer.text_extraction.fonts import EmbeddedFont
from signer.text_extraction.glyphs import Glyph, Kind
from templates.printing import printed

WIDTHS = (45, 52, 63, 80, 110, 250)
"""Millimetres; the last takes any of the texts on one line."""


@dataclass(frozen=True)
class Token:
    """A piece of a text between blanks."""

    text: str
    painted: str
    """From left to right, wherever it stands."""


PERSIAN = ("نشریهٔ", "شمارهٔ", "و", "پلاک", "از", "بند", "شرکت", "طرح", "(سهامی خاص)", "تا،")
TOKENS = (
    *(
        Token(text, text)
        for text in (
            "۱۲۰-۲",
            "۰۲۱-۸۸۷۷۶۶۵۵",
            "۱۴۰۳/۱۲/۲۰",
            "۱۳۹۹–۱۴۰۰",
            "۱۲:۳۰",
            "+۹۸-۲۱-۸۸۷۷",
            "۴۲",
            "BMI-140308",
            "Siemens Energy (Iran) Ltd.",
            "C++",
            "SMP/12-B",
            "info@mohr.example",
            "https://mohr.example/a?b=1",
            "NG-1402-0583 (rev. ۲)",
        )
    ),
    Token("۱۴۰۲/ق/۳۱۷", "۳۱۷/ق/۱۴۰۲"),
    Token("۹۹/ط-۱۲-۳", "۱۲-۳-ط/۹۹"),
    Token("۵٪", "٪۵"),
    Token("٪۷", "۷٪"),
    Token("(۱۲-۳)", "(۱۲-۳)"),
)


def text_of(pieces: Sequence[str | Token]) -> str:
    """Join words and tokens; the first word is Persian, so that the text runs so."""
    words = ("متن", *(piece if isinstance(piece, str) else piece.text for piece in pieces))
    text = " ".join(words)
    assert reading_direction(text) == "rtl"
    assert "".join(run.text for run in isolated_runs(text)).replace("\u061c", "") == text
    return text


def tokens_of(pieces: Sequence[str | Token]) -> list[Token]:
    """Return the tokens of a text as they are painted there.

    Between two Latin words a number runs as they do (``Supply of ۵٪ more``), its sign too.
    """
    return [
        Token(piece.text, piece.text)
        if piece.text.strip("۰۱۲۳۴۵۶۷۸۹") == "٪" and _is_among_latin(pieces, at)
        else piece
        for at, piece in enumerate(pieces)
        if isinstance(piece, Token)
    ]


def _is_among_latin(pieces: Sequence[str | Token], at: int) -> bool:
    return all(_first_script(side) == "L" for side in (pieces[at + 1 :], pieces[:at][::-1]))


def _first_script(pieces: Sequence[str | Token]) -> str | None:
    """Return the bidirectional class of the first letter of the nearest piece that has one."""
    for piece in pieces:
        text = piece if isinstance(piece, str) else piece.text
        letters = [unicodedata.bidirectional(each) for each in text if each.isalpha()]
        if letters:
            return letters[0]
    return None


def page_of(texts: Iterable[str], *, width: int) -> str:
    """Return a page that sets each text in a box of a width, as the documents do."""
    boxes = "".join(f'<p dir="rtl">{printed(text)}</p>' for text in texts)
    return (
        '<html lang="fa" dir="rtl"><meta charset="utf-8"><style>@page { size: 300mm 2000mm } '
        f'p {{ width: {width}mm; font: 12pt Nazli, "DejaVu Sans"; overflow-wrap: anywhere }}'
        f"</style><body>{boxes}"
    )


def painted_lines(texts: Iterable[str], *, width: int) -> list[str]:
    """Lay texts out with WeasyPrint and return each line as its glyphs stand from the left."""
    pdf = HTML(string=page_of(texts, width=width)).write_pdf(uncompressed_pdf=True)
    lines: dict[float, list[tuple[float, str]]] = {}
    with pikepdf.open(BytesIO(pdf)) as file:
        (page,) = file.pages
        fonts = {name.encode(): EmbeddedFont(it) for name, it in page.Resources.Font.items()}
        objects = text_objects(page.Contents.read_bytes(), fonts)
        for piece in (piece for each in objects for piece in each.pieces):
            *_, left, baseline = map(float, piece.matrix.split())
            line = lines.setdefault(round(baseline), [])
            line += ((left + glyph.x, _shown(glyph)) for glyph in piece.line)
    return ["".join(text for _, text in sorted(lines[y])) for y in sorted(lines)]


def _shown(glyph: Glyph) -> str:
    """Letters of a ligature stand from right to left; marks are left out."""
    if glyph.kind is Kind.MARK:
        return ""
    return glyph.text[::-1] if glyph.kind is Kind.PERSIAN else glyph.text


def lost(token: Token, lines: Sequence[str]) -> list[str]:
    """Return the words of a token that do not stand as they should, on a line or over two."""
    lines = [_with_brackets_alike(line) for line in lines]
    rightwards = token.painted == token.text
    words = _with_brackets_alike(token.painted).split()
    return [word for word in words if not _stands(word, lines, rightwards)]


def _with_brackets_alike(text: str) -> str:
    """One glyph is one bracket from left to right and the other from right to left."""
    return text.replace(")", "(")


def _stands(word: str, lines: Sequence[str], rightwards: bool) -> bool:
    """Of a word over two lines the part that is read first stands on the first."""
    parts = [(word[:at], word[at:])[:: 1 if rightwards else -1] for at in range(1, len(word))]
    return any(word in line for line in lines) or any(
        begin in one and end in other for begin, end in parts for one, other in pairwise(lines)
    )
