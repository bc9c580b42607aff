"""The payer's own records beside the files, out of a table or JSON Lines."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from clearance.errors import InvalidRequest, InvalidValue
from clearance.expectation import expectable_fields, parse_expectation
from clearance.text import ascii_digits
from templates.catalogues import error_text

FILE: Final = "file"
EXPECT: Final = "expect"
_GROUPING: Final = str.maketrans("", "", ",\N{ARABIC THOUSANDS SEPARATOR}_ ")


def read_records(path: Path, names: Iterable[str]) -> Mapping[str, Any]:
    """Return for each file that has one its record, as the field ``expect`` takes it.

    A ``.csv`` has a column ``file`` and a column for each value, named by its place in the
    certificate (``contract.number`` or ``/contract/number``); empty cells are not compared. Any
    other file has on each line ``{"file": …, "expect": {…}}``. A file is named by its path or, if
    only one has it, by the last part of it.

    Raises ``InvalidValue``: ``records.unreadable`` with the line, ``records.unknown_column``,
    ``records.no_such_file``, ``records.twice``, ``records.unfit`` with what is wrong.
    """
    known = _by_any_name(names)
    records: dict[str, Any] = {}
    rows = _table(path) if path.suffix.lower() == ".csv" else _lines(path)
    for line, name, record in rows:
        file = known.get(name)
        if file is None or file in records:
            code = "records.twice" if file else "records.no_such_file"
            raise InvalidValue(code, parameters={"line": str(line), "file": name})
        _demand_fit(record, line)
        records[file] = record
    return records


def _demand_fit(record: Any, line: int) -> None:
    # The service would refuse all files of a request, without knowing the line.
    try:
        parse_expectation(record)
    except InvalidRequest as error:
        problem = error.problems[0]
        text = error_text(problem)
        told = {"line": str(line), "field": problem.field or "/", "fa": text.fa, "en": text.en}
        raise InvalidValue("records.unfit", parameters=told) from error


def _by_any_name(names: Iterable[str]) -> Mapping[str, str]:
    ends: defaultdict[str, set[str]] = defaultdict(set)
    whole = set(names)
    for name in whole:
        ends[PurePosixPath(name).name].add(name)
    unique = {end: next(iter(each)) for end, each in ends.items() if len(each) == 1}
    return unique | {name: name for name in whole}


def _lines(path: Path) -> Iterator[tuple[int, str, Any]]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            part = json.loads(line)
            name, record = part[FILE], part[EXPECT]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _unreadable(number) from error
        if not isinstance(name, str):
            raise _unreadable(number)
        yield number, name, record


def _table(path: Path) -> Iterator[tuple[int, str, Any]]:
    reader = csv.DictReader(_text(path).splitlines(), strict=True)
    try:
        columns = {name: _pointer(name) for name in reader.fieldnames or () if name != FILE}
        for row in reader:
            if not row.get(FILE) or None in row:
                raise _unreadable(reader.line_num)
            record: dict[str, Any] = {}
            for name, pointer in columns.items():
                if cell := (row[name] or "").strip():
                    _put(record, pointer, cell)
            yield reader.line_num, row[FILE], record
    except csv.Error as error:
        raise _unreadable(reader.line_num) from error


def _pointer(column: str) -> str:
    pointer = column if column.startswith("/") else "/" + column.strip().replace(".", "/")
    if pointer not in expectable_fields():
        raise InvalidValue("records.unknown_column", parameters={"column": column})
    return pointer


def _put(record: dict[str, Any], pointer: str, cell: str) -> None:
    *sections, last = pointer.split("/")[1:]
    for name in sections:
        record = record.setdefault(name, {})
    amount = ascii_digits(cell).translate(_GROUPING)
    is_amount = expectable_fields()[pointer].describes.get("type") == "integer"
    record[last] = int(amount) if is_amount and amount.isdecimal() else cell


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(0) from error


def _unreadable(line: int) -> InvalidValue:
    return InvalidValue("records.unreadable", parameters={"line": str(line)})
