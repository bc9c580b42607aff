"""The page about the directory names every field of every kind, and no other."""

import re
from pathlib import Path

from clearance.directory_shapes import RECORDS

PAGE = Path(__file__).parents[3] / "docs/directory.md"


def test_the_page_has_the_fields_of_each_kind() -> None:
    sections = re.split(r"^### `(.+)`$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    tables = (re.split(r"^## ", section, flags=re.MULTILINE)[0] for section in sections[2::2])
    told = dict(zip(sections[1::2], tables, strict=True))
    assert set(told) == set(RECORDS)
    for kind, record in RECORDS.items():
        table = re.findall(r"^\| (`[^|]+) \| ([^|]*) \|", told[kind], flags=re.MULTILINE)
        fields = {name: types for names, types in table for name in re.findall("`(.+?)`", names)}
        assert list(fields) == list(record.members)
        optional = {name for name, types in fields.items() if "optional" in types}
        assert optional == record.optional
