"""The ports of a fresh home: the environment's, or free ones that stay."""

import pytest

from service import home


@pytest.fixture(autouse=True)
def _free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "_free_ports", lambda *, usual: [8400, 8401])
    for name in ("MOHR_WEB__PORT", "MOHR_AUTHORITY__PORT"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_word_they_are_free_ones() -> None:
    assert home._ports(usual=True) == (8400, 8401)


def test_the_environments_port_stands_in_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOHR_WEB__PORT", "9105")
    assert home._ports(usual=False) == (9105, 8401)


@pytest.mark.parametrize("given", ["", "http", "٩١٠٥", "-1"])
def test_what_is_no_port_is_left_to_the_settings(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("MOHR_WEB__PORT", given)
    assert home._ports(usual=False) == (8400, 8401)
