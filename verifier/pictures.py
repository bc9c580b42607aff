"""Opens pictures of strangers, bounded, and finds QR codes in them. Runs inside the sandbox."""

import time
from collections.abc import Callable, Iterator
from io import BytesIO

import pillow_heif
import zxingcpp
from PIL import Image, ImageFilter

MOST_PIXELS = 64_000_000
"""Of one picture: more than the cameras of telephones make without being asked to."""

ENLARGED_BELOW = 4_000_000
"""Pixels; a smaller picture is also tried at twice its size."""

MOST_CODES = 8
"""QR codes of one page that are looked at."""

LONGEST_CODE = 1024
"""Characters; ours have some 450."""

_QR_CODES = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_FORMATS = ("PNG", "JPEG", "WEBP", "HEIF")
_DRAFT_ABOVE = 16_000_000
"""Pixels; a larger JPEG is decoded at half its size."""

pillow_heif.options.DECODE_THREADS = 1  # a confined worker starts no thread
pillow_heif.register_heif_opener(thumbnails=False)
Image.init()


class NotAPictureError(Exception):
    """The file cannot be opened as a picture."""


class TooManyPixelsError(Exception):
    """The picture is larger than what is decoded."""


def open_picture(content: bytes) -> Image.Image:
    """Decode the first picture of a file to grey; no file is opened, no other format tried.

    Raises ``NotAPictureError`` or ``TooManyPixelsError``; the size is known before anything is
    decoded.
    """
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            _refuse_large(picture)
            if picture.width * picture.height > _DRAFT_ABOVE:
                picture.draft("L", (picture.width // 2, picture.height // 2))
            if "A" in picture.getbands() or "transparency" in picture.info:
                return _on_white(picture)
            return picture.convert("L")
    except (MemoryError, TooManyPixelsError):
        raise
    except Image.DecompressionBombError as error:
        raise TooManyPixelsError from error
    except Exception as error:  # Pillow raises anything on hostile files
        raise NotAPictureError from error


def _refuse_large(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise TooManyPixelsError


def codes_in(picture: Image.Image, *, until: float) -> tuple[str, ...]:
    """Return the contents of the QR codes in a grey picture.

    Tries one preparation after the other as long as nothing is found and ``time.monotonic()`` is
    before ``until``.
    """
    for prepare, binarizer in _attempts(picture):
        found = zxingcpp.read_barcodes(prepare(picture), formats=_QR_CODES, binarizer=binarizer)
        codes = [each.text for each in found[:MOST_CODES] if len(each.text) <= LONGEST_CODE]
        if codes or time.monotonic() >= until:
            return tuple(dict.fromkeys(codes))
    return ()


_Attempt = tuple[Callable[[Image.Image], Image.Image], zxingcpp.Binarizer]


def _attempts(picture: Image.Image) -> Iterator[_Attempt]:
    """From the quickest to the slowest; each reads what those before it do not."""
    local = zxingcpp.Binarizer.LocalAverage
    yield _as_it_is, local
    yield _halved, local
    if picture.width * picture.height < ENLARGED_BELOW:
        yield _enlarged, local
    yield _smoothed, local
    yield _sharpened, zxingcpp.Binarizer.GlobalHistogram
    yield _sharpened, local


def _as_it_is(picture: Image.Image) -> Image.Image:
    return picture


def _halved(picture: Image.Image) -> Image.Image:
    """Average the noise away."""
    return picture.reduce(2)


def _enlarged(picture: Image.Image) -> Image.Image:
    """Help where a module takes up hardly two pixels."""
    return picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC)


def _smoothed(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.BoxBlur(1)).filter(ImageFilter.UnsharpMask(6, 500, 0))


def _sharpened(picture: Image.Image) -> Image.Image:
    """Win back some of a missed focus."""
    once = ImageFilter.UnsharpMask(4, 300, 0)
    return picture.filter(once).filter(once)


def _on_white(picture: Image.Image) -> Image.Image:
    """Lay what is transparent on white paper."""
    layers = picture.convert("LA")
    paper = Image.new("L", picture.size, 255)
    paper.paste(layers.getchannel("L"), mask=layers.getchannel("A"))
    return paper
