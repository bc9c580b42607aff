"""Compares the text of a print-out with the facts of the clearance that its QR code names.

Only what certainly contradicts counts: a labelled value of ours that is another one. Text that is
missing, in another order or unreadable says nothing; forgers need not write any text at all.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clearance.canonical import certificate_object
from clearance.certificate import ClearanceCertificate
from clearance.text import match_key
from clearance.verdict import Difference
from verifier.reading import PageReading

AMOUNTS = {
    "/contract/initial_amount": "initial_amount",
    "/performed_work/gross_amount": "gross_amount",
    "/premium/premium_due": "premium_due",
    "/premium/unemployment_premium": "unemployment_premium",
    "/premium/sum_of_debits": "sum_of_debits",
    "/premium/amount_collected": "amount_collected",
}
"""Name of the label before each amount on the paper, by its place in the canonical data."""

Labels = Mapping[str, str]
"""What the facts are called by the version of the template that printed the clearance."""
_LABELS = (*AMOUNTS.values(), "contract_row", "identifiers", "name")

OUR_LABELS = 4
"""So many lines that begin with our labels make a page one of ours."""

LETTERS_APART = 4
"""Letters by which two names have to differ: extracting a text loses some."""

LONGEST_FOUND = 200
"""Characters of a printed text that are shown."""

_NUMBER = re.compile(r"(?<![\d-])\d{4}-\d{4}-\d{6}-\d(?![\d-])")
_LAM, _ALEF = "\N{ARABIC LETTER LAM}", "\N{ARABIC LETTER ALEF}"
_SEPARATORS = "\N{ARABIC THOUSANDS SEPARATOR},\N{ARABIC COMMA}"
_GROUPED = re.compile(rf"(?<!\d)\d{{1,3}}(?:[{_SEPARATORS}]\d{{3}})+(?!\d)")
_GROUPED_FROM = 1_000
_IDENTIFIER = re.compile(r"(?<!\d)\d{10,11}(?!\d)")
_BRACKETS = re.compile(r"[()\[\]«»]")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What comparing gave."""

    equal: int = 0
    """How many facts the text states as the register does."""
    differences: tuple[Difference, ...] = ()


def compare(
    pages: Sequence[PageReading],
    named: Sequence[bool],
    certificate: ClearanceCertificate,
    labels: Labels,
) -> Comparison:
    """Compare the pages that are ours by their code (``named``) or by their labels.

    Pages that are mostly a picture are left out: their text may be a machine's guess.
    """
    texts = [
        _lines(page.text)
        for page, has_code in zip(pages, named, strict=True)
        if not page.pictured and (has_code or _labels_in(_lines(page.text), labels) >= OUR_LABELS)
    ]
    lines = [line for text in texts for line in text]
    facts = _Facts(certificate)
    found = [
        *_compare_all(_NUMBER, facts, lines, "/number", certificate.number),
        *_compare_all(
            _row_pattern(labels), facts, lines, "/contract/row", facts.value("/contract/row")
        ),
        *_amounts(facts, lines, labels),
        *_identifiers(facts, lines, labels),
        *_names(facts, texts, labels),
    ]
    return Comparison(
        equal=sum(1 for each in found if each is None),
        differences=tuple(each for each in found if each is not None),
    )


class _Facts:
    """The canonical data of a clearance, and all that stands in it."""

    def __init__(self, certificate: ClearanceCertificate) -> None:
        self._object = certificate_object(certificate)
        self.text = "\n".join(_line(each) for each in _strings(self._object))

    def value(self, pointer: str) -> str:
        found: Any = self._object
        for name in pointer.strip("/").split("/"):
            found = found[name]
        return str(found)

    def amounts(self) -> dict[str, int]:
        return {pointer: int(self.value(pointer)) for pointer in AMOUNTS}

    def receipts(self) -> list[int]:
        return [each["amount"] for each in self._object["premium"]["receipts"]]


_Found = Iterator[Difference | None]
"""A difference, or ``None`` for a fact that is stated as it should be."""


def _compare_all(
    pattern: re.Pattern[str], facts: _Facts, lines: list[str], pointer: str, value: str
) -> _Found:
    """Compare every place where a value stands; others may stand in the register's own texts."""
    allowed = {value, facts.value("/number"), *pattern.findall(facts.text)}
    printed = list(dict.fromkeys(each for line in lines for each in pattern.findall(line)))
    strange = [each for each in printed if each not in allowed]
    if strange:
        yield Difference(field=pointer, issued=value, found=strange[0])
    elif value in printed:
        yield None


def _amounts(facts: _Facts, lines: list[str], labels: Labels) -> _Found:
    """Compare labelled amounts; where no label is found, all amounts together."""
    labelled = 0
    for pointer, amount in facts.amounts().items():
        label = re.escape(_line(labels[AMOUNTS[pointer]]))
        pattern = re.compile(rf"{label} ({_GROUPED.pattern}|\d+(?![\d{_SEPARATORS}]))")
        for match in filter(None, map(pattern.match, lines)):
            labelled += 1
            printed = _digits(match[1])
            same = int(printed) == amount
            yield None if same else Difference(field=pointer, issued=str(amount), found=printed)
            break
    if not labelled:
        yield from _exchanged_amounts(facts, lines)


