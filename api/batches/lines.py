"""The lines of a batch as files: JSON Lines and CSV, written while they are read."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from api.batches.schemas import LineAnswer, line_answer
from register.batches.records import Line

JSON_LINES_TYPES: Final = ("application/jsonl", "application/x-ndjson")
CSV_TYPE: Final = "text/csv"
CSV_COLUMNS: Final = (
    "line",
    "state",
    "number",
    "verification_code",
    "issued_at",
    "document_sha256",
    "code",
    "fa",
    "en",
)
_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel reads Persian as Latin-1."""


def json_lines(lines: Iterable[Line]) -> Iterator[str]:
    """Write each line as one JSON object."""
    for line in lines:
        yield line_answer(line).model_dump_json() + "\n"


def csv_rows(lines: Iterable[Line]) -> Iterator[str]:
    """Write each line as one row (RFC 4180, UTF-8 with a byte order mark), after a heading.

    Of a refusal the last two columns name every wrong value and every broken rule.
    """
    yield _BYTE_ORDER_MARK + _row(CSV_COLUMNS)
    for line in lines:
        answer = line_answer(line)
        yield _row(
            (
                str(answer.line),
                answer.state,
                answer.number or "",
                answer.verification_code or "",
                answer.issued_at or "",
                answer.document_sha256 or "",
                answer.error.code if answer.error else "",
                _report(answer, "fa"),
                _report(answer, "en"),
            )
        )


DOWNLOADS: Final[dict[str, tuple[Callable[[Iterable[Line]], Iterator[str]], str]]] = {
    "jsonl": (json_lines, JSON_LINES_TYPES[0]),
    "csv": (csv_rows, f"{CSV_TYPE}; charset=utf-8; header=present"),
}
"""What writes each format, and its media type."""


def _report(answer: LineAnswer, language: str) -> str:
    """Tell the reasons of a refusal in one cell, or the error where it has no parts."""
    values = [f"{each.field} {getattr(each.message, language)}" for each in answer.errors or ()]
    rules = [
        f"{each.requirement} {getattr(each.message, language)}" for each in answer.failures or ()
    ]
    whole = [getattr(answer.error.message, language)] if answer.error else []
    return "\n".join(each.strip() for each in (*values, *rules) or whole)


def _row(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
