"""Parts that hang, fail or cost much, when somebody asks how they are."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.toolkit.probing import Probing, Remembering
from clearance.errors import Unavailable


@pytest.fixture
def hanging() -> Iterator[Any]:
    """A probe that hangs until the test ends, and counts its turns in ``turns``."""
    released = threading.Event()
    turns: list[int] = []

    def probe() -> None:
        turns.append(1)
        released.wait()

    probe.turns = turns  # type: ignore[attr-defined]
    yield probe
    released.set()


def test_readiness_takes_less_than_two_seconds_whatever_hangs(
    open_with: Callable[..., Any], hanging: Any
) -> None:
    def slow() -> None:
        time.sleep(1.3)

    caller = open_with(probes={"first": hanging, "second": slow, "third": slow, "fourth": hanging})
    began = time.monotonic()
    response = caller.get("/health/ready")
    assert time.monotonic() - began < 2
    assert response.status_code == 503
    parts = response.json()["parts"]
    assert [each["status"] for each in parts.values()] == ["down", "up", "up", "down"]
    assert parts["first"]["code"] == "health.no_answer"
    assert {"fa", "en"} <= set(parts["first"]["message"])


def test_a_part_that_hangs_holds_one_thread_however_many_ask(hanging: Any) -> None:
    probing = Probing({"part": hanging}, seconds=0.2)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: probing.ask(), range(64)))
    assert {error.code for each in found if (error := each["part"])} == {"health.no_answer"}
    assert len(hanging.turns) == 1


def test_a_part_that_comes_back_is_seen_at_once() -> None:
    away = [True]

    def probe() -> None:
        if away:
            raise Unavailable("register.unavailable")

    probing = Probing({"part": probe})
    assert isinstance(probing.ask()["part"], Unavailable)
    away.clear()
    assert probing.ask() == {"part": None}


@pytest.mark.parametrize("error", [None, Unavailable("documents.full")])
def test_what_costs_more_is_asked_once_in_its_time(error: Unavailable | None) -> None:
    now, turns = [100.0], []

    def probe() -> None:
        turns.append(now[0])
        if error is not None:
            raise error

    probing = Probing({"part": Remembering(probe, seconds=60, monotonic=lambda: now[0])})
    for moment in (100, 130, 159.9, 160, 161):
        now[0] = moment
        assert probing.ask() == {"part": error}
    assert turns == [100, 160]
