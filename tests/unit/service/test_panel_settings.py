"""The panel's settings: https in production, plain cookies on loopback in development alone."""

from pathlib import Path

import pytest

from clearance.errors import Refused
from service.settings import load_settings
from service.wiring.panel import is_plain_loopback

PRODUCTION = """
[web]
public_url = "https://verify.example.ir"
[seal]
timestamp_url = "https://tsa.example.ir"
"""
PROVIDER = """
[panel.provider]
issuer = "{issuer}"
client_id = "mohr"
"""


@pytest.fixture
def loaded(tmp_path: Path):
    def load(text: str):
        (tmp_path / "mohr.toml").write_text(text)
        return load_settings(tmp_path)

    return load


@pytest.mark.parametrize(
    "text",
    [
        '[panel]\nurl = "http://panel.example.ir"',
        PROVIDER.format(issuer="http://login.example.ir/realms/staff"),
    ],
)
def test_production_wants_https_for_the_panel_and_its_provider(loaded, text: str) -> None:
    with pytest.raises(Refused, match=r"settings\.production_needs_https"):
        loaded(PRODUCTION + text)


def test_a_provider_is_a_section_of_its_own(loaded) -> None:
    settings = loaded(PRODUCTION + PROVIDER.format(issuer="https://login.example.ir/realms/staff/"))

    assert settings.panel.provider.issuer == "https://login.example.ir/realms/staff/"
    assert settings.panel.provider.username_claim == "preferred_username"
    assert settings.panel.provider.second_factor is False


@pytest.mark.parametrize(
    "text",
    [
        "[panel]\nidle_minutes = 0",
        "[panel]\nlife_hours = 25",
        "[panel]\nsecure = false",
        '[panel]\nurl = "https://panel.example.ir/panel"',
        "[panel.provider]\nclient_id = 'x'",
        PROVIDER.format(issuer="login.example.ir"),
        PROVIDER.format(issuer="https://login.example.ir/?realm=staff"),
        PROVIDER.format(issuer="https://login.example.ir") + "client_secret = 'x'",
    ],
)
def test_what_is_wrong_or_unknown_is_refused(loaded, text: str) -> None:
    with pytest.raises(Refused, match=r"settings\.invalid"):
        loaded(PRODUCTION + text)


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("http://127.0.0.1:8400", True),
        ("http://localhost:8400", True),
        ("https://127.0.0.1:8400", False),
        ("http://192.0.2.7", False),
        ("http://127.0.0.1.evil.test", False),
        ("http://panel.example.ir", False),
    ],
)
def test_cookies_go_without_https_on_loopback_alone(url: str, plain: bool) -> None:
    assert is_plain_loopback(url) is plain
