"""Looks at a file as a paper: QR codes, text, the data attached. Runs inside the sandbox."""

import time
from dataclasses import replace
from io import BytesIO

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from pypdfium2 import raw

from clearance.verdict import Reason
from verifier.pictures import NotAPictureError, TooManyPixelsError, codes_in, open_pictures
from verifier.reading import PageReading, Reading, is_picture
from verifier.structure import attached_data

MOST_PAGES = 10
"""Pages of a PDF that are looked at; ours have three at most."""

MOST_NAMED = 1_000
"""Pages that were not looked at, as far as they are named."""

MOST_TEXT = 8_000
"""Characters of one page; a full page of ours has some three thousand."""

MOST_ATTACHED = 64 * 1024
"""Bytes of attached data; ours have a few thousand."""

MOST_OBJECTS = 2_000
"""Objects of a page among which pictures are looked for."""

LOOKING_SECONDS = 1.0
"""After so long nothing new is begun: what was found by then is answered."""

PICTURED = 0.25
"""Part of a page; where pictures take up more, its text is not trusted to be the page's own."""

_QUICK_DPI, _THOROUGH_DPI = 150, 300
_MOST_DRAWN = 12_000_000
_LONGEST_DRAWN = 8_000
"""Pixels that a page is drawn with, and those of a side; larger pages get a lower resolution."""


def read_paper(content: bytes, *, codes: bool) -> Reading:
    """Read a PDF or a picture; ``codes`` looks at its pages too, else at attached data alone.

    Only ``MemoryError`` passes through.
    """
    until = time.monotonic() + LOOKING_SECONDS
    if is_picture(content):
        return _read_picture(content, until)
    attached = _attached(content)
    if not codes:
        return Reading(attached=attached)
    try:
        return _read_pages(content, attached, until)
    except (pypdfium2.PdfiumError, ValueError):
        return Reading(attached=attached, failure=Reason.DAMAGED)


def _read_picture(content: bytes, until: float) -> Reading:
    """Read the pictures of a file quickly, then thoroughly if no code was found."""
    quick = _pass(content, until, thoroughly=False)
    if quick.failure or any(each.codes for each in quick.pages):
        return quick
    thorough = _pass(content, until, thoroughly=True)
    missed = range(max(len(thorough.pages), 1) + 1, len(quick.pages) + 1)
    unread = tuple(sorted({*missed, *quick.unread}))
    return replace(quick, pages=thorough.pages or quick.pages, unread=unread)


def _pass(content: bytes, until: float, *, thoroughly: bool) -> Reading:
    """Look at each picture; one that cannot be read ends it, the first with a failure."""
    pages: list[PageReading] = []
    unread: tuple[int, ...] = ()
    try:
        for number, picture in enumerate(open_pictures(content), start=1):
            if number > MOST_PAGES or (pages and time.monotonic() >= until):
                unread = (number,)
                break
            codes = codes_in(picture, until=until if thoroughly else 0.0)
            pages.append(PageReading(codes=codes, text="", pictured=True))
    except (TooManyPixelsError, NotAPictureError) as error:
        if not pages:
            large = isinstance(error, TooManyPixelsError)
            return Reading(failure=Reason.TOO_MANY_PIXELS if large else Reason.PICTURE_DAMAGED)
        unread = (len(pages) + 1,)
    return Reading(pages=tuple(pages), unread=unread)


def _read_pages(content: bytes, attached: bytes | None, until: float) -> Reading:
    """Read the pages quickly, then look at the scanned ones again if no code was found."""
    document = pypdfium2.PdfDocument(content)
    try:
        pages: list[PageReading] = []
        for index in range(min(len(document), MOST_PAGES)):
            if not pages or time.monotonic() < until:
                pages.append(_page(document[index]))
        last = min(len(document), len(pages) + MOST_NAMED)
        unread = list(range(len(pages) + 1, last + 1))
        for index, page in enumerate(pages):
            if any(each.codes for each in pages):
                break
            if page.pictured and time.monotonic() < until:
                picture = _drawn(document[index], _THOROUGH_DPI)
                pages[index] = replace(page, codes=codes_in(picture, until=until))
            elif page.pictured:
                unread.append(index + 1)
        return Reading(pages=tuple(pages), attached=attached, unread=tuple(sorted(unread)))
    finally:
        document.close()


def _page(page: pypdfium2.PdfPage) -> PageReading:
    return PageReading(
        codes=codes_in(_drawn(page, _QUICK_DPI), until=0.0),
        text=_text(page),
        pictured=_is_pictured(page),
    )


def _drawn(page: pypdfium2.PdfPage, dpi: int) -> Image.Image:
    width, height = page.get_size()
    scale = min(
        dpi / 72,
        (_MOST_DRAWN / max(width * height, 1)) ** 0.5,
        _LONGEST_DRAWN / max(width, height, 1),
    )
    drawn: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
    return drawn


def _text(page: pypdfium2.PdfPage) -> str:
    text = page.get_textpage()
    try:
        found: str = text.get_text_range(0, min(text.count_chars(), MOST_TEXT))
        return found
    finally:
        text.close()


def _is_pictured(page: pypdfium2.PdfPage) -> bool:
    """Whether pictures cover much of the page, like a scan; a QR code alone does not."""
    width, height = page.get_size()
    covered = 0.0
    objects = page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3)
    for _, each in zip(range(MOST_OBJECTS), objects, strict=False):
        left, bottom, right, top = each.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
    return bool(covered > PICTURED * width * height)


def _attached(pdf: bytes) -> bytes | None:
    """Return the attached clearance data, even of a file that only a repair makes readable."""
    try:
        with pikepdf.open(BytesIO(pdf), suppress_warnings=True) as opened:
            data = attached_data(opened)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - qpdf raises anything on hostile files
        return None
    return data if data and len(data) <= MOST_ATTACHED else None
