"""Money: whole rials, the legal unit (ISO 4217: IRR)."""

from typing import Self

from persiantools.digits import to_word

from clearance.errors import InvalidValue
from clearance.text import persian_digits

CURRENCY = "IRR"

LIMIT = 10**15
"""Amounts stay below this: it is where the number words end (thousand million million)."""


class Rials(int):
    """A whole number of rials, ``0 <= rials < 10**15``.

    Arithmetic returns plain ``int``. The constructor raises ``InvalidValue`` with
    ``money.negative`` or ``money.too_large``.
    """

    __slots__ = ()

    def __new__(cls, amount: int) -> Self:
        """Check the range and build the amount."""
        if amount < 0:
            raise InvalidValue("money.negative")
        if amount >= LIMIT:
            raise InvalidValue("money.too_large", parameters={"limit": f"{LIMIT - 1:,}"})
        return super().__new__(cls, amount)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read an amount as it came out of JSON: an integer and nothing else.

        ``True``, ``1000.0`` (which is also what JSON's ``1e3`` becomes) and ``"1000"`` are
        refused with ``money.not_an_integer``: an amount is never guessed.
        """
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidValue("money.not_an_integer")
        return cls(value)


def in_words(amount: Rials) -> str:
    """Write the amount in formal Persian words, with the unit."""
    return f"{to_word(int(amount))} ریال"


def grouped_digits(amount: Rials) -> str:
    """Write the amount in Persian digits, in groups of three, without the unit."""
    return persian_digits(f"{int(amount):,}").replace(",", "\N{ARABIC THOUSANDS SEPARATOR}")
