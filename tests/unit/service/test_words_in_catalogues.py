"""Persian stands in catalogues and templates and nowhere in the code."""

import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PERSIAN = re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
SPOKEN_BY = {tokenize.STRING, tokenize.COMMENT, tokenize.NAME}
ELSEWHERE = frozenset({".venv", "bench", "build", "docs", "tests", "var"})
"""What the product does not consist of: what tries, measures or explains it."""
LETTERS = {
    "clearance/text.py": "the letters and digits that are folded into one another",
    "clearance/fields.py": "the digits that a pattern of the API takes",
    "clearance/paper_form_request.py": "the letters that an explanation may hold",
    "clearance/money.py": "the unit of an amount in words, as the number's own words are",
}
"""Tables of letters of the domain, which imports nothing, and so no catalogue."""


def _persian(file: Path) -> list[str]:
    with file.open("rb") as source:
        return [
            f"{file.relative_to(ROOT)}:{each.start[0]}: {each.string[:60]}"
            for each in tokenize.tokenize(source.readline)
            if each.type in SPOKEN_BY and PERSIAN.search(each.string)
        ]


def _files() -> list[Path]:
    return [file for file in ROOT.rglob("*.py") if file.relative_to(ROOT).parts[0] not in ELSEWHERE]


def test_no_code_holds_persian_words() -> None:
    files = _files()
    assert len(files) > 300, "the search finds the product"
    held = [
        line
        for file in files
        if str(file.relative_to(ROOT)) not in LETTERS
        for line in _persian(file)
    ]
    assert held == []


@pytest.mark.parametrize("file", LETTERS)
def test_each_exception_is_needed(file: str) -> None:
    assert _persian(ROOT / file)
