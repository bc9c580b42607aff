"""What many files get for an answer, written while it is made.

Lines of JSON, one JSON document, or a table.
"""

import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.verification.comparison import comparison_answer
from api.verification.file_batches import FileBatch, JudgedFile
from api.verification.file_schemas import (
    FileAnswer,
    FilesEnd,
    FilesOpening,
    FilesSummary,
    FilesWaiting,
)
from api.verification.results import Way
from api.verification.schemas import verdict_answer
from clearance.csv_text import BYTE_ORDER_MARK, csv_row
from clearance.csv_text import MEDIA_TYPE as CSV_MEDIA_TYPE
from clearance.expectation import Agreement, Expectation
from clearance.verdict import Outcome

NDJSON_TYPE: Final = "application/x-ndjson"
JSON_TYPE: Final = "application/json"
CSV_TYPE: Final = "text/csv"
CSV_COLUMNS: Final = (
    "place",
    "name",
    "outcome",
    "number",
    "agrees",
    "not_equal",
    "reasons",
    "sha256",
    "checked_at",
    "fa",
    "en",
)


@dataclass(frozen=True, kw_only=True)
class Form:
    """Writes the parts of an answer in one of its forms."""

    media_type: str
    begin: Callable[[FilesOpening], str]
    file: Callable[[FileAnswer], str]
    waiting: Callable[[FilesWaiting], str]
    end: Callable[[FilesEnd], str]


def _line(part: FilesOpening | FileAnswer | FilesWaiting | FilesEnd) -> str:
    return part.model_dump_json() + "\n"


JSON_LINES: Final = Form(media_type=NDJSON_TYPE, begin=_line, file=_line, waiting=_line, end=_line)
JSON_DOCUMENT: Final = Form(
    media_type=JSON_TYPE,
    begin=lambda opening: opening.model_dump_json()[:-1] + ',"answers":[',
    file=lambda answer: ("" if answer.done == 1 else ",\n") + answer.model_dump_json(),
    # Between two members JSON allows blanks (RFC 8259, section 2).
    waiting=lambda _: "\n",
    end=lambda end: f'],"summary":{end.summary.model_dump_json()}}}\n',
)
TABLE: Final = Form(
    media_type=CSV_MEDIA_TYPE,
    begin=lambda _: BYTE_ORDER_MARK + csv_row(CSV_COLUMNS),
    file=lambda answer: csv_row(file_row(answer.model_dump(mode="json"))),
    # A table has no place for either.
    waiting=lambda _: "",
    end=lambda _: "",
)


def form_for(accept: str) -> Form:
    """Choose by what the caller accepts; lines of JSON for whoever does not say."""
    forms = {NDJSON_TYPE: JSON_LINES, JSON_TYPE: JSON_DOCUMENT, CSV_TYPE: TABLE}
    return next((form for kind, form in forms.items() if kind in accept), JSON_LINES)


def file_row(answer: Mapping[str, Any]) -> tuple[str | int | None, ...]:
    """Return the cells of ``CSV_COLUMNS`` for a ``FileAnswer`` in JSON."""
    comparison = answer["comparison"]
    unequal = [
        f"{each['field']}: {each['result']}"
        for each in (comparison["fields"] if comparison else ())
        if each["result"] != Agreement.EQUAL
    ]
    return (
        answer["place"],
        answer["name"],
        answer["outcome"],
        answer["number"],
        json.dumps(comparison["agrees"]) if comparison else None,
        "\n".join(unequal),
        " ".join(answer["reasons"]),
        answer["sha256"],
        answer["checked_at"],
        "\n".join(dict.fromkeys(each["fa"] for each in _texts(answer))),
        "\n".join(dict.fromkeys(each["en"] for each in _texts(answer))),
    )


async def answer_files(
    batch: FileBatch, form: Form, expectations: Mapping[str, Expectation] | None, public_url: str
) -> AsyncGenerator[str, None]:
    """Write the answer in a form while the files are verified.

    ``expectations`` holds the payer's records by the names of files.
    """
    of = len(batch.files)
    outcomes: Counter[Outcome] = Counter()
    agree = 0
    yield form.begin(FilesOpening(files=of, left_out=batch.left_out))
    async for judged in batch.judged():
        done = outcomes.total()
        if judged is None:
            yield form.waiting(FilesWaiting(done=done, of=of))
            continue
        expectation = (expectations or {}).get(judged.name)
        answer = _answer(judged, expectation, public_url, done=done + 1, of=of)
        outcomes[judged.verdict.outcome] += 1
        agree += bool(answer.comparison and answer.comparison.agrees)
        yield form.file(answer)
    summary = FilesSummary(
        outcomes={outcome.value: outcomes[outcome] for outcome in Outcome if outcomes[outcome]},
        agree=None if expectations is None else agree,
    )
    yield form.end(FilesEnd(summary=summary))


def _answer(
    judged: JudgedFile, expectation: Expectation | None, public_url: str, *, done: int, of: int
) -> FileAnswer:
    answer = verdict_answer(
        judged.verdict,
        judged.clearance,
        way=Way.FILE,
        public_url=public_url,
        comparison=comparison_answer(expectation, judged.verdict, judged.clearance),
    )
    return FileAnswer(**vars(answer), place=judged.place, name=judged.name, done=done, of=of)


def _texts(answer: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    comparison = answer["comparison"]
    compared = (comparison["message"],) if comparison else ()
    return (answer["message"], *answer["explanations"], *compared)
