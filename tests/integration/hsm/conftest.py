"""One SoftHSM2 token for all tests of this folder, in a folder of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hsm.module import Token, TokenConfig, initialise_softhsm, open_token

LABEL = "mohr-test"
SO_PIN = "so-pin-4711"
USER_PIN = "user-pin-0815"


@pytest.fixture(scope="package")
def softhsm_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("token")
    initialise_softhsm(home, LABEL, SO_PIN, USER_PIN)
    return home


@pytest.fixture(scope="package")
def config(softhsm_home: Path) -> TokenConfig:
    return TokenConfig(
        token_label=LABEL,
        pin=lambda: USER_PIN,
        softhsm2_conf=softhsm_home / "softhsm2.conf",
        pool_size=4,
        wait_seconds=5,
    )


@pytest.fixture(scope="package")
def token(config: TokenConfig) -> Iterator[Token]:
    with open_token(config) as token:
        yield token


@pytest.fixture
def fresh_home(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        initialise_softhsm(tmp_path / name, LABEL, SO_PIN, USER_PIN)
        return tmp_path / name

    return make
