"""The words that a clearance is found by, and what a search makes of what was typed.

Both sides fold alike (``clearance.text.match_key``): digits and letters of any keyboard meet.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from clearance.text import match_key

MOST_WORDS: Final = 8
"""As many words of a search count."""
_LONGEST: Final = 100
_PART = re.compile(r"\w+")
_EDGES = "«»()[]{}.,\N{ARABIC COMMA}\N{ARABIC SEMICOLON};:!?\N{ARABIC QUESTION MARK}\"'/\\-_*"


def words_of(texts: Iterable[str]) -> list[str]:
    """Return the words of some texts: as written between blanks, and their parts."""
    return sorted({word for text in texts for word in _words(match_key(text))})


def wanted(text: str) -> str | None:
    """Return what was typed as a ``tsquery``: all words, each by its beginning.

    ``None`` if nothing is left of it.
    """
    typed = [each.strip(_EDGES)[:_LONGEST] for each in match_key(text).split()]
    words = [each for each in typed if each][:MOST_WORDS]
    return " & ".join(f"{_quoted(each)}:*" for each in words) or None


def _words(folded: str) -> Iterator[str]:
    for whole in folded.split():
        stripped = whole.strip(_EDGES)
        if stripped:
            yield stripped[:_LONGEST]
        yield from (part[:_LONGEST] for part in _PART.findall(whole))


def _quoted(word: str) -> str:
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
