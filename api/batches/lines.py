"""The lines of a batch as files: JSON Lines and CSV, written while they are read."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from api.batches.schemas import LineAnswer, line_answer
from api.toolkit.csv_files import csv_lines
from clearance.csv_text import MEDIA_TYPE
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


def json_lines(lines: Iterable[Line]) -> Iterator[str]:
    """Write each line as one JSON object."""
    for line in lines:
        yield line_answer(line).model_dump_json() + "\n"


def csv_rows(lines: Iterable[Line]) -> Iterator[str]:
    """Write each line as one row (RFC 4180, UTF-8 with a byte order mark), after a heading.

    Of a refusal the last two columns name every wrong value and every broken rule.
    """
    yield from csv_lines(CSV_COLUMNS, (_cells(line_answer(line)) for line in lines))


def _cells(answer: LineAnswer) -> tuple[str | int | None, ...]:
    return (
        answer.line,
        answer.state,
        answer.number,
        answer.verification_code,
        answer.issued_at,
        answer.document_sha256,
        answer.error.code if answer.error else None,
        _report(answer, "fa"),
        _report(answer, "en"),
    )


DOWNLOADS: Final[dict[str, tuple[Callable[[Iterable[Line]], Iterator[str]], str]]] = {
    "jsonl": (json_lines, JSON_LINES_TYPES[0]),
    "csv": (csv_rows, MEDIA_TYPE),
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
