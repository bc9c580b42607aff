"""The typefaces of the documents: system packages, found by name through fontconfig.

A letter that none of them draws would be printed as an empty box, so such a text is refused
before anything is made of it. Debian has Nazli and Titr in ``fonts-farsiweb`` and DejaVu in
``fonts-dejavu-core``.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from weasyprint.text.ffi import ffi, fontconfig

from clearance.errors import InvalidRequest, InvalidValue, Refused
from templates.documents import SharedParts, Typeface

_JOINERS = frozenset({0x200C, 0x200D})
"""ZWNJ and ZWJ: the shaping engine consumes them, so no font needs to draw them."""


def require_fonts(shared: SharedParts) -> None:
    """Check that each typeface is installed; raise ``Refused`` ``rendering.font_missing``."""
    for typeface in shared.typefaces:
        _letters_of(typeface)


def require_printable(record: object, shared: SharedParts) -> None:
    """Check that each text of a record (a dataclass) can be printed whole.

    Raises ``InvalidRequest`` with one ``text.no_glyph`` for each text that holds a letter which
    the typefaces lack, and ``Refused`` ``rendering.font_missing``.
    """
    printable = _printable(shared)
    problems = tuple(
        InvalidValue(
            "text.no_glyph",
            field=pointer,
            parameters={
                "letters": " ".join(f"{letter} (U+{ord(letter):04X})" for letter in lacking)
            },
        )
        for pointer, text in _texts(record, "")
        if (lacking := sorted({letter for letter in text if ord(letter) not in printable}))
    )
    if problems:
        raise InvalidRequest(problems)


def _texts(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Each string below ``value`` with its JSON Pointer."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _texts(each, f"{pointer}/{index}")
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name), f"{pointer}/{field.name}")


@cache
def _printable(shared: SharedParts) -> frozenset[int]:
    """Code points that both the regular and the bold setting can draw."""
    regular, bold = (
        frozenset().union(*map(_letters_of, faces)) for faces in (shared.regular, shared.bold)
    )
    return regular & bold | _JOINERS


@cache
def _letters_of(typeface: Typeface) -> frozenset[int]:
    with TTFont(_file_of(typeface), lazy=True) as font:
        return frozenset(font.getBestCmap())


def _file_of(typeface: Typeface) -> Path:
    """Ask fontconfig, in the renderer's own copy of it, for the file of a face.

    fontconfig always answers something close, hence the comparison of the names.
    """
    config = ffi.gc(fontconfig.FcInitLoadConfigAndFonts(), fontconfig.FcConfigDestroy)
    pattern = ffi.gc(fontconfig.FcPatternCreate(), fontconfig.FcPatternDestroy)
    wanted = {b"family": typeface.family, b"style": typeface.style}
    for key, name in wanted.items():
        fontconfig.FcPatternAddString(pattern, key, name.encode())
    fontconfig.FcConfigSubstitute(config, pattern, fontconfig.FcMatchPattern)
    fontconfig.FcDefaultSubstitute(pattern)
    match = ffi.gc(
        fontconfig.FcFontMatch(config, pattern, ffi.new("FcResult *")),
        fontconfig.FcPatternDestroy,
    )
    if match == ffi.NULL or any(_string(match, key) != name for key, name in wanted.items()):
        raise Refused(
            "rendering.font_missing", parameters={"font": f"{typeface.family} {typeface.style}"}
        )
    return Path(_string(match, b"file"))


def _string(pattern: object, key: bytes) -> str:
    answer = ffi.new("FcChar8 **")
    fontconfig.FcPatternGetString(pattern, key, 0, answer)
    text: bytes = ffi.string(answer[0])
    return text.decode()
