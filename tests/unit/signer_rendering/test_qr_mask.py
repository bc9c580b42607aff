"""The mask is the best of eight, and the code under it is the library's own."""

import random
import string

import pytest
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData, lost_point

from signer.qr_mask import MASKS, Picture, best_masked

LEVELS = (ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q)


def _made(text, level, mask):
    code = QRCode(error_correction=level, mask_pattern=mask)
    code.add_data(QRData(text, mode=MODE_ALPHA_NUM))
    code.make()
    return code


def _text(length, seed):
    return "".join(random.Random(seed).choices(string.ascii_uppercase + "234567:/", k=length))  # noqa: S311


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("length", [1, 40, 283, 400])
def test_the_best_of_all_eight_is_what_the_library_draws(length, level):
    text = _text(length, length)
    codes = [_made(text, level, mask) for mask in MASKS]
    fewest = min(lost_point(code.modules) for code in codes)
    chosen = best_masked(codes[0])
    assert chosen in [Picture.of(code.modules) for code in codes]
    assert chosen.penalty() == fewest


@pytest.mark.parametrize("mask", MASKS)
def test_penalty_is_the_library_s(mask):
    for seed in range(3):
        code = _made(_text(200, seed), ERROR_CORRECT_M, mask)
        assert Picture.of(code.modules).penalty() == lost_point(code.modules)


@pytest.mark.parametrize(
    ("modules", "penalty"),
    [
        # All of one colour: 12 lines and 12 columns of one run, 121 blocks, and all out of balance.
        ([[True] * 12] * 12, 24 * (12 - 2) + 3 * 121 + 100),
        ([[False] * 12] * 12, 24 * (12 - 2) + 3 * 121 + 100),
        # A chessboard offends no rule.
        ([[(row + column) % 2 == 0 for column in range(12)] for row in range(12)], 0),
    ],
)
def test_penalty_points_are_the_standard_s(modules, penalty):
    assert Picture.of(modules).penalty() == penalty


def test_picture_is_drawn_as_it_was_read():
    code = _made("HTTPS://EXAMPLE.IR/", ERROR_CORRECT_M, 3)
    image = Picture.of(code.modules).image()
    pixels = [dark for row in code.modules for dark in row]
    assert image.size == (code.modules_count, code.modules_count)
    assert [value == 0 for value in image.tobytes()] == pixels
