"""Rewrites the text of a laid-out PDF so that programs copy and search it as it was written.

WeasyPrint writes the glyphs of a line as they stand, from left to right, and extractors (poppler,
pdf.js, PDFium) turn right-to-left lines back by rules of their own. They reverse the two letters of
a ligature, lose the ZWNJ and turn numbers round. What they do agree on is made use of here: the
text that each glyph stands for (ToUnicode), and empty glyphs. No painted glyph moves.

1. Read each text object into glyphs (``content``, ``fonts``); refuse what is not expected.
2. Let each letter have a glyph of its own: ligatures, marks, joiners (``letters``).
3. Say where numbers, Latin words, signs and brackets belong (``direction``).
4. Write the text objects and the fonts anew (``writing``, ``fonts``, ``outlines``).

``/ActualText`` on words or structure elements is no way out: extractors turn its letters round
once more (docs/decisions/0022-text-extraction.md).
"""