def _exchanged_amounts(facts: _Facts, lines: list[str]) -> _Found:
    """Find an amount that is missing while another stands there that the register does not know."""
    printed = Counter(_digits(each) for line in lines for each in _GROUPED.findall(line))
    amounts = facts.amounts()
    expected = Counter(map(str, [*amounts.values(), *facts.receipts()]))
    allowed = set(expected) | {_digits(each) for each in _GROUPED.findall(facts.text)}
    unknown = [each for each in printed if each not in allowed]
    missing = {
        pointer: amount
        for pointer, amount in amounts.items()
        if amount >= _GROUPED_FROM and printed[str(amount)] < expected[str(amount)]
    }
    if unknown and missing and any(str(each) in printed for each in amounts.values()):
        for pointer, amount in missing.items():
            yield Difference(field=pointer, issued=str(amount), found=", ".join(unknown[:3]))


def _identifiers(facts: _Facts, lines: list[str], labels: Labels) -> _Found:
    """Compare the identifiers of the parties, which stand in one line."""
    pointers = ("/work_assigner/identifier", "/contractor/identifier")
    expected = {pointer: facts.value(pointer) for pointer in pointers}
    for line in lines:
        if not line.startswith(_line(labels["identifiers"])):
            continue
        printed = _IDENTIFIER.findall(line)
        strange = [each for each in printed if each not in expected.values()]
        for pointer, value in expected.items():
            if value in printed:
                yield None
            elif strange or len(printed) >= len(expected):
                yield Difference(field=pointer, issued=value, found=[*strange, *printed][0])


def _names(facts: _Facts, texts: list[list[str]], labels: Labels) -> _Found:
    """Compare the names of the parties: the letters between two labels, in whatever order."""
    names = {
        pointer: facts.value(pointer) for pointer in ("/work_assigner/name", "/contractor/name")
    }
    for text in texts:
        block = _between(text, _line(labels["name"]) + " ", _line(labels["identifiers"]))
        if block is None:
            continue
        expected = _letters("".join(names.values()))
        printed = _letters(block)
        apart = sum(((expected - printed) + (printed - expected)).values())
        whole = _folded(block)
        for pointer, name in names.items():
            if _folded(name) in whole:
                yield None
            elif apart >= LETTERS_APART:
                (other,) = (each for each in names if each != pointer)
                rest = block.replace(_line(names[other]), "").strip()
                yield Difference(field=pointer, issued=name, found=rest[:LONGEST_FOUND])


def _between(lines: list[str], begin: str, end: str) -> str | None:
    """Return the text from behind ``begin`` to the line that starts with ``end``."""
    starts = [index for index, line in enumerate(lines) if line.startswith(begin)]
    ends = [index for index, line in enumerate(lines) if line.startswith(end)]
    if len(starts) != 1 or len(ends) != 1 or not starts[0] < ends[0]:
        return None
    return " ".join(lines[starts[0] : ends[0]]).removeprefix(begin)


def _labels_in(lines: list[str], labels: Labels) -> int:
    beginnings = [f"{_line(labels[name])} " for name in _LABELS]
    return sum(any(line.startswith(each) for line in lines) for each in beginnings)


def _row_pattern(labels: Labels) -> re.Pattern[str]:
    return re.compile(rf"{_line(labels['contract_row'])} (\d{{8}}|\d{{3}})(?!\d)")


def _lines(text: str) -> list[str]:
    return [_line(each) for each in text.splitlines()]


def _line(text: str) -> str:
    """Fold digits, letters and blanks by ``match_key``.

    Marks and brackets, which end up at other places when a text is extracted, are left out.
    """
    decomposed = unicodedata.normalize("NFKD", match_key(text))
    kept = "".join(each for each in decomposed if unicodedata.category(each) != "Mn")
    return " ".join(_BRACKETS.sub(" ", kept).split())


def _folded(text: str) -> str:
    """Letters and digits alone; extracting turns the ligature of lam and alef round."""
    return "".join(filter(str.isalnum, _line(text))).replace(_LAM + _ALEF, _ALEF + _LAM)


def _letters(text: str) -> Counter[str]:
    return Counter(filter(str.isalnum, _line(text)))


def _digits(text: str) -> str:
    return str(int("".join(filter(str.isdecimal, text))))


def _strings(value: object) -> Iterator[str]:
    """Walk all texts of the canonical data."""
    match value:
        case dict():
            for each in value.values():
                yield from _strings(each)
        case list():
            for each in value:
                yield from _strings(each)
        case str():
            yield value
        case _:
            pass
