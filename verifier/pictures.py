"""Opens pictures of strangers, bounded, and finds QR codes in them. Runs inside the sandbox."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from typing import cast

import pillow_heif
import zxingcpp
from PIL import Image, ImageFilter

from clearance.verdict import Reason

MOST_PIXELS = 64_000_000
"""Of one picture: more than the cameras of telephones make without being asked to."""

ENLARGED_BELOW = 4_000_000
"""Pixels; a smaller picture is also tried at twice its size."""

MOST_CODES = 8
"""QR codes of one page that are looked at."""

LONGEST_CODE = 1024
"""Characters; ours have some 450."""

_QR_CODES = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_FORMATS = ("PNG", "JPEG", "WEBP", "HEIF", "TIFF")
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
"""Modes with more than 8 bits of grey."""
_OBLONG, _MOST_OBLONG = 1.2, 4.0
_DRAFT_ABOVE = 16_000_000
"""Pixels; a larger JPEG is decoded at half its size."""

pillow_heif.options.DECODE_THREADS = 1  # a confined worker starts no thread
pillow_heif.register_heif_opener(thumbnails=False)
Image.init()


class NotAPictureError(Exception):
    """The file cannot be opened as a picture."""


class TooManyPixelsError(Exception):
    """The picture is larger than what is decoded."""


def open_pictures(content: bytes) -> Iterator[Image.Image]:
    """Decode the pictures of a file to grey, one after the other; no other format is tried.

    Only a TIFF has more than one. Raises ``NotAPictureError`` or ``TooManyPixelsError``; the size
    of each is known before it is decoded.
    """
    try:
        for page in count():
            # Opened anew each time: libtiff's decoder leaves the file without its next page.
            with Image.open(BytesIO(content), formats=_FORMATS) as picture:
                if page and (picture.format != "TIFF" or not _sought(picture, page)):
                    return
                yield _grey_of(picture)
    except (MemoryError, TooManyPixelsError, GeneratorExit):
        raise
    except Image.DecompressionBombError as error:
        raise TooManyPixelsError from error
    except Exception as error:  # Pillow raises anything on hostile files
        raise NotAPictureError from error


def _sought(picture: Image.Image, page: int) -> bool:
    try:
        picture.seek(page)
    except EOFError:
        return False
    return True


def _grey_of(picture: Image.Image) -> Image.Image:
    _refuse_large(picture)
    if picture.width * picture.height > _DRAFT_ABOVE:
        picture.draft("L", (picture.width // 2, picture.height // 2))
    return _squared(grey(picture), picture.info.get("dpi"))


def grey(picture: Image.Image) -> Image.Image:
    """Convert from any mode that the decoders know, what is transparent laid on white.

    Raises ``ValueError`` for values that are no shades.
    """
    if picture.mode in _DEEP:
        return _stretched(picture)
    if picture.mode == "LAB":
        return picture.getchannel("L")
    if {"A", "a"} & set(picture.getbands()) or "transparency" in picture.info:
        return _on_white(picture)
    if picture.mode in ("CMYK", "HSV"):
        picture = picture.convert("RGB")
    return picture.convert("L")


def _stretched(picture: Image.Image) -> Image.Image:
    """Scale values of more than 8 bits, however many of them are used, to black and white.

    Pillow itself cuts them off at 255, which leaves a white page.
    """
    if picture.mode != "F":
        picture = picture.convert("I")
    low, high = (float(each) for each in cast("tuple[float, float]", picture.getextrema()))
    if not math.isfinite(high - low):
        raise ValueError("values without end")
    if low == high:
        return Image.new("L", picture.size, 255)
    scale = 255 / (high - low)
    return picture.point(lambda value: value * scale - low * scale).convert("L")


def _squared(picture: Image.Image, resolution: object) -> Image.Image:
    """Stretch what has fewer dots one way than the other, as faxes of 204 by 98 have."""
    if not isinstance(resolution, tuple) or len(resolution) != len(("x", "y")):
        return picture
    x, y = (float(each) for each in resolution)
    if not (x > 0 and y > 0 and _OBLONG < max(x, y) / min(x, y) < _MOST_OBLONG):
        return picture
    dots = max(x, y)
    return picture.resize((round(picture.width * dots / x), round(picture.height * dots / y)))


def _refuse_large(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise TooManyPixelsError


@dataclass(frozen=True, kw_only=True)
class Codes:
    """The QR codes that were found in a picture."""

    found: tuple[str, ...] = ()
    """Their contents, each once."""
    left_out: tuple[Reason, ...] = ()
    """What was not looked at."""


def codes_at_a_glance(picture: Image.Image) -> Codes:
    """Find the QR codes that show in a clear grey picture as it is."""
    return _read(picture, zxingcpp.Binarizer.LocalAverage)


def codes_in(picture: Image.Image, *, until: float) -> Codes:
    """Find the QR codes in a grey picture, whatever was done to it.

    Tries one preparation after the other as long as nothing is found and ``time.process_time()`` is
    before ``until``.
    """
    for prepare, binarizer in _attempts(picture):
        if time.process_time() >= until:
            return Codes(left_out=(Reason.SEARCH_ENDED,))
        codes = _read(prepare(picture), binarizer)
        if codes.found or codes.left_out:
            return codes
    return Codes()


def _read(picture: Image.Image, binarizer: zxingcpp.Binarizer) -> Codes:
    read = zxingcpp.read_barcodes(picture, formats=_QR_CODES, binarizer=binarizer)
    # Longer ones are not of ours, and nobody asks what they say.
    short = dict.fromkeys(each.text for each in read if len(each.text) <= LONGEST_CODE)
    found = tuple(short)[:MOST_CODES]
    return Codes(found=found, left_out=() if len(found) == len(short) else (Reason.CODES_LEFT_OUT,))


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
    if picture.mode in ("La", "RGBa"):  # colours that are multiplied already
        picture = picture.convert("LA" if picture.mode == "La" else "RGBA")
    layers = picture.convert("LA")
    paper = Image.new("L", picture.size, 255)
    paper.paste(layers.getchannel("L"), mask=layers.getchannel("A"))
    return paper
