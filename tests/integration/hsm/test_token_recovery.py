"""The token loses sessions, logins, its module or itself, and comes back without a restart."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from clearance.algorithms import KeyAlgorithm, Mechanism
from clearance.errors import Refused
from hsm.errors import HsmBusy, HsmUnavailable, PinRejected
from hsm.library import Library
from hsm.module import Token, TokenConfig, initialise_softhsm, open_token
from hsm.sessions import PooledSession, SessionPool

LABEL = "seal"


@pytest.fixture
def token(own_token_config: TokenConfig) -> Iterator[Token]:
    with open_token(own_token_config) as token:
        if LABEL not in token.labels():
            token.generate_key(LABEL, KeyAlgorithm.P_256)
        yield token


def sign(token: Token) -> bytes:
    return token.sign(LABEL, Mechanism.ECDSA_SHA256, b"data")


def pool_of(token: Token) -> SessionPool:
    return token._pool


def library_of(token: Token) -> Library:
    return pool_of(token)._library


def idle_sessions(token: Token) -> list[PooledSession]:
    return pool_of(token)._idle


def close_idle_sessions(token: Token) -> None:
    for pooled in idle_sessions(token):
        pooled.session.close()


def log_out(token: Token) -> None:
    login = pool_of(token)._login
    assert login is not None
    login.session.close()


def finalise(token: Token) -> None:
    library_of(token)._lib.finalize()


def finalise_and_initialise(token: Token) -> None:
    library_of(token)._lib.reinitialize()


@pytest.mark.parametrize("lose", [close_idle_sessions, log_out, finalise, finalise_and_initialise])
def test_signs_again_after_a_loss(token: Token, lose: Callable[[Token], None]) -> None:
    assert len(sign(token)) == 64

    lose(token)

    assert len(sign(token)) == 64
    token.ping()


@pytest.mark.parametrize("lose", [close_idle_sessions, log_out, finalise])
def test_sixteen_threads_come_through_a_loss(token: Token, lose: Callable[[Token], None]) -> None:
    """The loss happens between calls, as when a link drops, while all threads want to sign."""
    started = threading.Barrier(17)

    def work(_: int) -> int:
        started.wait(10)
        return sum(len(sign(token)) for _ in range(30))

    sign(token)
    with ThreadPoolExecutor(16) as threads:
        results = [threads.submit(work, number) for number in range(16)]
        with library_of(token)._change:  # nobody is inside the module while it is taken away
            started.wait(10)
            library_of(token)._change.wait_for(lambda: library_of(token)._callers == 0, 10)
            lose(token)
        assert [result.result(60) for result in results] == [64 * 30] * 16


def test_a_token_that_vanishes_is_an_outage_and_comes_back(
    token: Token, own_token_config: TokenConfig
) -> None:
    sign(token)
    assert own_token_config.softhsm2_conf is not None
    folder = own_token_config.softhsm2_conf.parent / "tokens"
    away = folder.with_name("away")
    folder.rename(away)
    try:
        with pytest.raises(HsmUnavailable):
            sign(token)
        with pytest.raises(HsmUnavailable):
            token.ping()
        with pytest.raises(HsmUnavailable):
            token.public_key(LABEL)
    finally:
        away.rename(folder)

    assert len(sign(token)) == 64
    token.ping()


def test_waits_for_a_session_no_longer_than_allowed(own_token_config: TokenConfig) -> None:
    with open_token(replace(own_token_config, pool_size=1, wait_seconds=0.1)) as token:
        entered, leave = threading.Event(), threading.Event()

        def stay(_: PooledSession) -> None:
            entered.set()
            leave.wait(10)

        with ThreadPoolExecutor(1) as threads:
            staying = threads.submit(pool_of(token).run, stay)
            assert entered.wait(10)
            with pytest.raises(HsmBusy) as caught:
                token.labels()
            leave.set()
            staying.result(10)

        assert caught.value.code == "hsm.busy"
        assert token.labels()


def test_no_more_sessions_than_the_pool_allows(token: Token) -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def stay(_: PooledSession) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        threading.Event().wait(0.01)
        with lock:
            inside -= 1

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: pool_of(token).run(stay), range(64)))

    assert most == 4
    assert len(idle_sessions(token)) <= 4


def test_logs_in_once(own_token_config: TokenConfig) -> None:
    asked = []

    def pin() -> str:
        asked.append(1)
        return own_token_config.pin()

    with (
        open_token(replace(own_token_config, pin=pin)) as token,
        ThreadPoolExecutor(8) as threads,
    ):
        list(threads.map(lambda _: token.labels(), range(64)))

    assert len(asked) == 1


def test_two_open_tokens_do_not_log_each_other_out(
    token: Token, own_token_config: TokenConfig
) -> None:
    with open_token(own_token_config) as second:
        assert sign(second)

    assert sign(token)


def test_a_rejected_pin_is_presented_once(own_token_config: TokenConfig) -> None:
    with pytest.raises(PinRejected) as caught:
        open_token(replace(own_token_config, pin=lambda: "wrong-pin"))

    assert caught.value.code == "hsm.pin_rejected"
    assert "wrong-pin" not in f"{caught.value} {caught.value.parameters}"


def test_a_rejected_pin_is_not_tried_again_but_a_new_one_is(
    own_token_config: TokenConfig,
) -> None:
    pins = ["wrong-pin", "wrong-pin", own_token_config.pin()]
    presented: list[str] = []

    class Watched(SessionPool):
        def _present(self, token: object, pin: str) -> object:
            presented.append(pin)
            return super()._present(token, pin)  # type: ignore[arg-type]

    with open_token(own_token_config) as token:
        library = library_of(token)
    library.hold(own_token_config.softhsm2_conf)
    pool = Watched(
        library,
        token_label=own_token_config.token_label,
        pin=lambda: pins.pop(0),
        size=1,
        wait_seconds=1,
    )
    for _ in range(2):
        with pytest.raises(PinRejected):
            pool.run(lambda pooled: pooled)
    pool.run(lambda pooled: pooled)
    pool.close()

    assert presented == ["wrong-pin", own_token_config.pin()]


def test_a_closed_token_signs_no_more(own_token_config: TokenConfig) -> None:
    token = open_token(own_token_config)
    token.close()
    token.close()

    with pytest.raises(HsmUnavailable) as caught:
        sign(token)
    assert caught.value.code == "hsm.closed"


def test_one_token_folder_at_a_time(
    token: Token, own_token_config: TokenConfig, tmp_path: Path
) -> None:
    other = initialise_softhsm(tmp_path, own_token_config.token_label, "so-pin", "user-pin")
    config = replace(own_token_config, softhsm2_conf=other, pin=lambda: "user-pin")

    with pytest.raises(Refused) as caught:
        open_token(config)
    assert caught.value.code == "hsm.other_token_folder"

    token.close()
    with open_token(config) as second:
        assert second.labels() == ()


def test_no_such_token(own_token_config: TokenConfig) -> None:
    with pytest.raises(HsmUnavailable) as caught:
        open_token(replace(own_token_config, token_label="nobody's"))
    assert caught.value.code == "hsm.token_missing"


def test_no_such_module(own_token_config: TokenConfig, tmp_path: Path) -> None:
    with pytest.raises(HsmUnavailable) as caught:
        open_token(replace(own_token_config, module=tmp_path / "none.so"))
    assert caught.value.code == "hsm.module_failed"
