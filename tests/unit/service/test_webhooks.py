"""What the webhook's answer means, and which secrets it signs with."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest
import typer

from clearance.errors import Refused
from register.deliveries import Outcome
from service.channels.webhook import judged, new_secret, parse_secrets
from service.cli import notices as command_line


def test_only_success_confirms() -> None:
    for status in (200, 201, 202, 204, 299):
        assert judged(status, "") == Outcome(status=status)
    for status in (100, 300, 301, 307, 400, 404, 418, 500, 599, 600):
        outcome = judged(status, "")
        assert outcome.error is not None
        assert not outcome.final
    assert judged(410, "").final


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("60", timedelta(minutes=1)),
        ("99999999999999999999", timedelta(days=1)),
        ("0", None),
        ("-5", None),
        ("6.5", None),
        ("٦٠", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_a_pause_is_read_in_whole_seconds(said: str, asked: timedelta | None) -> None:
    assert judged(503, said).asked == asked


def test_secrets_are_one_a_line_the_newest_first() -> None:
    new, former = new_secret(lambda count: b"\2" * count), new_secret(bytes)

    assert parse_secrets(f"{new}\n{former}\n") == (new, former)
    assert parse_secrets(f"\n  {new}  \n\n") == (new,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "password",
        "whsec_",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_" + base64.b64encode(bytes(32)).decode()[:-1],
        base64.b64encode(bytes(32)).decode(),
        "whsec_سرّی",
        "\n".join([new_secret(bytes)] * 3),
    ],
)
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"settings\.webhook_secret_invalid"):
        parse_secrets(text)


def test_a_secret_is_changed_without_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MOHR_HOME", str(tmp_path))
    monkeypatch.setenv("MOHR_ENVIRONMENT", "development")
    file = tmp_path / "secrets" / "webhook_secret"
    file.parent.mkdir()

    def new() -> str:
        command_line.new_secret(drop_former=False)
        return capsys.readouterr().out.strip()

    with pytest.raises(typer.BadParameter):
        command_line.new_secret(drop_former=True)
    first, second, third = new(), new(), new()
    assert parse_secrets(file.read_text()) == (third, second)
    assert file.stat().st_mode & 0o777 == 0o600
    assert len({first, second, third}) == 3

    command_line.new_secret(drop_former=True)
    assert parse_secrets(file.read_text()) == (third,)
