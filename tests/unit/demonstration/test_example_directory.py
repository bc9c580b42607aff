"""The directory's examples are what the example requests need, and can be taken in."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearance.certificate import ClearanceRequest
from clearance.collection import parse_collection
from clearance.directory_shapes import RECORDS, Kind
from clearance.request import parse_request, read_whole
from demonstration.directory import directory_for
from demonstration.example_directory import EXAMPLES, example_files

FOLDER = EXAMPLES / "directory"
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def lines(name: str) -> list[object]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


def test_the_files_are_what_the_requests_need() -> None:
    wanted = example_files()

    assert sorted(file.name for file in FOLDER.iterdir()) == sorted(wanted)
    for name, text in wanted.items():
        assert (FOLDER / name).read_text("utf-8") == text, (
            "run: python -m demonstration.example_directory"
        )


@pytest.mark.parametrize("kind", Kind)
def test_the_directory_can_take_them(kind: Kind) -> None:
    records = lines(f"{kind}.jsonl")

    assert records
    for record in records:
        read_whole(RECORDS[kind], record, now=NOW)


def requests() -> list[ClearanceRequest]:
    return [
        parse_request(json.loads(file.read_bytes()), now=NOW)
        for file in sorted(Path(EXAMPLES).glob("*.json"))
    ]


def test_each_request_finds_its_collection() -> None:
    collections = [parse_collection(line, now=NOW) for line in lines("collections.jsonl")]

    for request in requests():
        assert directory_for(request).collection in collections
