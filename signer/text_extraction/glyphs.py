"""A glyph of a line of text, and what the bidirectional algorithm (UAX 9) makes of its letter."""

import unicodedata
from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from signer.text_extraction.fonts import EmbeddedFont

ZWNJ = "\u200c"
LRM = "\u200e"
ALM = "\u061c"
"""Arabic letter mark: invisible, and to each extractor a letter of a right-to-left script. RLM,
which says the same, pdf.js drops."""


class Kind(Enum):
    """How a letter takes part in a line's order."""

    PERSIAN = "right to left"
    MARK = "on the letter before"
    LATIN = "left to right"
    DIGIT = "left to right, within either"
    SIGN = "as what stands around it"


_KINDS = {
    "R": Kind.PERSIAN,
    "AL": Kind.PERSIAN,
    "NSM": Kind.MARK,
    "L": Kind.LATIN,
    "EN": Kind.DIGIT,
    "AN": Kind.DIGIT,
}


def kind_of(letter: str) -> Kind:
    """Return the kind of a letter; a ZWNJ belongs to the Persian word that it stands in."""
    if letter == ZWNJ:
        return Kind.PERSIAN
    return _KINDS.get(unicodedata.bidirectional(letter), Kind.SIGN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Glyph:
    """What is painted at one place of a line, and the text that it stands for."""

    font: EmbeddedFont
    size: float
    outline: int | None
    """The glyph of the original font that is painted; ``None`` paints nothing."""
    x: float
    """Where it is painted, from the beginning of the text object, in its units."""
    advance: float
    """How far the next one stands, in thousandths of the size."""
    text: str
    rise: float = 0.0
    after_joiner: bool = False
    """Whether an invisible character stands on its left."""
    is_new: bool = False
    """Whether the font needs a new glyph for it."""

    @property
    def kind(self) -> Kind:
        """The kind of its first letter."""
        return kind_of(self.text[0]) if self.text else Kind.SIGN

    @property
    def is_blank(self) -> bool:
        """Whether it is a blank between words."""
        return self.text.isspace()

    def standing_for(self, text: str) -> Self:
        """Return the glyph as it is painted, with another text."""
        return replace(self, text=text, is_new=True)

    def divided(self, advance: float, text: str, rest: str) -> tuple[Self, Self]:
        """Divide the advance: the glyph keeps the first part, an empty one takes the rest.

        Both are given a text; what is painted stays where it is.
        """
        painted = replace(self, advance=advance, text=text, is_new=True)
        empty = replace(
            self,
            outline=None,
            x=self.x + advance / 1000 * self.size,
            advance=self.advance - advance,
            text=rest,
            rise=0.0,
            after_joiner=False,
            is_new=True,
        )
        return painted, empty


Line = tuple[Glyph, ...]
"""The glyphs of one text object, from left to right."""
