"""Writes glyphs as a text object: each one painted exactly where it was."""

from signer.text_extraction.glyphs import Glyph, Line

_LEAST_ADJUSTMENT = 1e-6
"""Thousandths: less is what adding up fractions leaves."""


def text_object(matrix: bytes, line: Line, names: dict[int, bytes]) -> bytes:
    """Return a text object; ``names`` are the fonts' resource names by identity."""
    writer = _Writer(names)
    for glyph in line:
        writer.add(glyph)
    return b"BT\n%b Tm\n%bET\n" % (matrix, writer.finished())


class _Writer:
    def __init__(self, names: dict[int, bytes]) -> None:
        self._names = names
        self._operations: list[bytes] = []
        self._shown: list[str] = []
        self._setting: tuple[int, float] | None = None
        self._rise = 0.0
        self._x = 0.0

    def add(self, glyph: Glyph) -> None:
        """Show one glyph, after whatever setting it needs."""
        self._set(glyph)
        adjustment = (self._x - glyph.x) / glyph.size * 1000
        if abs(adjustment) > _LEAST_ADJUSTMENT:
            self._shown.append(_number(adjustment))
            self._x = glyph.x
        code = _code(glyph)
        self._shown.append(f"<{code:04x}>")
        self._x += glyph.font.width(code) / 1000 * glyph.size

    def finished(self) -> bytes:
        """Return all operations; the rise is none again."""
        self._show()
        if self._rise:
            self._operations.append(b"0 Ts\n")
        return b"".join(self._operations)

    def _set(self, glyph: Glyph) -> None:
        setting = (id(glyph.font), glyph.size)
        if setting != self._setting:
            self._show()
            self._setting = setting
            name = self._names[id(glyph.font)]
            self._operations.append(b"%b %b Tf\n" % (name, _number(glyph.size).encode()))
        if glyph.rise != self._rise:
            self._show()
            self._rise = glyph.rise
            self._operations.append(f"{_number(glyph.rise)} Ts\n".encode())

    def _show(self) -> None:
        if self._shown:
            shown = "".join(self._shown).replace("><", "")
            self._operations.append(f"[{shown}] TJ\n".encode())
            self._shown.clear()


def _code(glyph: Glyph) -> int:
    if glyph.is_new or glyph.outline is None:
        return glyph.font.code(outline=glyph.outline, advance=glyph.advance, text=glyph.text)
    return glyph.outline


def _number(value: float) -> str:
    text = f"{value:.8f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
