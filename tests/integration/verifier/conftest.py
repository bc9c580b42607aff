"""Bad files, and a genuine one of the running service to make them from."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def bad_files(load_vectors: Callable[[str], ModuleType]) -> ModuleType:
    return load_vectors("bad_files")


@pytest.fixture(scope="session")
def made(running_service: Any) -> Any:
    """A clearance that the running service issued."""
    return running_service.issue()
