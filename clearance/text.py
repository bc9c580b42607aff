"""Persian text: one spelling for what looks the same, and nothing that prints as nothing.

Texts stay plain text: HTML or template syntax in a name is not touched here and is printed as
it stands.
"""

import re
import unicodedata
from typing import Literal

from clearance.errors import InvalidValue

_DIGITS = "0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"
_BIDI_MARKS = "\u061c\u200e\u200f\u2066\u2067\u2068\u2069"
"""Marks and isolates (UAX 9): what is copied from a PDF or a page carries some, such as the U+061C
beside the slashes of a number. Overrides are not among them, which show another number."""

_TO_ASCII = str.maketrans(_DIGITS[1] + _DIGITS[2], _DIGITS[0] * 2, _BIDI_MARKS)
_TO_PERSIAN = str.maketrans(_DIGITS[0] + _DIGITS[2], _DIGITS[1] * 2)

# An own table: NFKC does not fold these letters, and persiantools' ar_to_fa takes a kasra away.
_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ـ": None})

_JOINERS = "\u200c\u200d"
"""ZWNJ and ZWJ: invisible, but they decide the shape of Persian letters."""

_WITHOUT_JOINERS = {ord(joiner): None for joiner in _JOINERS}

_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd")
"""Signs of the Arabic script that Unicode files under the format characters but that print."""

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Default-ignorable characters outside the category of format characters."""

_BLANKS = re.compile(f" [ {_JOINERS}]*")


def ascii_digits(text: str) -> str:
    """Read digits as they are typed in or pasted: Persian and Arabic-Indic ones become ASCII.

    Bidi marks and isolates, which a copied number carries unseen, are left out; all else stays
    (``²`` too).
    """
    return text.translate(_TO_ASCII)


def persian_digits(text: str) -> str:
    """Replace ASCII and Arabic-Indic digits by Persian digits."""
    return text.translate(_TO_PERSIAN)


def paper_digits(text: str) -> str:
    """Set the digits of a text of the parties as the paper and the pages show them.

    They are Persian, except in words that hold Latin letters (``BMI-140308``) and in texts that
    begin with one (``Supply of 3 pumps``), where they would look torn.
    """
    if _first_strong(text) == "L":
        return text
    return " ".join(
        word
        if any(letter.isascii() and letter.isalpha() for letter in word)
        else persian_digits(word)
        for word in text.split(" ")
    )


def reading_direction(text: str) -> Literal["ltr", "rtl"]:
    """Tell how a text of the parties runs inside Persian: its first strong letter decides.

    That is rule P2 of the Unicode bidirectional algorithm (UAX 9). A number without any letter
    runs left to right.
    """
    return "rtl" if _first_strong(text) in {"R", "AL"} else "ltr"


def clean(text: str, *, limit: int) -> str:
    """Bring a text from outside into the one form that is kept, hashed and printed.

    Folds Arabic yeh, alef maksura and kaf, drops tatweel, bidi controls and other invisible
    characters except the joiners (ZWNJ is part of Persian spelling), turns every run of blanks
    into one space, strips, and returns NFC. Cleaning a clean text changes nothing.

    ``limit`` counts code points of the result. Raises ``InvalidValue`` with
    ``text.control_character`` (tabs and line ends included), ``text.not_a_character``
    (surrogates, noncharacters, private use, unassigned), ``text.empty`` or ``text.too_long``.
    """
    _refuse_unprintable(text)
    cleaned = _fold(unicodedata.normalize("NFC", text))
    if not any(unicodedata.category(character)[0] in "LNPS" for character in cleaned):
        raise InvalidValue("text.empty")
    if len(cleaned) > limit:
        raise InvalidValue("text.too_long", parameters={"limit": str(limit)})
    return cleaned


def match_key(text: str) -> str:
    """Return a key under which two spellings of the same text are equal; never shown.

    Beyond ``clean`` it drops the joiners, folds digits, compatibility forms and letter case.
    It accepts any text and raises nothing.
    """
    # What is dropped goes first: between two marks it would hide that their order is free.
    plain = _fold(unicodedata.normalize("NFC", text)).translate(_WITHOUT_JOINERS)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain).casefold())
    return ascii_digits(_fold(folded))


def _fold(text: str) -> str:
    visible = "".join(map(_kept, _INVISIBLE.sub("", text.translate(_LETTERS))))
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", visible).strip(f" {_JOINERS}"))


def _kept(character: str) -> str:
    if character in _JOINERS or character in _VISIBLE_FORMATS:
        return character
    match unicodedata.category(character):
        case "Zs":
            return " "
        case "Cf":
            return ""
        case _:
            return character


def _first_strong(text: str) -> str | None:
    """Return the bidirectional class of the first letter: L, R or AL."""
    classes = map(unicodedata.bidirectional, text)
    return next((each for each in classes if each in {"L", "R", "AL"}), None)


def _refuse_unprintable(text: str) -> None:
    for character in text:
        match unicodedata.category(character):
            case "Cc" | "Zl" | "Zp":
                raise InvalidValue("text.control_character")
            case "Cs" | "Co" | "Cn":
                raise InvalidValue("text.not_a_character")
