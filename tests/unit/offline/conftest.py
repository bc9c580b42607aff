"""The published vectors, and the second reader."""

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "docs/vectors"


def module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"offline_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def part(name: str) -> ModuleType:
    """Load a module that makes a part of the vectors; they lie outside any package."""
    if str(VECTORS) not in sys.path:
        sys.path.append(str(VECTORS))
    return importlib.import_module(f"offline.{name}")


@pytest.fixture(scope="session")
def maker() -> ModuleType:
    part("example")
    return module_at(VECTORS / "make.py")


@pytest.fixture(scope="session")
def example() -> ModuleType:
    return part("example")


@pytest.fixture(scope="session")
def made_tokens() -> ModuleType:
    return part("tokens")


@pytest.fixture(scope="session")
def made_lists() -> ModuleType:
    return part("status_lists")


@pytest.fixture(scope="session")
def second() -> ModuleType:
    return module_at(ROOT / "tests/vectors/second_reader.py")


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    return json.loads((VECTORS / "offline.json").read_text("utf-8"))
