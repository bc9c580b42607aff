"""The published vectors, and the second reader."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


def module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"offline_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def maker() -> ModuleType:
    return module_at(ROOT / "docs/vectors/make.py")


@pytest.fixture(scope="session")
def second() -> ModuleType:
    return module_at(ROOT / "tests/vectors/second_reader.py")


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    return json.loads((ROOT / "docs/vectors/offline.json").read_text("utf-8"))
