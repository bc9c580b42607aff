"""The small rules of setting addresses in a Persian letter."""

import pytest

from signer.letter import inquiry_address
from templates.jinja import isolated


@pytest.mark.parametrize(
    ("verify_url", "address"),
    [
        ("HTTPS://CLEARANCE.EXAMPLE.IR/Q/AB", "https://clearance.example.ir/"),
        ("HTTP://127.0.0.1:8400/Q/AB", "http://127.0.0.1:8400/"),
    ],
)
def test_printed_address_is_the_service_itself_in_small_letters(verify_url, address):
    assert inquiry_address(verify_url) == address


def test_what_is_isolated_keeps_its_order_among_persian_words():
    isolate, pop = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
    assert isolated("۱۴۰۴/۰۲/۱۴") == f"{isolate}۱۴۰۴/۰۲/۱۴{pop}"
