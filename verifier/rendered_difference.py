"""Draws pages before and after the later revisions, and compares. Runs inside the sandbox.

PDFium draws; limits on pages, pixels and time keep it from taking over the examination. What it
draws is evidence for a person, and never decides.
"""

import ctypes
import math
import time
from dataclasses import dataclass

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from clearance.verdict import Finding, Reason, Stage

MAXIMUM_PAGES = 4
MAXIMUM_PIXELS = 1_000_000
"""Of one page: somewhat more than A4 at 72 dots an inch; larger pages are drawn smaller."""

MAXIMUM_SIZE = 4_000_000
"""Bytes; a larger file is not drawn."""

SECONDS = 1.5
"""Of processor time, for all drawing of one file."""

_WHITE = (255, 255, 255, 255)


@dataclass(frozen=True, kw_only=True)
class _Picture:
    """One page in shades of grey."""

    width: int
    height: int
    stride: int
    scale: float
    pixels: bytes


def rendered_difference_findings(before: bytes, after: bytes) -> tuple[Finding, ...]:
    """Compare the pages of a file as it was and as it is.

    A page with a visible difference is named with the rectangle that holds it, in points from
    the page's lower left corner. Pages that were not drawn are counted.
    """
    if len(after) > MAXIMUM_SIZE:
        return (Stage.MODIFICATION.noted(Reason.PAGES_NOT_DRAWN),)
    deadline = time.process_time() + SECONDS
    try:
        (old, before_all), (new, after_all) = _drawn(before, deadline), _drawn(after, deadline)
    except (pypdfium2.PdfiumError, ArithmeticError, ValueError):  # such as a page without end
        return (Stage.MODIFICATION.noted(Reason.PAGES_NOT_DRAWN),)
    pairs = list(zip(old, new, strict=False))
    found = [
        Stage.MODIFICATION.failed(Reason.LOOKS_DIFFERENT, page=str(index), area=area)
        for index, pair in enumerate(pairs, start=1)
        if (area := _difference(*pair))
    ]
    if pairs and not found:
        found = [Stage.MODIFICATION.noted(Reason.LOOKS_THE_SAME, pages=str(len(pairs)))]
    rest = min(before_all, after_all) - len(pairs)
    if rest > 0:
        found.append(Stage.MODIFICATION.noted(Reason.PAGES_NOT_DRAWN, pages=str(rest)))
    return tuple(found)


def _drawn(pdf: bytes, deadline: float) -> tuple[list[_Picture], int]:
    """Draw the first pages, as many as there is time for; also count all."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        if document.get_formtype() == raw.FORMTYPE_ACRO_FORM:
            document.init_forms()
        pictures = []
        for index in range(min(len(document), MAXIMUM_PAGES)):
            picture = _picture(document[index], deadline)
            if picture is None:
                break
            pictures.append(picture)
        return pictures, len(document)
    finally:
        document.close()


def _picture(page: pypdfium2.PdfPage, deadline: float) -> _Picture | None:
    """Draw a page with its annotations and form fields; nothing if time runs out."""
    width, height = page.get_size()
    scale = min(1.0, math.sqrt(MAXIMUM_PIXELS / max(width * height, 1)))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    bitmap = pypdfium2.PdfBitmap.new_native(*size, raw.FPDFBitmap_Gray)
    bitmap.fill_rect(_WHITE, 0, 0, *size)
    place = (bitmap, page, 0, 0, *size, 0, raw.FPDF_ANNOT | raw.FPDF_GRAYSCALE)
    pause = raw.IFSDK_PAUSE(version=1)
    kind = dict(raw.IFSDK_PAUSE._fields_)["NeedToPauseNow"]
    pause.NeedToPauseNow = kind(lambda _: time.process_time() > deadline)
    status = raw.FPDF_RenderPageBitmap_Start(*place, ctypes.byref(pause))
    raw.FPDF_RenderPage_Close(page)
    if status != raw.FPDF_RENDER_DONE:
        return None
    if page.formenv:
        raw.FPDF_FFLDraw(page.formenv, *place)
    return _Picture(
        width=size[0],
        height=size[1],
        stride=bitmap.stride,
        scale=scale,
        pixels=bytes(bitmap.buffer),
    )


def _difference(old: _Picture, new: _Picture) -> str:
    """Return the rectangle that holds all differences, in points; empty if there are none."""
    if (old.width, old.height) != (new.width, new.height):
        return "size"
    rows = [
        (row, first, last)
        for row in range(old.height)
        if (found := _differing(_row(old, row), _row(new, row)))
        for first, last in [found]
    ]
    if not rows:
        return ""
    left, right = min(first for _, first, _ in rows), max(last for *_, last in rows) + 1
    top, bottom = rows[0][0], rows[-1][0] + 1
    corners = (left, old.height - bottom, right, old.height - top)
    return ", ".join(str(round(each / old.scale)) for each in corners)


def _row(picture: _Picture, row: int) -> bytes:
    start = row * picture.stride
    return picture.pixels[start : start + picture.width]


def _differing(old: bytes, new: bytes) -> tuple[int, int] | None:
    """Return the first and last place at which two rows differ."""
    if old == new:
        return None
    places = [index for index, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]]
    return places[0], places[-1]
