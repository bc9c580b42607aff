"""The QR code of a certificate.

The address is written in the QR's alphanumeric mode (ISO/IEC 18004, 7.3.4: 5.5 bits a character
instead of 8), which is why it is in capitals throughout.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from math import isqrt

import zxingcpp
from PIL import Image

from clearance.errors import InvalidValue

LARGEST_VERSION = 14
"""73 modules a side; with its quiet zone it prints at 0.5 mm a module on 40.5 mm."""

QUIET_ZONE = 4
"""Light modules on each side (ISO/IEC 18004, 9.1)."""

_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")
_CAPACITY = {"H": 283, "Q": 374, "M": 528}
"""Characters in version 14 (ISO/IEC 18004, table 7) by error correction, the strongest first.
L is not used: paper gets stamped and folded."""
_LIGHT = 255


@dataclass(frozen=True, kw_only=True)
class QrImage:
    """A QR code as a black and white PNG of one pixel a module, quiet zone included."""

    png: bytes
    version: int
    modules: int
    """Modules a side, without the quiet zone."""
    error_correction: str
    """``H``, ``Q`` or ``M``."""


def qr_png(url: str) -> QrImage:
    """Write ``url`` as a QR code with the strongest error correction that fits.

    Raises ``InvalidValue`` with ``qr.not_alphanumeric`` for a character outside the alphanumeric
    set, and with ``qr.too_long`` if it does not fit into version 14 with error correction M.
    """
    if _ALPHANUMERIC.fullmatch(url) is None:
        raise InvalidValue("qr.not_alphanumeric")
    level = next((each for each, most in _CAPACITY.items() if len(url) <= most), None)
    if level is None:
        raise InvalidValue("qr.too_long", parameters={"length": str(len(url))})
    barcode = zxingcpp.create_barcode(url, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    # The stubs of zxing-cpp leave out that its images are buffers.
    pixels = bytes(barcode.to_image(scale=1, add_quiet_zones=False))  # type: ignore[call-overload]
    modules = isqrt(len(pixels))
    return QrImage(
        png=_png(pixels, modules),
        version=(modules - 17) // 4,
        modules=modules,
        error_correction=level,
    )


def _png(pixels: bytes, modules: int) -> bytes:
    side = modules + 2 * QUIET_ZONE
    image = Image.new("1", (side, side), _LIGHT)
    image.paste(Image.frombytes("L", (modules, modules), pixels), (QUIET_ZONE, QUIET_ZONE))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
