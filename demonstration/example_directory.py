"""Writes what the directory must hold for the requests of examples/, into examples/directory.

To run it: ``python -m demonstration.example_directory``. A test demands that the folder
holds what this writes.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from clearance.clock import format_moment
from clearance.deadline import Collection
from clearance.directory_shapes import Kind, as_object
from clearance.request import parse_request, read_json
from demonstration.directory import Entries, directory_for

EXAMPLES: Final = Path(__file__).parents[1] / "examples"
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""After everything that the examples tell of."""


def example_files() -> dict[str, str]:
    """Return the files of examples/directory by name: JSON Lines, a record each.

    All but the collections are for ``mohr directory import``; a line of those is the body of a
    ``POST /v1/collections``.
    """
    files: dict[str, dict[str, None]] = {}
    for example in sorted(EXAMPLES.glob("*.json")):
        request = parse_request(read_json(example.read_bytes()), now=_NOW)
        for name, record in _records(directory_for(request)):
            line = json.dumps(record, ensure_ascii=False)
            # Two examples may share a row, a request and its replacement for one.
            files.setdefault(f"{name}.jsonl", {})[f"{line}\n"] = None
    return {name: "".join(lines) for name, lines in files.items()}


def _records(entries: Entries) -> Iterator[tuple[str, dict[str, Any]]]:
    yield Kind.BRANCHES, as_object(entries.branch)
    for workshop in entries.workshops:
        yield Kind.WORKSHOPS, as_object(workshop)
    yield Kind.CONTRACT_ROWS, as_object(entries.contract_row)
    if entries.undertaking is not None:
        yield Kind.UNDERTAKINGS, as_object(entries.undertaking)
    yield "collections", _report(entries.collection)


def _report(collection: Collection) -> dict[str, Any]:
    report = {
        "id": collection.id,
        "branch_code": collection.key.branch_code,
        "row": collection.key.row,
        "sequence": collection.key.sequence,
        "sum_of_debits": collection.sum_of_debits,
        "receipts": [as_object(receipt) for receipt in collection.receipts],
    }
    if collection.assessed_at is not None:
        report["assessed_at"] = format_moment(collection.assessed_at)
    return report


if __name__ == "__main__":
    for name, text in example_files().items():
        file = EXAMPLES / "directory" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
