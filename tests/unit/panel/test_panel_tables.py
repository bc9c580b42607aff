"""Tables and downloads of the panel, its way back after a login, its cookies' values."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
from starlette.requests import Request

from api.panel.cookies import decoded, encoded
from api.panel.shell import templates
from api.panel.tables import Badge, Code, Link, Table, csv_response, paging_of
from api.panel.visits import way_back

ROW = (
    Code(text="1404-0041-000001-9", href="/panel/x"),
    "شعبه <b>۴</b>",
    1234567,
    datetime(2026, 2, 1, 20, 45, tzinfo=UTC),
    date(2026, 2, 1),
    Link(text="پیوند", href="/panel/y"),
    Badge(word="باز", tone="genuine"),
    None,
)


def _shown(table: Table) -> str:
    parts = templates().get_template("parts.html").module
    return str(parts.table(table))


def test_a_table_shows_each_kind_of_value_in_persian() -> None:
    shown = _shown(Table(caption="جدول", columns=tuple("ابپتثجچح"), rows=(ROW,), csv="/x.csv"))

    assert '<a href="/panel/x"><bdi dir="ltr" class="code">۱۴۰۴-۰۰۴۱-۰۰۰۰۰۱-۹</bdi></a>' in shown
    assert "شعبه &lt;b&gt;۴&lt;/b&gt;" in shown
    assert '<bdi dir="ltr">۱٬۲۳۴٬۵۶۷</bdi>' in shown
    assert '<time datetime="2026-02-01T20:45:00Z">' in shown
    assert "۱۴۰۴/۱۱/۱۳" in shown, "already the next day in Tehran"
    assert '<time datetime="2026-02-01"><bdi dir="ltr">۱۴۰۴/۱۱/۱۲</bdi></time>' in shown
    assert '<span class="badge genuine">باز</span>' in shown
    assert "—" in shown
    assert shown.count('scope="row"') == 1
    assert 'href="/x.csv"' in shown


def test_an_empty_table_says_so() -> None:
    assert "هیچ" in _shown(Table(caption="جدول", columns=("ا",), rows=(), empty="هیچ ردیفی نیست."))


def test_a_download_holds_plain_values() -> None:
    body = csv_response("rows", "ابپتثجچح", [ROW]).body.decode("utf-8")

    assert body.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(body[1:])))[1] == [
        "1404-0041-000001-9",
        "شعبه <b>۴</b>",
        "1234567",
        "2026-02-01T20:45:00Z",
        "1404/11/12",
        "پیوند",
        "باز",
        "",
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_becomes_a_formula_of_a_spreadsheet(text: str) -> None:
    for cell in (text, Code(text=text), Link(text=text, href="")):
        body = csv_response("rows", ["ا"], [(cell,)]).body.decode("utf-8")
        assert list(csv.reader(io.StringIO(body[1:], newline="")))[1] == [f"'{text}"]


def _request(query: str) -> Request:
    return Request(
        {"type": "http", "path": "/panel/rows", "query_string": query.encode(), "headers": []}
    )


@pytest.mark.parametrize(
    ("query", "page", "earlier", "later"),
    [
        ("", 1, None, "/panel/rows?page=2"),
        (
            "branch=0041&page=2",
            2,
            "/panel/rows?branch=0041&page=1",
            "/panel/rows?branch=0041&page=3",
        ),
        ("page=3", 3, "/panel/rows?page=2", None),
        ("page=99", 3, "/panel/rows?page=2", None),
        ("page=0", 1, None, "/panel/rows?page=2"),
        ("page=-1", 1, None, "/panel/rows?page=2"),
        ("page=²", 1, None, "/panel/rows?page=2"),
        ("page=x", 1, None, "/panel/rows?page=2"),
    ],
)
def test_pages_are_counted_from_the_address(query, page, earlier, later) -> None:
    paging = paging_of(_request(query), 120)

    assert (paging.page, paging.pages, paging.earlier, paging.later) == (page, 3, earlier, later)
    assert paging.offset == (page - 1) * 50


def test_nothing_is_one_page() -> None:
    paging = paging_of(_request(""), 0)

    assert (paging.page, paging.pages, paging.earlier, paging.later) == (1, 1, None, None)


@pytest.mark.parametrize(
    "path", ["/panel", "/panel/rows", "/panel/rows?branch=0041&page=2", "/panel?x=1"]
)
def test_the_way_back_leads_into_the_panel(path: str) -> None:
    assert way_back(path) == path


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.test/panel",
        "//evil.test/panel",
        "/\\evil.test",
        "/panel/\\evil",
        "/panelevil.test",
        "/panel@evil.test",
        "/panel\r\nSet-Cookie: a=b",
        "/panel/ü",
        "javascript:alert(1)",
        "",
    ],
)
def test_the_way_back_never_leaves_the_panel(wanted: str) -> None:
    assert way_back(wanted) == "/panel"


def test_a_notice_survives_its_cookie_and_rubbish_does_not() -> None:
    text = "حساب «علی» باز شد؛ ok"
    assert re.fullmatch(r"[A-Za-z0-9_-]+", encoded(text))
    assert decoded(encoded(text)) == text
    for rubbish in ("a", "é", "_w", "====="):
        assert decoded(rubbish) in {None, ""}
