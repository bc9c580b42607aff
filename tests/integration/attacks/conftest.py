"""The attacks of ``tests/vectors``, and the verifier that judges them."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from clearance.clock import system_clock
from clearance.request import parse_request
from verifier import sandbox


@pytest.fixture(scope="session")
def attacks(load_vectors: Callable[[str], ModuleType]) -> Callable[[str], ModuleType]:
    """Load a module of ``tests/vectors/attacks``."""
    return lambda name: load_vectors(f"attacks.{name}")


@pytest.fixture(scope="session")
def court(
    running_service: Any,
    fresh: Callable[[str], dict[str, Any]],
    attacks: Callable[[str], Any],
) -> Iterator[Any]:
    """Three clearances of the running service's register, and who judges what is made of them."""

    def new_request() -> Any:
        request = fresh("ordinary-company")
        running_service.seed_directory(request)
        return parse_request(request, now=system_clock())

    with pytest.MonkeyPatch.context() as patch:
        # A verdict is wanted however busy the machine is; the service would turn callers away.
        patch.setattr(sandbox, "STRANGERS_WAIT_SECONDS", 30)
        with attacks("court").open_court(
            running_service.settings, running_service.memory, new_request
        ) as opened:
            yield opened
