"""A signer that takes longer than it may, on a real token whose signatures are held up."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from clearance.algorithms import KeyAlgorithm, Mechanism
from hsm import module
from hsm.errors import HsmUnavailable
from hsm.module import Token
from hsm.pace import REMEMBERED_SECONDS, Pace

LIMIT = 0.5


@pytest.fixture
def signing(own_token: Token) -> Callable[[], bytes]:
    if "paced" not in own_token.labels():
        own_token.generate_key("paced", KeyAlgorithm.P_256)
    own_token.pace = Pace()
    return lambda: own_token.sign("paced", Mechanism.ECDSA_SHA256, b"data")


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Hold up every signature until the answered event is set."""
    released, sign = threading.Event(), module.sign_with

    def slowly(*arguments: Any) -> bytes:
        assert released.wait(30)
        return sign(*arguments)

    monkeypatch.setattr(module, "sign_with", slowly)
    return released


def code_of(pace: Pace) -> str | None:
    try:
        pace.require(LIMIT)
    except HsmUnavailable as error:
        return error.code if float(error.parameters["seconds"]) > LIMIT else "quick"
    return None


def test_a_signature_under_way_for_too_long_is_named(
    own_token: Token, signing: Any, held_up: threading.Event
) -> None:
    assert code_of(own_token.pace) is None, "nothing was signed yet"
    thread = threading.Thread(target=signing)
    thread.start()
    try:
        time.sleep(LIMIT + 0.2)
        assert code_of(own_token.pace) == "hsm.slow"
    finally:
        held_up.set()
        thread.join()
    assert code_of(own_token.pace) == "hsm.slow", "it was slow, and nothing was signed since"
    signing()
    assert code_of(own_token.pace) is None, "the next one was quick"


def test_a_slow_signature_is_forgotten_after_a_minute() -> None:
    now = [0.0]
    pace = Pace(monotonic=lambda: now[0])
    with suppress(HsmUnavailable), pace.measured():
        now[0] += 3
        raise HsmUnavailable("hsm.unavailable")
    assert code_of(pace) == "hsm.slow", "a failed one took its time as well"
    now[0] += REMEMBERED_SECONDS
    assert code_of(pace) is None
