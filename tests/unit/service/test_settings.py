"""Settings: closed, read once, never a secret in an error."""

import os
from pathlib import Path

import pytest

from clearance.errors import Refused
from service.settings import Environment, Role, load_settings
from signer.layout import Layout

PRODUCTION = """\
environment = "production"
[web]
public_url = "https://verify.example.ir"
[seal]
timestamp_url = "https://tsa.example.ir/rfc3161"
"""


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("MOHR_"):
            monkeypatch.delenv(name)


def _home(folder: Path, text: str) -> Path:
    (folder / "mohr.toml").write_text(text)
    return folder


def test_production_is_the_default_and_wants_https(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(tmp_path)
    assert caught.value.code == "settings.production_needs_https"


def test_production_wants_a_timestamp_authority(tmp_path: Path) -> None:
    text = PRODUCTION.replace('timestamp_url = "https://tsa.example.ir/rfc3161"', "")
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, text))
    assert caught.value.code == "settings.production_needs_timestamp_url"

    public = load_settings(_home(tmp_path, 'role = "public"\n' + text))
    assert public.role is Role.PUBLIC
    assert not public.issues


def test_file_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = _home(tmp_path, PRODUCTION + 'layout = "B-LTA"\n')
    monkeypatch.setenv("MOHR_WEB__PORT", "9000")
    settings = load_settings(home)
    assert settings.environment is Environment.PRODUCTION
    assert settings.seal.layout is Layout.B_LTA
    assert settings.web.port == 9000
    assert settings.web.public_url == "https://verify.example.ir"
    assert settings.home == tmp_path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("colour = 1\n" + PRODUCTION, "colour"),
        (PRODUCTION + "colour = 1\n", "seal.colour"),
        (PRODUCTION.replace("https://verify", "ftp://verify"), "web.public_url"),
        (PRODUCTION.replace('example.ir"\n[seal]', 'example.ir/"\n[seal]'), "web.public_url"),
        (PRODUCTION + 'layout = "B-XL"\n', "seal.layout"),
    ],
)
def test_unknown_and_wrong_names_fail(tmp_path: Path, text: str, name: str) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, text))
    assert caught.value.code == "settings.invalid"
    assert caught.value.parameters["names"] == name


@pytest.mark.parametrize("name", ["MOHR_COLOUR", "MOHR_WEP__PORT"])
def test_unknown_variables_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, PRODUCTION))
    assert caught.value.code == "settings.unknown"
    assert caught.value.parameters["name"] == name


def test_a_file_that_is_not_toml(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, "environment: development"))
    assert caught.value.code == "settings.unreadable"


def test_errors_and_representations_hold_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2-hunter2"
    monkeypatch.setenv("MOHR_TOKEN_PIN", secret)
    monkeypatch.setenv("MOHR_DATABASE__URL", f"postgresql://mohr:{secret}@db/mohr")
    settings = load_settings(_home(tmp_path, PRODUCTION))
    assert secret not in repr(settings)

    monkeypatch.setenv("MOHR_WEB__PORT", secret)
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, PRODUCTION))
    assert secret not in str(caught.value.parameters)
    assert caught.value.__cause__ is None
