"""A text of the parties stands on a browser's page as on the sheet."""

import random
from itertools import groupby

import pytest
from playwright.sync_api import Browser

LINES_OF_EACH_BOX = """
() => [...document.querySelectorAll("p")].map((box) => {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT), found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.length; at++) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const place = range.getClientRects()[0];
      if (place && place.width) found.push([Math.round(place.bottom), place.x, node.data[at]]);
    }
  }
  return found;
})
"""


@pytest.fixture(scope="module")
def order(load_vectors):
    return load_vectors("order")


@pytest.fixture(scope="module")
def chosen(order):
    """Sixty texts, always the same."""
    draw = random.Random(38)  # noqa: S311  # no secret
    pieces = (*order.PERSIAN, *order.TOKENS)
    return [draw.choices(pieces, k=draw.randint(2, 12)) for _ in range(60)]


def test_each_token_stands_as_in_a_browser(browser: Browser, order, chosen):
    texts = [order.text_of(each) for each in chosen]
    for width in order.WIDTHS:
        for pieces, text, lines in zip(
            chosen, texts, in_the_browser(browser, order.page_of(texts, width=width)), strict=True
        ):
            on_the_sheet = order.painted_lines([text], width=width)
            for token in order.tokens_of(pieces):
                assert not order.lost(token, lines), (width, lines)
                assert not order.lost(token, on_the_sheet), (width, on_the_sheet)
            if width == max(order.WIDTHS):
                assert [bare(line) for line in lines] == [bare(line) for line in on_the_sheet]


def in_the_browser(browser: Browser, html: str) -> list[list[str]]:
    """Return the lines of each box, as their characters stand from the left."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_content(html)
    boxes = page.evaluate(LINES_OF_EACH_BOX)
    page.close()
    return [list(lines_of(box)) for box in boxes]


def lines_of(box):
    for _, line in groupby(sorted(box), key=lambda it: it[0]):
        yield "".join(character for _, _, character in line)


def bare(line: str) -> str:
    """Leave out blanks and marks, whose place each engine rounds its own way."""
    return "".join(each for each in line if each not in " ٔ").replace(")", "(")
