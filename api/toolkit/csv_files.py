"""Tables as files for spreadsheets: one writer for every download (``clearance.csv_text``)."""

from collections.abc import Iterable, Iterator

from starlette.responses import StreamingResponse

from clearance.csv_text import BYTE_ORDER_MARK, MEDIA_TYPE, csv_row

Cell = str | int | None


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """Yield a table line by line, its heading first."""
    yield BYTE_ORDER_MARK + csv_row(columns)
    yield from map(csv_row, rows)


def csv_file(
    name: str, columns: Iterable[str], rows: Iterable[Iterable[Cell]]
) -> StreamingResponse:
    """Return a table as a file ``name.csv``, written while ``rows`` are read.

    What ``rows`` raise after the first line cuts the answer off: whoever makes them reads their
    first page before.
    """
    return StreamingResponse(
        csv_lines(columns, rows),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
