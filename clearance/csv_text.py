"""CSV for spreadsheets and people: quoted where needed, Persian readable, nothing executed.

RFC 4180 with CRLF, in UTF-8. A file begins with ``BYTE_ORDER_MARK``, without which Excel reads
Persian as Latin-1.
"""

import csv
import io
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
MEDIA_TYPE = "text/csv; charset=utf-8; header=present"

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""With what a spreadsheet begins to compute instead of showing (OWASP, CSV injection)."""


def csv_row(cells: Iterable[str | int | None]) -> str:
    """Write one row with its line end; a text that a spreadsheet would compute gets a ``'``.

    ``None`` becomes an empty cell.
    """
    written = io.StringIO()
    csv.writer(written).writerow(map(_cell, cells))
    return written.getvalue()


def _cell(value: str | int | None) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.lstrip().startswith(_FORMULA_STARTS) else value
    return "" if value is None else str(value)
