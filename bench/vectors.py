"""The generators of bad files, which lie outside any package."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[1] / "tests" / "vectors"


def vectors(name: str) -> ModuleType:
    """Load a module of ``tests/vectors``."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return importlib.import_module(name)
