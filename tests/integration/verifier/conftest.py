"""Bad files, and a genuine one of the running service to make them from."""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture(scope="session")
def load_vectors() -> Callable[[str], ModuleType]:
    """Load a generator of bad files by its name; they lie outside any package."""

    def load(name: str) -> ModuleType:
        specification = spec_from_file_location(name, VECTORS / f"{name}.py")
        assert specification is not None
        assert specification.loader is not None
        module = module_from_spec(specification)
        specification.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def bad_files(load_vectors: Callable[[str], ModuleType]) -> ModuleType:
    return load_vectors("bad_files")


@pytest.fixture(scope="session")
def made(running_service: Any) -> Any:
    """A clearance that the running service issued."""
    return running_service.issue()
