"""Gives each letter of a line a glyph of its own, in the order in which it is painted."""

from collections.abc import Iterator

from signer.text_extraction.glyphs import ALM, ZWNJ, Glyph, Kind, Line, kind_of

_MARK_ADVANCE = 101
"""Thousandths: of a letter and its mark, less than a tenth of the size between them would be taken
for one place by pdf.js, which then keeps the order in which they come."""


def with_letters_apart(line: Line) -> tuple[Line, Line]:
    """Divide what stands for several letters; return the line and the marks to paint elsewhere.

    Of a ligature each letter has an equal part of its advance, the one that comes last in reading
    first, since glyphs come from left to right. A mark that is painted above its line would begin
    a new line for extractors: its letter stands for it, with an empty glyph for the letter, and
    the mark itself is to be painted as an ornament.
    """
    glyphs: list[Glyph] = []
    ornaments: list[Glyph] = []
    at = 0
    while at < len(line):
        marks = _marks(line, at)
        glyph = line[at + len(marks)]
        if marks:
            ornaments += (mark.standing_for(ALM) for mark in marks)
            least = glyph.font.least_advance(_MARK_ADVANCE)
            glyphs += _parts(glyph, [*(mark.text for mark in marks), glyph.text], least)
        elif len(glyph.text) > 1 and _is_persian(glyph.text):
            share = round(glyph.advance / len(glyph.text))
            glyphs += _parts(glyph, list(reversed(glyph.text)), share)
        else:
            glyphs.append(glyph)
        at += len(marks) + 1
    return tuple(glyphs), tuple(ornaments)


def with_joiners(line: Line) -> Line:
    """Give each ZWNJ to the letter on its right: alone, pdf.js would drop it."""
    return tuple(_joined(line))


def _joined(line: Line) -> Iterator[Glyph]:
    before: Glyph | None = None
    for glyph in line:
        between_letters = (
            before is not None
            and before.kind in _LETTERS
            and glyph.text != ""
            and kind_of(glyph.text[-1]) in _LETTERS
        )
        if glyph.after_joiner and between_letters:
            yield glyph.standing_for(ZWNJ + glyph.text)
        else:
            yield glyph
        before = glyph


_LETTERS = (Kind.PERSIAN, Kind.MARK)


def _is_mark(glyph: Glyph) -> bool:
    return glyph.text != "" and all(kind_of(letter) is Kind.MARK for letter in glyph.text)


def _is_persian(text: str) -> bool:
    return all(kind_of(letter) is Kind.PERSIAN for letter in text)


def _marks(line: Line, at: int) -> Line:
    """Return the marks from a place on that stand on the letter after them."""
    end = at
    while end < len(line) and _is_mark(line[end]):
        end += 1
    if end == len(line) or any(_is_far(mark, line[end]) for mark in line[at:end]):
        return ()
    return line[at:end]


def _is_far(mark: Glyph, letter: Glyph) -> bool:
    reach = 1.5 * letter.advance / 1000 * letter.size
    return letter.font is not mark.font or abs(letter.x - mark.x) >= reach


def _parts(glyph: Glyph, texts: list[str], share: float) -> Iterator[Glyph]:
    """Yield a glyph for each text, from left to right; the first paints what was painted."""
    # Whole thousandths, or what rounding leaves would move what follows by a hair.
    share = min(share, round(glyph.advance / len(texts)))
    rest = glyph
    for text in texts[:-1]:
        part, rest = rest.divided(share, text, texts[-1])
        yield part
    yield rest
