"""Reads the text objects of a page as WeasyPrint writes them, and nothing else.

Whatever differs, a new operator, another coordinate system, another kind of colour, is refused as
``rendering.unexpected_text``: rewriting text that was not understood could change a number.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clearance.errors import InternalFault
from signer.text_extraction.fonts import EmbeddedFont
from signer.text_extraction.glyphs import Glyph, Line

_NUMBER = rb"-?[0-9.]+(?:e-?[0-9]+)?"
_TEXT_OBJECT = re.compile(rb"^BT\n(.*?)^ET\n", re.DOTALL | re.MULTILINE)
_OPERATION = re.compile(
    rb"(?P<Tm>[-0-9. ]+) Tm\n"
    rb"|(?P<Tf>/\w+ %(number)s) Tf\n"
    rb"|(?P<Ts>%(number)s) Ts\n"
    rb"|\[(?P<TJ>(?:<[0-9a-f]*>|%(number)s|[ \n])*)\] TJ\n" % {b"number": _NUMBER}
)
_SHOWN = re.compile(rb"<([0-9a-f]*)>|(%b)" % _NUMBER)
_JOINER = b"0.0"
"""How WeasyPrint writes the width of a character that paints nothing, a ZWNJ or an isolate."""
_STATE = re.compile(
    rb"^(?:(?P<save>q)|(?P<restore>Q)|(?P<move>[-0-9.e ]+ cm)|(?P<colour>[0-9. ]+ rg)"
    rb"|(?P<alpha>/\w[\w.]* gs)|(?P<text>BT)|(?P<other>[^\n]* (?:g|k|sc|scn|cs)))$",
    re.MULTILINE,
)
_COORDINATES = re.compile(rb"1 0 0 -1 0 [0-9.]+ cm\n0.75 0 0 0.75 0 0 cm")
"""From the top, in CSS pixels; all text stands in them."""


@dataclass(frozen=True, kw_only=True)
class Paint:
    """What text is painted with."""

    colour: bytes
    alpha: bytes

    @property
    def operations(self) -> bytes:
        """The operations that set it."""
        return b"".join(each + b"\n" for each in (self.alpha, self.colour) if each)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What a text object shows from one place on: a line, or a part of it."""

    matrix: bytes
    """The operands of its ``Tm``."""
    line: Line


@dataclass(frozen=True, kw_only=True)
class TextObject:
    """A text object in a page's content."""

    start: int
    end: int
    paint: Paint
    pieces: tuple[Piece, ...]


def text_objects(content: bytes, fonts: Mapping[bytes, EmbeddedFont]) -> Iterator[TextObject]:
    """Read every text object of a page in the order of its content.

    Raises ``InternalFault`` ``rendering.unexpected_text``.
    """
    paints = dict(_paints(content))
    found = 0
    for match in _TEXT_OBJECT.finditer(content):
        found += 1
        if match.start() not in paints:
            raise _unexpected()
        yield TextObject(
            start=match.start(),
            end=match.end(),
            paint=paints[match.start()],
            pieces=_pieces(match[1], fonts),
        )
    if found != len(paints):
        raise _unexpected()


def _paints(content: bytes) -> Iterator[tuple[int, Paint]]:
    """Yield where each text object begins and what its glyphs are painted with."""
    moves: list[bytes] = []
    colour, alpha = b"0 0 0 rg", b""
    saved: list[tuple[int, bytes, bytes]] = []
    for match in _STATE.finditer(content):
        match match.lastgroup:
            case "save":
                saved.append((len(moves), colour, alpha))
            case "restore":
                depth, colour, alpha = saved.pop()
                del moves[depth:]
            case "move":
                moves.append(match["move"])
            case "colour":
                colour = match["colour"]
            case "alpha":
                alpha = match["alpha"]
            case "text":
                if not _COORDINATES.fullmatch(b"\n".join(moves)):
                    raise _unexpected()
                yield match.start(), Paint(colour=colour, alpha=alpha)
            case "other":
                raise _unexpected()


def _pieces(block: bytes, fonts: Mapping[bytes, EmbeddedFont]) -> tuple[Piece, ...]:
    """Read the operations of one text object; a line of blanks alone has none."""
    reader = _Reader(fonts)
    end = 0
    for operation in _OPERATION.finditer(block):
        if operation.start() != end:
            raise _unexpected()
        end = operation.end()
        reader.take(operation)
    if end != len(block):
        raise _unexpected()
    return tuple(Piece(matrix=matrix, line=tuple(line)) for matrix, line in reader.pieces)


class _Reader:
    """The state of a text object while its operations are read (ISO 32000-1, 9.4)."""

    def __init__(self, fonts: Mapping[bytes, EmbeddedFont]) -> None:
        self._fonts = fonts
        self._font: EmbeddedFont | None = None
        self._size = 1.0
        self._rise = 0.0
        self._x = 0.0
        self._after_joiner = False
        self.pieces: list[tuple[bytes, list[Glyph]]] = []

    def take(self, operation: re.Match[bytes]) -> None:
        match operation.lastgroup:
            case "Tm":
                self.pieces.append((operation["Tm"], []))
                self._x = 0.0
                self._after_joiner = False
            case "Tf":
                name, size = operation["Tf"].split()
                self._font, self._size = self._fonts[name], float(size)
            case "Ts":
                self._rise = float(operation["Ts"])
            case _:
                for codes, adjustment in _SHOWN.findall(operation["TJ"]):
                    if adjustment:
                        self._after_joiner |= adjustment == _JOINER
                        self._x -= float(adjustment) / 1000 * self._size
                    else:
                        self._show(bytes.fromhex(codes.decode("ascii")))

    def _show(self, codes: bytes) -> None:
        if self._font is None or not self.pieces or len(codes) % 2:
            raise _unexpected()
        for at in range(0, len(codes), 2):
            code = int.from_bytes(codes[at : at + 2])
            width = self._font.width(code)
            self.pieces[-1][1].append(
                Glyph(
                    font=self._font,
                    size=self._size,
                    outline=code,
                    x=self._x,
                    advance=width,
                    text=self._font.text(code),
                    rise=self._rise,
                    after_joiner=self._after_joiner,
                )
            )
            self._after_joiner = False
            self._x += width / 1000 * self._size


def _unexpected() -> InternalFault:
    return InternalFault("rendering.unexpected_text")
