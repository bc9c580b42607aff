"""Tables of the panel: one description serves the page and the download."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.toolkit.csv_files import csv_lines
from clearance.clock import format_moment
from clearance.csv_text import MEDIA_TYPE
from clearance.jalali import format_date
from clearance.text import ascii_digits

PAGE_SIZE = 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a text that begins like this for a formula."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """A number, code or name in Latin letters: set from left to right."""

    text: str
    href: str | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """A Persian text that leads somewhere."""

    text: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A state in a word, which its tone only underlines."""

    word: str
    tone: str
    """``genuine``, ``withdrawn``, ``refused`` or ``unchecked``."""


Cell = str | int | datetime | date | Code | Link | Badge | None
"""Text; a number; a moment (UTC, shown in Tehran's time); a day; nothing."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with its caption; ``csv`` is the address of its download."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    """What stands there without any row; else the template's own words."""
    csv: str | None = None


@dataclass(frozen=True, kw_only=True)
class Paging:
    """Which page of a longer list is shown; ask for ``limit`` rows from ``offset`` on."""

    page: int
    pages: int
    total: int
    limit: int
    earlier: str | None
    """Address of the page before."""
    later: str | None

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.limit


def paging_of(request: Request, total: int, *, limit: int = PAGE_SIZE) -> Paging:
    """Read ``?page=`` and return the page; one that does not exist becomes the nearest."""
    pages = max(1, ceil(total / limit))
    wanted = request.query_params.get("page", "1")
    page = min(max(1, int(wanted)), pages) if wanted.isascii() and wanted.isdigit() else 1
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]

    def address(number: int) -> str | None:
        if not 1 <= number <= pages or number == page:
            return None
        return f"{request.url.path}?{urlencode([*others, ('page', number)])}"

    return Paging(
        page=page,
        pages=pages,
        total=total,
        limit=limit,
        earlier=address(page - 1),
        later=address(page + 1),
    )


def csv_response(name: str, columns: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Response:
    """Return a table as a file ``name.csv``: UTF-8 with byte order mark, as spreadsheets need it.

    Days are Jalali with Latin digits, moments RFC 3339 in UTC, numbers plain.
    """
    lines = csv_lines(columns, ((_plain(cell) for cell in row) for row in rows))
    return Response(
        "".join(lines),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _plain(cell: Cell) -> str | int:
    match cell:
        case int():
            return cell
        case datetime():
            return format_moment(cell)
        case date():
            return ascii_digits(format_date(cell))
        case Code(text=text) | Link(text=text) | Badge(word=text) | str(text):
            return f"'{text}" if text.startswith(_FORMULA) else text
        case None:
            return ""
