"""Chooses the best of a QR code's eight masks (ISO/IEC 18004, 7.8.3), all modules at once.

What a mask turns over depends on version and error correction alone, so it is learnt from the
library once; after that a code is drawn with one mask and turned into the others. A code is two
integers, row after row and column after column, and the penalties are counted with shifts. That
takes 1 ms; drawing it eight times and looking at the modules one by one takes 30.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image
from qrcode.main import QRCode

MASKS = range(8)
_RUN, _BLOCK, _FINDER, _BALANCE = 3, 3, 40, 10
"""Penalty points N1 to N4 (ISO/IEC 18004, table 11)."""

_FINDERS = ("10111010000", "00001011101")
"""What may be taken for a finder pattern, with the light area on either side of it."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The modules of a code, 1 for dark; each line ends with a 0 that is no module."""

    side: int
    rows: int
    columns: int

    @classmethod
    def of(cls, modules: Sequence[Sequence[bool | None]]) -> "Picture":
        """Read the library's matrix."""
        return cls(
            side=len(modules), rows=_bits(modules), columns=_bits(list(zip(*modules, strict=True)))
        )

    def turned(self, other: "Picture") -> "Picture":
        """Turn over each module that is dark in the other."""
        return Picture(
            side=self.side, rows=self.rows ^ other.rows, columns=self.columns ^ other.columns
        )

    def image(self) -> Image.Image:
        """Draw it at one pixel a module, dark on light, without a quiet zone."""
        cells = format(self.rows, f"0{(self.side + 1) * self.side}b").encode()
        pixels = cells.translate(bytes.maketrans(b"01", b"\xff\x00"))
        return Image.frombytes("L", (self.side + 1, self.side), pixels).crop(
            (0, 0, self.side, self.side)
        )

    def penalty(self) -> int:
        """Count the penalty points of the whole symbol."""
        share = 100 * self.rows.bit_count() / self.side**2
        return (
            _in_lines(self.rows, self.side)
            + _in_lines(self.columns, self.side)
            + _BLOCK * _blocks(self.rows, self.side)
            + _BALANCE * int(abs(share - 50) / 5)
        )


def best_masked(code: QRCode[Any]) -> Picture:
    """Return the code, made with mask 0, under the mask with the fewest penalty points.

    The whole symbol counts, format information included; the library leaves that out of account.
    """
    drawn = Picture.of(code.modules)
    return min(
        (drawn.turned(change) for change in _changes(code.version, code.error_correction)),
        key=Picture.penalty,
    )


@cache
def _changes(version: int, error_correction: int) -> tuple[Picture, ...]:
    """Learn what each mask turns over from mask 0 on: data modules and format information."""
    pictures = []
    for mask in MASKS:
        code = QRCode(version=version, error_correction=error_correction, mask_pattern=mask)
        code.make(fit=False)
        pictures.append(Picture.of(code.modules))
    return tuple(picture.turned(pictures[0]) for picture in pictures)


def _bits(lines: Sequence[Sequence[bool | None]]) -> int:
    return int("".join("1" if dark else "0" for line in lines for dark in (*line, False)), 2)


@cache
def _starts(side: int, length: int) -> int:
    """Mark the places in all lines where a piece of ``length`` modules still fits in."""
    return int(("0" * (length - 1) + "1" * (side - length + 1) + "0") * side, 2)


def _pairs(lines: int, side: int) -> int:
    """Mark the modules whose next one in the line has the same colour."""
    return ~(lines ^ lines >> 1) & _starts(side, 2)


def _in_lines(lines: int, side: int) -> int:
    """N1, runs of five or more of one colour, and N3, what looks like a finder pattern."""
    pairs = _pairs(lines, side)
    fives = pairs & pairs >> 1 & pairs >> 2 & pairs >> 3
    runs = (fives & ~(fives << 1)).bit_count()
    return (_RUN - 1) * runs + fives.bit_count() + _FINDER * _finders(lines, side)


def _finders(lines: int, side: int) -> int:
    found = 0
    for pattern in _FINDERS:
        places = _starts(side, len(pattern))
        for distance, dark in enumerate(pattern):
            places &= (lines if dark == "1" else ~lines) >> distance
        found += places.bit_count()
    return found


def _blocks(rows: int, side: int) -> int:
    """N2, blocks of two by two of one colour."""
    pairs = _pairs(rows, side)
    below = side + 1
    return (pairs & pairs >> below & ~(rows ^ rows >> below)).bit_count()
