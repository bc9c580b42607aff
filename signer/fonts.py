"""The typefaces of the certificate: system packages, found by name through fontconfig.

A letter that none of them draws would be printed as an empty box, so such a text is refused
before anything is made of it. Debian has Nazli and Titr in ``fonts-farsiweb`` and DejaVu in
``fonts-dejavu-core``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from weasyprint.text.ffi import ffi, fontconfig

from clearance.certificate import ClearanceRequest
from clearance.errors import InvalidRequest, InvalidValue, Refused
from clearance.minutes import Minutes
from clearance.receipt import VerificationReceipt

_JOINERS = {0x200C, 0x200D}
"""ZWNJ and ZWJ: the shaping engine consumes them, so no font needs to draw them."""


@dataclass(frozen=True)
class Typeface:
    """One face that the certificate is set in."""

    family: str
    style: str


BODY = Typeface("Nazli", "Regular")
BODY_BOLD = Typeface("Nazli", "Bold")
TITLE = Typeface("Titr", "Bold")
FALLBACK = Typeface("DejaVu Sans", "Book")
FALLBACK_BOLD = Typeface("DejaVu Sans", "Bold")
CODE = Typeface("DejaVu Sans Mono", "Book")

TYPEFACES = (BODY, BODY_BOLD, TITLE, FALLBACK, FALLBACK_BOLD, CODE)


def require_fonts() -> None:
    """Check that each typeface is installed; raise ``Refused`` ``rendering.font_missing``."""
    for typeface in TYPEFACES:
        _letters_of(typeface)


def require_printable(content: ClearanceRequest | Minutes | VerificationReceipt) -> None:
    """Check that each text of a request, of minutes or of a receipt can be printed whole.

    Raises ``InvalidRequest`` with one ``text.no_glyph`` for each text that holds a letter which
    the certificate's typefaces lack, and ``Refused`` ``rendering.font_missing``.
    """
    printable = _printable()
    problems = tuple(
        InvalidValue(
            "text.no_glyph",
            field=pointer,
            parameters={
                "letters": " ".join(f"{letter} (U+{ord(letter):04X})" for letter in lacking)
            },
        )
        for pointer, text in _texts(content, "")
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
def _printable() -> frozenset[int]:
    """Code points that both the regular and the bold setting can draw."""
    regular = _letters_of(BODY) | _letters_of(FALLBACK)
    bold = _letters_of(BODY_BOLD) | _letters_of(FALLBACK_BOLD)
    return frozenset(regular & bold | _JOINERS)


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
