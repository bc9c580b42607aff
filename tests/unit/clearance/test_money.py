import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import InvalidValue
from clearance.money import LIMIT, Rials, grouped_digits, in_words
from clearance.text import ascii_digits


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-1, "money.negative"),
        (10**15, "money.too_large"),
        (10**400, "money.too_large"),
        (1.0, "money.not_an_integer"),
        (1e3, "money.not_an_integer"),
        (0.5, "money.not_an_integer"),
        (float("nan"), "money.not_an_integer"),
        (True, "money.not_an_integer"),
        (False, "money.not_an_integer"),
        ("1000", "money.not_an_integer"),
        (None, "money.not_an_integer"),
        ([1000], "money.not_an_integer"),
    ],
)
def test_only_a_json_integer_in_range_is_an_amount(value: object, code: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        Rials.parse(value)
    assert refused.value.code == code


@pytest.mark.parametrize("value", [0, 1, LIMIT - 1])
def test_the_ends_of_the_range_are_amounts(value: int) -> None:
    assert Rials.parse(value) == value


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "صفر ریال"),
        (1, "یک ریال"),
        (121, "یکصد و بیست و یک ریال"),
        (1000, "یک هزار ریال"),
        (1_000_001, "یک میلیون و یک ریال"),
        (
            6_572_222_222,
            (
                "شش میلیارد و پانصد و هفتاد و دو میلیون و دویست و بیست و دو هزار"
                " و دویست و بیست و دو ریال"
            ),
        ),
        (
            LIMIT - 1,
            (
                "نهصد و نود و نه تریلیون و نهصد و نود و نه میلیارد و نهصد و نود و نه میلیون"
                " و نهصد و نود و نه هزار و نهصد و نود و نه ریال"
            ),
        ),
    ],
)
def test_amounts_in_words(amount: int, words: str) -> None:
    assert in_words(Rials(amount)) == words


def test_amounts_in_grouped_persian_digits() -> None:
    assert grouped_digits(Rials(6_572_222_222)) == "۶٬۵۷۲٬۲۲۲٬۲۲۲"
    assert grouped_digits(Rials(0)) == "۰"


@given(st.integers(0, LIMIT - 1))
def test_every_amount_can_be_written(amount: int) -> None:
    assert int(ascii_digits(grouped_digits(Rials(amount))).replace("٬", "")) == amount
    words = in_words(Rials(amount))
    assert words.endswith(" ریال")
    assert "  " not in words


@given(st.integers(0, LIMIT - 1), st.integers(0, LIMIT - 1))
def test_two_amounts_never_share_their_words(one: int, other: int) -> None:
    assert (in_words(Rials(one)) == in_words(Rials(other))) == (one == other)
