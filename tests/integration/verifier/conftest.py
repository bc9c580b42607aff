"""Bad files, and a genuine one of the running service to make them from."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def bad_files() -> ModuleType:
    """The generator of bad files, which lies outside any package."""
    path = Path(__file__).parents[2] / "vectors" / "bad_files.py"
    specification = spec_from_file_location("bad_files", path)
    assert specification is not None
    assert specification.loader is not None
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def made(running_service: Any) -> Any:
    """A clearance that the running service issued."""
    return running_service.issue()
