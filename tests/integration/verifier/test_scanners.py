"""What scanners and fax servers send is read in the confined worker, whatever mode and format."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import qrcode
from PIL import Image

from clearance.verdict import Reason
from verifier.sandbox import Sandbox
from verifier.scanned_copy_reading import read_scanned_copy

ADDRESS = "HTTPS://VERIFY.EXAMPLE/Q/" + "ABCDEFGHJKLMNPQRSTUVWXYZ" * 8


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(workers=1, memory_bytes=512 * 1024 * 1024, seconds=10)
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def page() -> Image.Image:
    """A page at 150 dpi with a code in its lower corner."""
    code = qrcode.QRCode(box_size=4, border=4)
    code.add_data(ADDRESS)
    sheet = Image.new("L", (1240, 1754), 255)
    sheet.paste(code.make_image().get_image().convert("L"), (700, 1100))
    return sheet


def _deep(page: Image.Image, factor: int = 257) -> Image.Image:
    return page.convert("I").point(lambda value: value * factor)


def _transparent(page: Image.Image) -> Image.Image:
    """Black ink on nothing."""
    sheet = Image.new("LA", page.size, (0, 0))
    sheet.putalpha(page.point(lambda value: 255 - value))
    return sheet


MODES: dict[str, tuple[str, Callable[[Image.Image], Image.Image]]] = {
    "1": ("PNG", lambda page: page.convert("1")),
    "L": ("PNG", lambda page: page),
    "P": ("PNG", lambda page: page.convert("P")),
    "RGB": ("PNG", lambda page: page.convert("RGB")),
    "LA": ("PNG", _transparent),
    "RGBA": ("PNG", lambda page: _transparent(page).convert("RGBA")),
    "I;16": ("PNG", lambda page: _deep(page).convert("I;16")),
    "I;16, 12 bits used": ("PNG", lambda page: _deep(page, 16).convert("I;16")),
    "I": ("TIFF", _deep),
    "F": ("TIFF", lambda page: page.convert("F").point(lambda value: value * 0.004 + 0.0)),
    "I;16 in TIFF": ("TIFF", lambda page: _deep(page).convert("I;16")),
    "CMYK": ("JPEG", lambda page: page.convert("RGB").convert("CMYK")),
    "CMYK in TIFF": ("TIFF", lambda page: page.convert("RGB").convert("CMYK")),
    "YCbCr": ("TIFF", lambda page: page.convert("RGB").convert("YCbCr")),
    "PA": ("TIFF", lambda page: _transparent(page).convert("RGBA").convert("PA")),
    "LAB": ("TIFF", lambda page: Image.merge("LAB", (page, *[page.point(lambda _: 0)] * 2))),
}


def _saved(picture: Image.Image, format_: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, format_, **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_read(sandbox: Sandbox, page: Image.Image, mode: str) -> None:
    format_, convert = MODES[mode]
    reading = sandbox.single.read(_saved(convert(page), format_), codes=True)
    assert [each.codes for each in reading.pages] == [(ADDRESS,)]


@pytest.mark.parametrize(
    ("compression", "mode"),
    [
        ("raw", "L"),
        ("group3", "1"),
        ("group4", "1"),
        ("jpeg", "L"),
        ("jpeg", "RGB"),
        ("tiff_lzw", "L"),
        ("tiff_adobe_deflate", "L"),
        ("packbits", "1"),
    ],
)
def test_every_packing_of_a_tiff_is_read_on_every_page(
    sandbox: Sandbox, page: Image.Image, compression: str, mode: str
) -> None:
    blank = Image.new(mode, page.size, "white")
    sheets = [blank, blank, page.convert(mode)]
    content = _saved(
        sheets[0], "TIFF", compression=compression, save_all=True, append_images=sheets[1:]
    )
    reading = sandbox.single.read(content, codes=True)
    found = {code for each in reading.pages for code in each.codes}
    assert found == {ADDRESS}


def test_fax_with_half_the_lines_is_read(sandbox: Sandbox, page: Image.Image) -> None:
    fax = page.resize((page.width * 204 // 150, page.height * 98 // 150)).convert("1", dither=0)
    content = _saved(fax, "TIFF", compression="group4", dpi=(204, 98))
    assert sandbox.single.read(content, codes=True).pages[0].codes == (ADDRESS,)


def test_pages_behind_the_tenth_are_named(page: Image.Image) -> None:
    small = Image.new("1", (20, 20), 1)
    content = _saved(small, "TIFF", save_all=True, append_images=[small] * 11)
    reading = read_scanned_copy(content, codes=True)
    assert reading.failure is None
    assert reading.unread
    assert len(reading.pages) == reading.unread[0] - 1 <= 10


@pytest.mark.parametrize("sheets", [4, 10, 14])
def test_scanned_pages_are_read_to_the_end_or_named(page: Image.Image, sheets: int) -> None:
    blank = Image.new("L", page.size, 255)
    content = _saved(blank, "PDF", save_all=True, append_images=[blank] * (sheets - 2) + [page])
    document = pypdfium2.PdfDocument(content)
    assert len(document) == sheets
    document.close()
    reading = read_scanned_copy(content, codes=True)
    assert any(each.codes for each in reading.pages) or sheets in reading.unread
    if sheets > 10:
        assert {11, 12, 13, 14} <= set(reading.unread)


def test_worker_names_the_pages_too(sandbox: Sandbox, page: Image.Image) -> None:
    small = Image.new("1", (20, 20), 1)
    content = _saved(small, "PDF", save_all=True, append_images=[small] * 11)
    assert {11, 12} <= set(sandbox.single.read(content, codes=True).unread)


@pytest.mark.parametrize("mark", [b"II*\0", b"MM\0*", b"II+\0"])
def test_broken_tiff_is_a_broken_picture(sandbox: Sandbox, mark: bytes) -> None:
    reading = sandbox.single.read(mark + bytes(100), codes=True)
    assert reading.failure is Reason.PICTURE_DAMAGED
