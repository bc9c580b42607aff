"""Looks at a file as a paper: QR codes, text, the data attached. Runs inside the sandbox."""

import time
from dataclasses import dataclass, replace
from io import BytesIO

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from pypdfium2 import raw

from clearance.verdict import Reason
from verifier.pictures import (
    NotAPictureError,
    TooManyPixelsError,
    codes_at_a_glance,
    codes_in,
    open_pictures,
)
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

LOOKING_SECONDS = 1.5
"""Of processor time, so that others' load takes nothing from it. After so long nothing new is
begun: what was found by then is told, and what was not looked at."""

PICTURED = 0.25
"""Part of a page; where pictures take up more, its text is not trusted to be the page's own."""

_QUICK_DPI, _THOROUGH_DPI = 150, 300
_MOST_DRAWN = 12_000_000
_LONGEST_DRAWN = 8_000
"""Pixels that a page is drawn with, and those of a side; larger pages get a lower resolution."""


def read_scanned_copy(content: bytes, *, codes: bool) -> Reading:
    """Read a PDF or a picture; ``codes`` looks at its pages too, else at attached data alone.

    Only ``MemoryError`` passes through.
    """
    until = time.process_time() + LOOKING_SECONDS
    if is_picture(content):
        return _read_picture(content, until)
    attached = _attached(content)
    if not codes:
        return attached
    try:
        return _with_pages(attached, content, until)
    except (pypdfium2.PdfiumError, ValueError):
        return replace(attached, failure=Reason.DAMAGED)


def _read_picture(content: bytes, until: float) -> Reading:
    """Read the pictures of a file quickly, then thoroughly if no code was found."""
    quick = _pass(content, until, thoroughly=False)
    if quick.failure or any(each.codes for each in quick.pages):
        return quick
    thorough = _pass(content, until, thoroughly=True)
    missed = range(max(len(thorough.pages), 1) + 1, len(quick.pages) + 1)
    unread = tuple(sorted({*missed, *quick.unread}))
    left_out = tuple(dict.fromkeys((*quick.left_out, *thorough.left_out)))
    return replace(quick, pages=thorough.pages or quick.pages, unread=unread, left_out=left_out)


def _pass(content: bytes, until: float, *, thoroughly: bool) -> Reading:
    """Look at each picture; one that cannot be read ends it, the first with a failure."""
    pages: list[PageReading] = []
    left_out: list[Reason] = []
    try:
        for number, picture in enumerate(open_pictures(content), start=1):
            if number > MOST_PAGES or (pages and time.process_time() >= until):
                more = number > MOST_PAGES
                left_out.append(Reason.PAGES_LEFT_OUT if more else Reason.PAGES_NOT_REACHED)
                break
            codes = codes_in(picture, until=until) if thoroughly else codes_at_a_glance(picture)
            pages.append(PageReading(codes=codes.found, text="", pictured=True))
            left_out += codes.left_out
        else:
            return Reading(pages=tuple(pages), left_out=tuple(dict.fromkeys(left_out)))
    except (TooManyPixelsError, NotAPictureError) as error:
        large = isinstance(error, TooManyPixelsError)
        left_out.append(Reason.TOO_MANY_PIXELS if large else Reason.PICTURE_DAMAGED)
        if not pages:
            return Reading(failure=left_out[-1])
    unread = (len(pages) + 1,)
    return Reading(pages=tuple(pages), unread=unread, left_out=tuple(dict.fromkeys(left_out)))


@dataclass(frozen=True, kw_only=True)
class _Page:
    reading: PageReading
    left_out: tuple[Reason, ...]


def _with_pages(attached: Reading, content: bytes, until: float) -> Reading:
    """Read the pages quickly, then look at the scanned ones again if no code was found."""
    document = pypdfium2.PdfDocument(content)
    try:
        pages: list[_Page] = []
        left_out = list(attached.left_out)
        if len(document) > MOST_PAGES:
            left_out.append(Reason.PAGES_LEFT_OUT)
        for index in range(min(len(document), MOST_PAGES)):
            if pages and time.process_time() >= until:
                left_out.append(Reason.PAGES_NOT_REACHED)
                break
            pages.append(_page(document[index]))
        for index, page in enumerate(pages):
            if any(each.reading.codes for each in pages):
                break
            if page.reading.pictured:
                pages[index] = _looked_at_again(document[index], page, until)
        left_out += [each for page in pages for each in page.left_out]
        last = min(len(document), len(pages) + MOST_NAMED)
        unread = [
            *(n for n, page in enumerate(pages, 1) if Reason.SEARCH_ENDED in page.left_out),
            *range(len(pages) + 1, last + 1),
        ]
        return replace(
            attached,
            pages=tuple(each.reading for each in pages),
            unread=tuple(unread),
            left_out=tuple(dict.fromkeys(left_out)),
        )
    finally:
        document.close()


def _page(page: pypdfium2.PdfPage) -> _Page:
    codes = codes_at_a_glance(_drawn(page, _QUICK_DPI))
    text, whole = _text(page)
    return _Page(
        reading=PageReading(codes=codes.found, text=text, pictured=_is_pictured(page)),
        left_out=codes.left_out if whole else (*codes.left_out, Reason.TEXT_LEFT_OUT),
    )


def _looked_at_again(page: pypdfium2.PdfPage, before: _Page, until: float) -> _Page:
    if time.process_time() >= until:
        return replace(before, left_out=(*before.left_out, Reason.SEARCH_ENDED))
    codes = codes_in(_drawn(page, _THOROUGH_DPI), until=until)
    return _Page(
        reading=replace(before.reading, codes=codes.found),
        left_out=(*before.left_out, *codes.left_out),
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


def _text(page: pypdfium2.PdfPage) -> tuple[str, bool]:
    """Return a page's text and whether that is all of it."""
    text = page.get_textpage()
    try:
        count = text.count_chars()
        return str(text.get_text_range(0, min(count, MOST_TEXT))), count <= MOST_TEXT
    finally:
        text.close()


def _is_pictured(page: pypdfium2.PdfPage) -> bool:
    """Whether pictures cover much of the page, like a scan; a QR code alone does not.

    A page with more pictures than are looked at counts as covered by them.
    """
    width, height = page.get_size()
    covered = 0.0
    objects = page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3)
    for count, each in enumerate(objects):
        left, bottom, right, top = each.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
        if count >= MOST_OBJECTS or covered > PICTURED * width * height:
            return True
    return False


def _attached(pdf: bytes) -> Reading:
    """Read the attached clearance data, even of a file that only a repair makes readable."""
    try:
        with pikepdf.open(BytesIO(pdf), suppress_warnings=True) as opened:
            found = attached_data(opened)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - qpdf raises anything on hostile files
        return Reading()
    # Ours are shorter: what is longer was looked at, and is not.
    data = found.data if found.data and len(found.data) <= MOST_ATTACHED else None
    left_out = () if found.all_seen else (Reason.ATTACHMENTS_LEFT_OUT,)
    return Reading(attached=data, left_out=left_out)
