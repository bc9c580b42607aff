"""What runs the other way inside a text of the parties: numbers, codes and Latin words in Persian.

The bidirectional algorithm (UAX 9) gives digits, signs and brackets a direction by what stands
before them. A layout that resolves each line by itself, as WeasyPrint does, then turns 120-2
in Persian digits round where it begins a line. A run that is isolated reads the same wherever the
line breaks; and ``Ltd.`` keeps its full stop.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from clearance.text import reading_direction

Direction = Literal["ltr", "rtl"]

_ALM = "\u061c"
_CLASSES = {"L": "L", "R": "R", "AL": "R", "EN": "D", "AN": "D", "ET": "T", "WS": "B"}
"""Classes of UAX 9 as one letter each; what is not named is a sign."""
_LATIN = re.compile("(?:D[DNT]*)?L(?:[LDNTQ]*[LD])?(?:B[LDNTBQ]*L(?:[LDNTQ]*[LD])?)*T*")
"""Latin words with the signs and numbers between them. A number after the last of them is not
theirs, though rule W7 says so: it may begin a Persian one (``BMI-1`` before a Persian number)."""
_NUMBER = re.compile("(?P<grouped>D+(?:[NT]+D+)+)|(?P<signed>(?<![RT])T+D+T*|(?<![RTD])D+T+)")
"""A number with separators (a telephone, a range, a date), or with a sign (a percentage)."""
_PERSIAN = re.compile("R(?:[^L]*[RD])?")
_BRACKETS = {")": "(", "]": "[", "»": "«", "}": "{"}
_QUOTES = frozenset("()[]«»{}\"'“”‘’")
_ENDS = re.compile(r"[/+]+(?=\s|$)")
"""What an address or a name (C++) may end with."""
_LONGEST_ABBREVIATION = 4


@dataclass(frozen=True)
class Run:
    """A piece of a text."""

    text: str
    direction: Direction | None
    """The direction in which it is isolated; ``None`` for what runs as the text around it."""


def isolated_runs(text: str) -> tuple[Run, ...]:
    """Divide a text of the parties into what runs as a whole does, and what is to be isolated.

    Joined together the runs are the text, but for an Arabic letter mark (U+061C) before a number
    with a sign: it lets the sign stand as it does after Persian words.
    """
    if reading_direction(text) == "ltr":
        spans = (_Span(*match.span(), "rtl") for match in _PERSIAN.finditer(_classes(text)))
        return _divided(text, spans)
    return runs_in_persian(text)


def runs_in_persian(text: str) -> tuple[Run, ...]:
    """Divide a text, or a part of one, that runs from right to left."""
    return _divided(text, _latin_spans(text))


class _Span(NamedTuple):
    start: int
    end: int
    direction: Direction
    before: str = ""


def _divided(text: str, spans: Iterable[_Span]) -> tuple[Run, ...]:
    runs: list[Run] = []
    end = 0
    for span in spans:
        runs.append(Run(text[end : span.start], None))
        runs.append(Run(span.before + text[span.start : span.end], span.direction))
        end = span.end
    runs.append(Run(text[end:], None))
    return tuple(run for run in runs if run.text)


def _latin_spans(text: str) -> Iterator[_Span]:
    """Yield Latin words and numbers with separators, in their order."""
    classes = _classes(text)
    end = 0
    for match in _LATIN.finditer(classes):
        if match.start() < end:
            continue
        start, following = _with_signs(text, *match.span())
        yield from _number_spans(text, classes, end, start)
        yield _Span(start, following, "ltr")
        end = following
    yield from _number_spans(text, classes, end, len(text))


def _number_spans(text: str, classes: str, start: int, end: int) -> Iterator[_Span]:
    """Yield numbers with separators, and those with a sign, between two places."""
    for match in _NUMBER.finditer(classes, start, end):
        first, following = match.span()
        if match["signed"]:
            yield _Span(first, following, "rtl", _ALM)
        else:
            first -= first > start and text[first - 1] == "+"
            yield _Span(first, following, "ltr")


def _with_signs(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the brackets that belong to a run, and the full stop of an abbreviation."""
    while start and _opens_within(text, start - 1, end):
        start -= 1
    while end < len(text):
        run, sign = text[start:end], text[end]
        if not (_ENDS.match(text, end) or (sign == "." and _is_abbreviation(run))):
            break
        end += 1
    return start, _closed(text, start, end)


def _closed(text: str, start: int, end: int) -> int:
    """Return where a run ends with the bracket that closes one within it (``(rev. 2)``)."""
    for closing, opening in _BRACKETS.items():
        if text.count(opening, start, end) > text.count(closing, start, end):
            at = text.find(closing, end)
            if at >= 0 and "R" not in _classes(text[end:at]):
                return _closed(text, start, at + 1)
    return end


def _opens_within(text: str, at: int, end: int) -> bool:
    """Tell whether a bracket opens at a place that closes before ``end``."""
    for closing, opening in _BRACKETS.items():
        if text[at] == opening:
            inside = text[at + 1 : end]
            return inside.count(closing) > inside.count(opening)
    return False


def _is_abbreviation(run: str) -> bool:
    """Tell whether a full stop after a run belongs to its last word: it is short (``Ltd``)."""
    return len(re.split(r"[\s.(]", run)[-1]) <= _LONGEST_ABBREVIATION


def _classes(text: str) -> str:
    """Return one letter a character; a mark is as what it stands on."""
    classes: list[str] = []
    for character in text:
        if character in _QUOTES:
            classes.append("Q")
            continue
        bidi = unicodedata.bidirectional(character)
        if bidi == "NSM" and classes:
            classes.append(classes[-1])
        else:
            classes.append(_CLASSES.get(bidi, "N"))
    return "".join(classes)
