"""The code's public names hold to the glossary: no retired word is in use again."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GLOSSARY = (ROOT / "docs/glossary.md").read_text()
NO_PRODUCT = {"tests", "docs", "bench", "examples", "docker", "setup", "requirements", "var"}
DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _words(name: str) -> str:
    """Return a name of any spelling as small words between blanks: `` seal fingerprint ``."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    return f" {' '.join(found).lower()} "


def _retired() -> list[str]:
    section = GLOSSARY.partition("## Retired words")[2]
    return re.findall(r"^\| `([^`]+)` \|", section, re.M)


def _names() -> Iterator[tuple[str, str]]:
    """Yield the public names of modules, classes and functions, each with its file."""
    for package in sorted(each for each in ROOT.iterdir() if (each / "__init__.py").exists()):
        if package.name in NO_PRODUCT:
            continue
        for file in package.rglob("*.py"):
            where = str(file.relative_to(ROOT))
            yield (file.parent if file.stem == "__init__" else file).stem, where
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, DEFINITIONS) and not node.name.startswith("_"):
                    yield node.name, where


NAMES = list(_names())


def test_there_are_names_to_hold() -> None:
    assert len(NAMES) > 1500
    assert len(_retired()) > 20


@pytest.mark.parametrize("retired", _retired())
def test_a_retired_word_is_in_no_public_name(retired: str) -> None:
    assert [(name, file) for name, file in NAMES if f" {retired} " in _words(name)] == []


def test_no_word_has_two_meanings() -> None:
    words = re.findall(r"^\| ([^|`]+) \| [^|]+ \| [^|]+ \|$", GLOSSARY, re.M)
    single = [
        each.strip() for row in words if row not in {"word", "---"} for each in row.split(",")
    ]
    assert len(single) > 50
    assert len(single) == len(set(single))
    assert not set(single) & set(_retired())
