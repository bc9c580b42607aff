"""Tokens of their own for tests of hsm/ and keys/.

SoftHSM2 reads which folder holds its tokens when it starts, once for the whole process. So the
tests that bring a token of their own run first, each module with its own folder, before the
service that other tests share opens its token for the rest of the run.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hsm.module import Token, TokenConfig, initialise_softhsm, open_token

OWN_TOKEN_FOLDERS = {"hsm", "keys"}
TOKEN_LABEL = "mohr-test"
SO_PIN = "so-pin-4711"
USER_PIN = "user-pin-0815"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    items.sort(
        key=lambda item: (
            item.path.parent.parent != here or item.path.parent.name not in OWN_TOKEN_FOLDERS
        )
    )


@pytest.fixture(scope="module")
def own_token_config(tmp_path_factory: pytest.TempPathFactory) -> TokenConfig:
    configuration = initialise_softhsm(
        tmp_path_factory.mktemp("token"), TOKEN_LABEL, SO_PIN, USER_PIN
    )
    return TokenConfig(
        token_label=TOKEN_LABEL,
        pin=lambda: USER_PIN,
        softhsm2_conf=configuration,
        pool_size=4,
        wait_seconds=5,
    )


@pytest.fixture(scope="module")
def own_token(own_token_config: TokenConfig) -> Iterator[Token]:
    with open_token(own_token_config) as token:
        yield token
