"""Lists of the panel: one declaration gives the page's table, its filters, paging and download.

A list's words stand in ``templates/messages/listings.toml`` under its name, its page in
``templates/panel/<name>.html``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from api.panel.filters import Asked, Branch, Filter
from api.panel.shell import panel_page
from api.panel.supervised import branch_options
from api.panel.tables import PAGE_SIZE, Cell, Table, csv_response, paging_of
from register.supervision.records import Page
from templates.catalogues import catalogue

R = TypeVar("R")
P = TypeVar("P")

MOST_DOWNLOADED = 10_000
"""Rows of a download."""

Columns = Mapping[str, Callable[[R], Cell]]
"""Cells by the names of their columns, whose headings the catalogue holds."""


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[R]):
    """A table of one kind of row, as the page shows it and as a file holds it."""

    name: str
    columns: Columns[R]
    file: str | None = None
    """What its download is called."""
    file_columns: Columns[R] = field(default_factory=dict)
    """What its download says besides."""
    headings: Mapping[str, str] = field(default_factory=dict)
    """Headings that are words of an enumeration and stand elsewhere in the catalogues."""

    def table(
        self,
        rows: Iterable[R],
        *,
        csv: str | None = None,
        further: Columns[R] | None = None,
        **words: str,
    ) -> Table:
        """Return the page's table; ``further`` columns are the page's alone.

        ``words`` fill the caption. ``csv`` is the address of the download.
        """
        columns = {**self.columns, **(further or {})}
        section = catalogue("listings")[self.name]
        return Table(
            caption=section["caption"].format(**words),
            columns=self._headings(columns),
            rows=tuple(_cells(columns, each) for each in rows),
            empty=section.get("empty", ""),
            csv=csv,
        )

    def sheet(self, rows: Iterable[R]) -> Response:
        """Return rows as a file."""
        columns = {**self.columns, **self.file_columns}
        return csv_response(
            self.file or self.name,
            self._headings(columns),
            (_cells(columns, each) for each in rows),
        )

    def _headings(self, columns: Iterable[str]) -> tuple[str, ...]:
        section = catalogue("listings")[self.name]
        words = {**section["columns"], **self.headings}
        return tuple(words[each] for each in columns)


@dataclass(frozen=True, kw_only=True)
class FilteredListing(Listing[R]):
    """A list with a page of its own, which the address's choices narrow."""

    path: str
    filters: tuple[Filter, ...] = ()

    def page(
        self,
        asked: Asked,
        *,
        further: Columns[R] | None = None,
        **values: Any,
    ) -> Response:
        """Show the list; ``values`` are what its template says besides."""
        chosen = self.chosen(asked)
        rows, paging = self._shown(asked, chosen)
        words = {each.name: each.word(chosen[each.name]) for each in self.filters}
        csv = address(f"{self.path}.csv", chosen) if self.file else None
        return panel_page(
            asked.request,
            f"{self.name}.html",
            path=self.path,
            chosen=chosen,
            choices={each.name: each.options for each in self.filters},
            branches=self._branches(asked),
            data=self.table(rows, csv=csv, further=further, **words),
            **paging,
            **values,
        )

    def download(self, asked: Asked) -> Response:
        """Return the same as a file, up to the most that a file holds."""
        return self.sheet(self._all(asked, self.chosen(asked)))

    def chosen(self, asked: Asked) -> Mapping[str, str]:
        """Return what the address chooses, by the filters' names; empty for nothing."""
        return {each.name: each.read(asked.request) for each in self.filters}

    def _branches(self, asked: Asked) -> tuple[tuple[str, str], ...]:
        if not any(isinstance(each, Branch) for each in self.filters):
            return ()
        return branch_options(asked.supervision.branches(asked.officer.reach))

    def _shown(self, asked: Asked, chosen: Mapping[str, str]) -> tuple[Sequence[R], dict[str, Any]]:
        raise NotImplementedError

    def _all(self, asked: Asked, chosen: Mapping[str, str]) -> Iterable[R]:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class PagedListing(FilteredListing[R]):
    """A list whose pages are counted."""

    find: Callable[[Asked, Mapping[str, str], int, int], Page[R]]
    """Given who asks, what was chosen, limit and offset."""
    page_size: int = PAGE_SIZE

    def _shown(self, asked: Asked, chosen: Mapping[str, str]) -> tuple[Sequence[R], dict[str, Any]]:
        # The count is the query's own, so that no page beyond it is asked for.
        counted = self.find(asked, chosen, 0, 0)
        paging = paging_of(asked.request, counted.total, limit=self.page_size)
        page = self.find(asked, chosen, paging.limit, paging.offset)
        return page.rows, {"paging": paging}

    def _all(self, asked: Asked, chosen: Mapping[str, str]) -> Iterable[R]:
        return self.find(asked, chosen, MOST_DOWNLOADED, 0).rows


@dataclass(frozen=True, kw_only=True)
class CursorListing(FilteredListing[R], Generic[R, P]):
    """A list that goes on behind the last row shown, and is never counted."""

    cursor: str
    """What the address calls the row behind which to go on."""
    find: Callable[[Asked, Mapping[str, str], P | None, int], Sequence[R]]
    """Given who asks, what was chosen, the row to go on behind or nothing, and the limit."""
    place: Callable[[R], P]
    """What names a row in the address."""
    read: Callable[[str], P | None]
    """Reads such a name; nothing if it cannot be one."""
    page_size: int = PAGE_SIZE
    most_at_once: int = MOST_DOWNLOADED
    """Rows that the register gives at once."""

    def _shown(self, asked: Asked, chosen: Mapping[str, str]) -> tuple[Sequence[R], dict[str, Any]]:
        behind = self.read(asked.request.query_params.get(self.cursor, ""))
        # One more than is shown tells whether the list goes on.
        found = self.find(asked, chosen, behind, self.page_size + 1)
        rows = found[: self.page_size]
        goes_on = {**chosen, self.cursor: str(self.place(rows[-1]))} if rows else {}
        return rows, {
            "later": address(self.path, goes_on) if len(found) > len(rows) else None,
            "newest": address(self.path, chosen) if behind is not None else None,
        }

    def _all(self, asked: Asked, chosen: Mapping[str, str]) -> Iterator[R]:
        behind: P | None = None
        for _ in range(MOST_DOWNLOADED // self.most_at_once):
            rows = self.find(asked, chosen, behind, self.most_at_once)
            yield from rows
            if len(rows) < self.most_at_once:
                return
            behind = self.place(rows[-1])


def _cells(columns: Columns[R], row: R) -> tuple[Cell, ...]:
    return tuple(cell(row) for cell in columns.values())


def address(path: str, chosen: Mapping[str, str]) -> str:
    """Return the address of ``path`` with what was chosen."""
    kept = {name: value for name, value in chosen.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
