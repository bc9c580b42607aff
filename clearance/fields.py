"""The single values of a request: each with its reader and its description for integrators."""

from collections.abc import Callable

from clearance.clock import parse_moment
from clearance.jalali import parse_date
from clearance.money import LIMIT, Rials
from clearance.shapes import Leaf
from clearance.text import clean

LONGEST_NAME = 300
LONGEST_SUBJECT = 2000
LONGEST_ADDRESS = 500
LONGEST_TEXT = 100

DIGIT = "[0-9۰-۹٠-٩]"
"""A digit as requests may write it: ASCII, Persian or Arabic-Indic."""


def text(limit: int, description: str) -> Leaf:
    """Return a text of at most ``limit`` code points; see ``clearance.text.clean``."""
    return Leaf(
        json_type=str,
        parse=lambda text: clean(text, limit=limit),
        describes={
            "type": "string",
            "minLength": 1,
            "maxLength": limit,
            "description": description,
        },
    )


def digits(parse: Callable[[str], object], pattern: str, description: str) -> Leaf:
    """Return a string of digits in any script that ``parse`` reads."""
    return Leaf(
        json_type=str,
        parse=parse,
        describes={"type": "string", "pattern": f"^{pattern}$", "description": description},
    )


def day(description: str) -> Leaf:
    """Return a date; see ``clearance.jalali.parse_date``."""
    return digits(
        parse_date,
        rf"{DIGIT}{{4}}([-/]){DIGIT}{{2}}\1{DIGIT}{{2}}",
        f"{description} Jalali (years 1300-1502) or Gregorian, told by the year.",
    )


def moment(description: str) -> Leaf:
    """Return a moment; see ``clearance.clock.parse_moment``."""
    return Leaf(
        json_type=str,
        parse=parse_moment,
        describes={
            "type": "string",
            "format": "date-time",
            "description": f"{description} RFC 3339 with offset; not in the future.",
        },
    )


def rials(description: str) -> Leaf:
    """Return an amount; see ``clearance.money.Rials.parse``."""
    return Leaf(
        json_type=None,
        parse=Rials.parse,
        describes={
            "type": "integer",
            "minimum": 0,
            "maximum": LIMIT - 1,
            "description": f"{description} Whole rials, written without fraction or exponent.",
        },
    )
