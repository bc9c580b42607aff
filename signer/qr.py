"""The QR code of a certificate.

The address is written in the QR's alphanumeric mode (ISO/IEC 18004, 7.3.4: 5.5 bits a character
instead of 8), which is why it is in capitals throughout.
"""

import re
from dataclasses import dataclass
from io import BytesIO

from PIL import Image
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData

from clearance.errors import InvalidValue
from signer.qr_mask import Picture, best_masked

QUIET_ZONE = 4
"""Light modules on each side (ISO/IEC 18004, 9.1)."""

_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")
_LEVELS = (("H", ERROR_CORRECT_H, 283), ("Q", ERROR_CORRECT_Q, 374), ("M", ERROR_CORRECT_M, 528))
"""Error correction, the strongest first, and how many characters version 14 then holds
(ISO/IEC 18004, table 7). L is not used: paper gets stamped and folded."""


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
    name, level = next(
        ((name, level) for name, level, most in _LEVELS if len(url) <= most), ("", 0)
    )
    if not name:
        raise InvalidValue("qr.too_long", parameters={"length": str(len(url))})
    code = QRCode(error_correction=level, mask_pattern=0)
    code.add_data(QRData(url, mode=MODE_ALPHA_NUM))  # type: ignore[call-overload] # wants a literal
    code.best_fit()
    code.make(fit=False)
    return QrImage(
        png=_png(best_masked(code)),
        version=code.version,
        modules=code.modules_count,
        error_correction=name,
    )


def _png(code: Picture) -> bytes:
    size = code.side + 2 * QUIET_ZONE
    image = Image.new("1", (size, size), 1)
    image.paste(code.image(), (QUIET_ZONE, QUIET_ZONE))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
