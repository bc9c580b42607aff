"""The QR code's bytes: mode, version, error correction, quiet zone."""

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from clearance.errors import InvalidValue
from signer.qr import QUIET_ZONE, qr_png

ADDRESS = "HTTPS://CLEARANCE.EXAMPLE.IR/Q/"
LARGEST_TOKEN = 448
LARGEST_VERSION = 14
# ISO/IEC 18004, table 7: alphanumeric characters of version 14 at M and H.
CAPACITY_14_M = 528
CAPACITY_14_H = 283


@pytest.mark.parametrize("length", [1, 100, 283, 284, 374, 375, LARGEST_TOKEN, CAPACITY_14_M])
def test_code_is_read_back(length):
    url = (ADDRESS + "7" * length)[:length] if length < 40 else (ADDRESS + "A7" * length)[:length]
    code = qr_png(url)
    image = Image.open(BytesIO(code.png))
    image = image.convert("L").resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST)
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == url
    assert found.extra["ECLevel"] == code.error_correction
    assert int(found.extra["Version"]) == code.version <= LARGEST_VERSION


def test_error_correction_is_the_strongest_that_fits():
    assert qr_png("A" * CAPACITY_14_H).error_correction == "H"
    assert qr_png("A" * (CAPACITY_14_H + 1)).error_correction == "Q"
    assert qr_png("A" * CAPACITY_14_M).error_correction == "M"


def test_alphanumeric_mode_is_used():
    # In byte mode 14-M would hold 362 characters only.
    assert qr_png("A" * CAPACITY_14_M).version == LARGEST_VERSION


def test_quiet_zone_is_part_of_the_black_and_white_picture():
    code = qr_png(ADDRESS + "A" * LARGEST_TOKEN)
    image = Image.open(BytesIO(code.png))
    assert image.mode == "1"
    assert image.size == (code.modules + 2 * QUIET_ZONE,) * 2
    inked = image.point(lambda value: 255 - value).getbbox()
    assert inked == (QUIET_ZONE, QUIET_ZONE, *(QUIET_ZONE + code.modules,) * 2)


@pytest.mark.parametrize(
    "url", ["", "https://clearance.example.ir/", "HTTPS://X/Q/A?", "۱۲۳", "A\nB"]
)
def test_characters_outside_the_mode_are_refused(url):
    with pytest.raises(InvalidValue) as caught:
        qr_png(url)
    assert caught.value.code == "qr.not_alphanumeric"


def test_too_long_an_address_is_refused_with_its_length():
    with pytest.raises(InvalidValue) as caught:
        qr_png("A" * (CAPACITY_14_M + 1))
    assert caught.value.code == "qr.too_long"
    assert caught.value.parameters == {"length": "529"}
