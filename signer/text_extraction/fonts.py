"""The fonts of a PDF as WeasyPrint embeds them, and the glyphs that are added to them."""

import re
from dataclasses import dataclass

from pikepdf import Array, Name, Object

from clearance.errors import InternalFault
from signer.text_extraction.outlines import AddedGlyph, units_per_em, with_glyphs

_PAIR = re.compile(r"<([0-9a-f]{4})> <([0-9a-f]*)>")
_LARGEST_BLOCK = 100
"""Pairs in one ``beginbfchar`` (Adobe Technical Note 5014)."""

_CMAP_HEAD = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
"""
_CMAP_FOOT = """endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    outline: int | None
    advance: int
    """In the font's units."""
    text: str


class EmbeddedFont:
    """A TrueType font of the file, with identity encoding: a code is a glyph's number."""

    def __init__(self, font: Object) -> None:
        """Raise ``InternalFault`` ``rendering.unexpected_text`` if it is not of that form."""
        self._font = font
        self._descendant = _descendant(font)
        self._data = bytes(self._descendant.FontDescriptor.FontFile2.read_bytes())
        self._texts = {
            int(code, 16): bytes.fromhex(text).decode("utf-16-be")
            for code, text in _PAIR.findall(font.ToUnicode.read_bytes().decode("ascii"))
        }
        self._widths = _widths(self._descendant.W)
        self._units, self._first_free = units_per_em(self._data)
        self._added: dict[_Wanted, int] = {}

    def text(self, code: int) -> str:
        """Return what a glyph stands for."""
        return self._texts.get(code, "")

    def width(self, code: int) -> float:
        """Return the advance of a glyph in thousandths of the size."""
        return self._widths.get(code, 0)

    def least_advance(self, thousandths: int) -> float:
        """Return the least advance above so many thousandths that is whole in the font's units."""
        return (thousandths * self._units // 1000 + 1) * 1000 / self._units

    def code(self, *, outline: int | None, advance: float, text: str) -> int:
        """Return the code of a glyph that paints another one's outline, added where it is new."""
        wanted = _Wanted(outline=outline, advance=round(advance * self._units / 1000), text=text)
        if wanted not in self._added:
            code = self._first_free + len(self._added)
            self._added[wanted] = code
            self._texts[code] = text
            # Whole thousandths: poppler rounds others its own way, and its words drift apart.
            self._widths[code] = round(wanted.advance * 1000 / self._units)
        return self._added[wanted]

    def write(self) -> None:
        """Write what was added into the file: outlines, widths, texts."""
        if not self._added:
            return
        added = tuple(
            AddedGlyph(code=code, outline=wanted.outline, advance=wanted.advance)
            for wanted, code in self._added.items()
        )
        data = with_glyphs(self._data, added)
        file = self._descendant.FontDescriptor.FontFile2
        file.write(data)
        file.Length1 = len(data)
        self._descendant.W = _as_array(self._widths)
        self._font.ToUnicode.write(_cmap(self._texts))


def _descendant(font: Object) -> Object:
    """Return the CID font below a composite font."""
    if font.Subtype == Name.Type0 and font.Encoding == Name("/Identity-H"):
        (descendant,) = font.DescendantFonts
        if descendant.CIDToGIDMap == Name.Identity and "/FontFile2" in descendant.FontDescriptor:
            return descendant
    raise InternalFault("rendering.unexpected_text")


def _widths(array: Object) -> dict[int, float]:
    """Read ``/W`` in the one form that WeasyPrint writes: a code and the widths from there on."""
    items = list(array)
    widths: dict[int, float] = {}
    for first, listed in zip(items[::2], items[1::2], strict=True):
        widths |= {int(first) + offset: float(each) for offset, each in enumerate(listed)}
    return widths


def _as_array(widths: dict[int, float]) -> Object:
    items: list[object] = []
    for code, width in sorted(widths.items()):
        items += (code, Array([int(width) if width == int(width) else round(width, 3)]))
    return Array(items)


def _cmap(texts: dict[int, str]) -> bytes:
    lines = [f"<{code:04x}> <{text.encode('utf-16-be').hex()}>" for code, text in _said(texts)]
    blocks = (lines[at : at + _LARGEST_BLOCK] for at in range(0, len(lines), _LARGEST_BLOCK))
    body = "".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks
    )
    return f"{_CMAP_HEAD}{body}{_CMAP_FOOT}".encode("ascii")


def _said(texts: dict[int, str]) -> list[tuple[int, str]]:
    return [(code, text) for code, text in sorted(texts.items()) if text]
