"""The small rules of setting numbers and addresses in a Persian letter."""

import pytest

from signer.letter import inquiry_address, paper_digits, reading_direction


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("پلاک 12", "پلاک ۱۲"),
        ("طبقهٔ ٣", "طبقهٔ ۳"),
        ("1403/112/الف", "۱۴۰۳/۱۱۲/الف"),
        ("BMI-140308-7719342", "BMI-140308-7719342"),
        ("لولهٔ PE100 به قطر 110", "لولهٔ PE100 به قطر ۱۱۰"),
        ("", ""),
    ],
)
def test_digits_are_persian_except_in_latin_words(text, printed):
    assert paper_digits(text) == printed


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("1403/112", "ltr"),
        ("۱۴۰۳/۱۱۲", "ltr"),
        ("BMI-1403", "ltr"),
        ("۱۴۰۳/ق/۳۱۷", "rtl"),
        ("א-1", "rtl"),
        ("", "ltr"),
    ],
)
def test_a_number_with_persian_letters_runs_as_it_was_written(text, direction):
    assert reading_direction(text) == direction


@pytest.mark.parametrize(
    ("verify_url", "address"),
    [
        ("HTTPS://CLEARANCE.EXAMPLE.IR/Q/AB", "https://clearance.example.ir/"),
        ("HTTP://127.0.0.1:8400/Q/AB", "http://127.0.0.1:8400/"),
    ],
)
def test_printed_address_is_the_service_itself_in_small_letters(verify_url, address):
    assert inquiry_address(verify_url) == address
