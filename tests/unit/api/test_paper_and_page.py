"""What the page asks to be compared with the paper stands there in the same words and digits."""

import re
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from signer.clearance_letter import clearance_draft
from signer.letter import letter_html

EXAMPLES = sorted(file.stem for file in (Path(__file__).parents[3] / "examples").glob("*.json"))
VERIFY_URL = "HTTPS://CLEARANCE.EXAMPLE.IR/Q/TOKEN1"

Facts = list[tuple[str, str]]
"""Each fact's name and what is said of it, as words with one space between them."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_fact_of_the_paper_stands_equal_on_the_page(
    caller: Any, stand_ins: Any, name: str
) -> None:
    clearance = stand_ins.knows(name)
    certificate = clearance.certificate
    paper = facts_of_the_paper(printed(certificate))
    page = facts_of_the_page(caller.get(f"/q/{clearance.token_text}").text)
    for label, text in paper:
        whole = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        assert any(label == other and whole.search(shown) for other, shown in page), (label, text)
    receipts = certificate.request.premium.receipts
    assert len(paper) >= 40 + 3 * len(receipts)


def test_the_page_adds_nothing_to_the_paper(caller: Any, clearance: Any) -> None:
    html = printed(clearance.certificate)
    paper = plain(lxml.html.document_fromstring(html))
    page = facts_of_the_page(caller.get(f"/q/{clearance.token_text}").text)
    # What the paper says with a title or inside the letter has its name on the page only.
    unnamed = {"نوع", "نامهٔ واگذارنده", "شعبه", "رئیس وصول حق بیمه", "رئیس شعبه"}
    for label, text in page:
        assert label in paper or label in unnamed, label
        for words in re.split(" ریال |، | کد ", text):
            assert words.strip("() ") in paper, (label, words)


def printed(certificate: Any) -> str:
    draft = clearance_draft(certificate, token_text="TOKEN1", verify_url=VERIFY_URL)
    return letter_html(draft, demo=False)


def facts_of_the_paper(html: str) -> Facts:
    paper = lxml.html.document_fromstring(html)
    found = [*letterhead(paper)]
    for table in paper.iter("table"):
        heads = [plain(cell) for cell in table.xpath("thead//th")]
        for row in table.xpath("tbody/tr"):
            found += facts_of_a_row(table.get("class"), heads, row)
    (basis,) = paper.find_class("basis")
    found.append(tuple(plain(basis).split(": ", 1)))  # type: ignore[arg-type]
    (digest,) = paper.find_class("digest")
    found.append(("چکیدهٔ محتوا (SHA-256)", plain(digest).split(": ", 1)[1]))
    (scope,) = paper.find_class("scope")
    found.append(("", plain(scope).split(": ", 1)[1]))
    (letter,) = paper.find_class("body")
    referring = re.search("بازگشت به نامهٔ (.*? مورخ [^ ]*)", plain(letter))
    if referring:
        found.append(("نامهٔ واگذارنده", referring[1]))
    return found


def letterhead(paper: Any) -> Facts:
    (sender,) = paper.find_class("sender")
    (reference,) = paper.find_class("reference")
    (kind,) = paper.find_class("kind")
    _, province, branch = (plain(line) for line in sender)
    lines = [plain(line).split(": ", 1) for line in [*reference, *paper.xpath("//div/p[span]")]]
    named = [
        (line[0], line[1])
        for line in lines
        if len(line) == 2 and line[0] not in {"پیوست", "چکیدهٔ محتوا (SHA-256)"}
    ]
    return [
        ("استان", province.removeprefix("استان ")),
        ("شعبه", branch),
        ("نوع", plain(kind)),
        *named,
    ]


def facts_of_a_row(table: str, heads: list[str], row: Any) -> Facts:
    cells = [plain(cell) for cell in row]
    match table:
        case "receipts":
            return list(zip(heads[1:], cells[1:], strict=True))
        case "parties" if "/" in cells[0]:
            # "number (which of the two it is)"
            return [(cell.split("(")[1][:-1], cell.split(" ")[0]) for cell in cells[1:]]
        case "contract":
            return list(zip(cells[::2], cells[1::2], strict=True))
    return [(cells[0], cell) for cell in cells[1:]]


def facts_of_the_page(html: str) -> Facts:
    page = lxml.html.document_fromstring(html)
    found = []
    for english in page.find_class("en"):
        english.drop_tree()
    (section,) = page.xpath("//section[@aria-labelledby='facts']")
    for row in section.xpath(".//dl/div"):
        name, value = row
        found.append((plain(name), plain(value)))
    (scope,) = section.find_class("scope")
    return [*found, ("", plain(scope))]


def plain(element: Any) -> str:
    """Text without isolating characters and with single spaces."""
    text = re.sub("[\u2066-\u2069\u200f]", "", element.text_content())
    return re.sub(r" ([.،])", r"\1", " ".join(text.split()))
