"""Each promise in docs/guarantees.md names a test that is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs/guarantees.md").read_text()
PROMISES = re.findall(r"^\| ([^|]+) \| `([^`|]+)::(test_\w+)` \|$", DOCUMENT, re.M)


@pytest.mark.parametrize(("file", "name"), [each[1:] for each in PROMISES])
def test_the_test_of_a_promise_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    defined = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    assert name in defined


def test_every_row_is_a_promise_with_one_test() -> None:
    rows = re.findall(r"^\| (?!promise|---).*$", DOCUMENT, re.M)
    assert len(rows) == len(PROMISES) > 50


def test_no_test_proves_two_promises() -> None:
    tests = [each[1:] for each in PROMISES]
    assert len(tests) == len(set(tests))
