"""Adds glyphs to a TrueType font: a composite that paints another glyph, or an empty one."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.ttLib.tables._g_l_y_f import (  # type: ignore[import-untyped]
    ARGS_ARE_XY_VALUES,
    Glyph,
    GlyphComponent,
)


@dataclass(frozen=True, kw_only=True)
class AddedGlyph:
    """A glyph to add."""

    code: int
    """Its number: the first is the number of glyphs that the font has, the others follow."""
    outline: int | None
    """The glyph that it paints, unmoved; ``None`` paints nothing."""
    advance: int
    """In the font's units."""


def units_per_em(data: bytes) -> tuple[int, int]:
    """Return how many units an em has and how many glyphs there are (OpenType, head and maxp)."""
    tables = {
        data[at : at + 4]: int.from_bytes(data[at + 8 : at + 12])
        for at in range(12, 12 + 16 * int.from_bytes(data[4:6]), 16)
    }
    head, maxp = tables[b"head"], tables[b"maxp"]
    return int.from_bytes(data[head + 18 : head + 20]), int.from_bytes(data[maxp + 4 : maxp + 6])


def with_glyphs(data: bytes, added: Iterable[AddedGlyph]) -> bytes:
    """Return the font with glyphs added at its end; the same input gives the same bytes."""
    with TTFont(BytesIO(data), recalcBBoxes=False, recalcTimestamp=False) as font:
        outlines, names = font["glyf"], list(font.getGlyphOrder())
        for each in added:
            name = f"added{each.code}"
            glyph = _composite(outlines, names, each.outline)
            outlines.glyphs[name] = glyph
            names.append(name)
            font["hmtx"].metrics[name] = (each.advance, getattr(glyph, "xMin", 0))
        font.setGlyphOrder(names)
        outlines.glyphOrder = names
        limits = font["maxp"]
        limits.numGlyphs = len(names)
        limits.maxComponentElements = max(1, limits.maxComponentElements)
        # A composite of what is a composite itself, such as a letter with its dots.
        limits.maxComponentDepth = max(2, limits.maxComponentDepth + 1)
        file = BytesIO()
        font.save(file, reorderTables=False)
    return file.getvalue()


def _composite(outlines: object, names: list[str], outline: int | None) -> Glyph:
    """Return a glyph with one component, or none where there is nothing to paint."""
    glyph = Glyph()
    glyph.numberOfContours = 0
    if outline is None:
        return glyph
    painted = outlines[names[outline]]  # type: ignore[index]
    if painted.numberOfContours == 0:
        return glyph
    component = GlyphComponent()
    component.glyphName, component.x, component.y = names[outline], 0, 0
    component.flags = ARGS_ARE_XY_VALUES
    glyph.numberOfContours = -1
    glyph.components = [component]
    glyph.xMin, glyph.xMax = painted.xMin, painted.xMax
    glyph.yMin, glyph.yMax = painted.yMin, painted.yMax
    return glyph
