"""A throwaway seal, and what was sealed with it."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def bad_files(load_vectors: Callable[[str], ModuleType]) -> ModuleType:
    return load_vectors("bad_files")


@pytest.fixture(scope="session")
def verifier_kit(load_vectors: Callable[[str], ModuleType]) -> ModuleType:
    """What makes seals, for tests that make some of their own."""
    return load_vectors("seals")


@pytest.fixture(scope="session")
def authority(verifier_kit: ModuleType) -> Any:
    return verifier_kit.make_authority("Throwaway")


@pytest.fixture(scope="session")
def stranger(verifier_kit: ModuleType) -> Any:
    return verifier_kit.make_authority("Stranger")


@pytest.fixture(scope="session")
def plain(verifier_kit: ModuleType) -> bytes:
    return verifier_kit.plain_pdf()


@pytest.fixture(scope="session")
def sealing(verifier_kit: ModuleType, authority: Any) -> Callable[..., Any]:
    return lambda **changes: replace(verifier_kit.Sealing(authority=authority), **changes)


@pytest.fixture(scope="session")
def genuine(verifier_kit: ModuleType, authority: Any) -> bytes:
    """A genuine file in the closed layout."""
    return verifier_kit.Sealing(authority=authority)(verifier_kit.plain_pdf())
