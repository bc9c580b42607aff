"""Says in a right-to-left line where numbers, Latin words, signs and brackets belong.

Extractors turn such a line by rules of their own, each another way where signs stand between
digits. An Arabic letter mark next to them settles what they belong to. Where it stands, in the
text of a neighbour or as an empty glyph of its own, was found by trying with poppler 22 and 25,
pdf.js 4 to 6 and PDFium; what each rule is for stands with it.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from signer.text_extraction.glyphs import ALM, LRM, Glyph, Kind, Line

_BRACKETS = frozenset("()[]«»")
_CLOSE_TO_WORDS = frozenset("\N{ARABIC COMMA}\N{ARABIC SEMICOLON}.:")
_EMPTY_ADVANCE = 10
"""Thousandths: enough for an empty glyph to have a place, too little to be taken for a blank."""
_RUNNING = (Kind.DIGIT, Kind.LATIN)


def with_directions(line: Line) -> Line:
    """Mark the directions in a line that holds Persian; another one is returned as it is."""
    if not any(glyph.kind is Kind.PERSIAN for glyph in line):
        return line
    line = with_marked_signs(line)
    line = with_marked_blanks(line)
    line = with_held_brackets(line)
    return with_runs_from_the_right(line)


def with_marked_signs(line: Line) -> Line:
    """Set an Arabic letter mark beside numbers, Latin words and single signs."""
    glyphs = list(line)
    spans = tuple(_running_spans(line))
    apart: set[int] = set()
    _mark_single_signs(glyphs, spans, apart)
    _mark_spans(glyphs, spans, apart)
    # PDFium would turn a code (``BMI-140308``) that has nearly no Persian beside it.
    if _persian_words(glyphs) > 1:
        for at in sorted(apart, reverse=True):
            _insert_mark(glyphs, at)
    return tuple(glyphs)


def with_marked_blanks(line: Line) -> Line:
    """Let a blank at a change of font, or before a mark, belong to the Persian words.

    Extractors handle each font's run by itself, and a blank at its end goes to the wrong side.
    """
    glyphs = list(line)
    for at, glyph in enumerate(line):
        if glyph.text != " ":
            continue
        beside = line[max(at - 1, 0) : at + 2]
        follows_mark = at + 1 < len(line) and line[at + 1].kind is Kind.MARK
        if follows_mark or any(each.font is not glyph.font for each in beside):
            glyphs[at] = glyph.standing_for(ALM + " ")
    return tuple(glyphs)


def with_held_brackets(line: Line) -> Line:
    """Stop PDFium from mirroring brackets: LRM and ALM as empty glyphs on the right of each."""
    return tuple(each for glyph in line for each in _held(glyph))


def with_runs_from_the_right(line: Line) -> Line:
    """Write the runs of one font from right to left, as they are read."""
    runs = [tuple(run) for _, run in groupby(line, key=lambda it: (id(it.font), it.size))]
    return tuple(glyph for run in reversed(runs) for glyph in run)


_Span = tuple[int, int]
"""Where a number or Latin word begins and ends."""


def _running_spans(line: Line) -> Iterator[_Span]:
    """Yield what runs from left to right, with the signs inside (``021-555``, ``a@b.ir``)."""
    at = 0
    while at < len(line):
        if line[at].kind not in _RUNNING:
            at += 1
            continue
        end = following = at + 1
        while following < len(line) and _goes_on(line[following]):
            following += 1
            if line[following - 1].kind in _RUNNING:
                end = following
        yield at, end
        at = end


def _goes_on(glyph: Glyph) -> bool:
    return glyph.kind is not Kind.PERSIAN and glyph.text != " "


def _mark_single_signs(glyphs: list[Glyph], spans: tuple[_Span, ...], apart: set[int]) -> None:
    """Mark signs outside the spans: between letters in their own text, else by a glyph apart."""
    inside = {at for start, end in spans for at in range(start, end)}
    for at, glyph in enumerate(glyphs):
        if at in inside or glyph.kind is not Kind.SIGN or not glyph.text.strip():
            continue
        if glyph.text in _BRACKETS:
            continue
        enclosed = 0 < at < len(glyphs) - 1
        if enclosed and not glyphs[at - 1].is_blank and not glyphs[at + 1].is_blank:
            glyphs[at] = _marked(glyph)
        else:
            apart.add(at)


def _mark_spans(glyphs: list[Glyph], spans: tuple[_Span, ...], apart: set[int]) -> None:
    """Mark both sides of each span; between blanks one mark on its left is enough."""
    for start, end in reversed(spans):
        follows_sign = (
            end < len(glyphs) and glyphs[end].kind is not Kind.PERSIAN and not glyphs[end].is_blank
        )
        if follows_sign:
            glyphs[end] = _marked(glyphs[end])
        free_right = end >= len(glyphs) or glyphs[end].is_blank
        free_left = start == 0 or (
            glyphs[start - 1].is_blank or glyphs[start - 1].text in _CLOSE_TO_WORDS
        )
        if free_right and free_left:
            apart.add(start)
        else:
            glyphs[start] = _marked(glyphs[start])


def _marked(glyph: Glyph) -> Glyph:
    return glyph.standing_for(ALM + glyph.text)


def _insert_mark(glyphs: list[Glyph], at: int) -> None:
    """Insert an Arabic letter mark on the left of a glyph, which gives of its advance for it."""
    glyph = glyphs[at]
    if glyph.advance < 2 * _EMPTY_ADVANCE:
        glyphs[at] = _marked(glyph)
    else:
        glyphs[at : at + 1] = glyph.divided(_EMPTY_ADVANCE, ALM, glyph.text)


def _persian_words(glyphs: list[Glyph]) -> int:
    """Count the words that hold a Persian letter."""
    words = groupby(glyphs, key=lambda glyph: glyph.text == " ")
    return sum(
        any(_is_persian(glyph) for glyph in word) for is_blank, word in words if not is_blank
    )


def _is_persian(glyph: Glyph) -> bool:
    return glyph.kind is Kind.PERSIAN and glyph.text[0] != ALM


def _held(glyph: Glyph) -> tuple[Glyph, ...]:
    if glyph.text not in _BRACKETS or glyph.advance <= 3 * _EMPTY_ADVANCE:
        return (glyph,)
    bracket, left_to_right = glyph.divided(glyph.advance - 2 * _EMPTY_ADVANCE, glyph.text, LRM)
    return bracket, *replace(left_to_right, text=LRM).divided(_EMPTY_ADVANCE, LRM, ALM)
