"""``mohr token verify``: the documented exit statuses, on the published vectors."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import token as command


@pytest.fixture
def verify(vectors: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    trust = tmp_path / "token-keys.cose"
    trust.write_bytes(base64.b64decode(vectors["trust"][0]["cose"]))
    tokens = {each["name"]: each["token"] for each in vectors["tokens"]}
    lists = {each["name"]: each["list"] for each in vectors["status_lists"]}

    def run(name: str, listed: str | None = None, now: int = 0, before: str = "") -> Result:
        monkeypatch.setattr(command, "system_clock", lambda: datetime.fromtimestamp(now, UTC))
        options = ["--trust", str(trust)]
        if listed is not None:
            file = tmp_path / "0.cwt"
            file.write_bytes(base64.b64decode(lists[listed]))
            options += ["--status-list", str(file)]
        return CliRunner().invoke(command.app, ["verify", before + tokens[name], *options])

    return run


def test_it_ends_as_documented(verify: Any, vectors: Any) -> None:
    for each in vectors["checks"]:
        area, _, _ = each["answer"].partition(".")
        expected = {"not_withdrawn": 0, "token": 1, "status_list": 2, "withdrawn": 3}[area]
        assert verify(each["token"], each["list"], each["now"]).exit_code == expected, each


def test_it_tells_of_what_time_the_list_is(verify: Any, example: Any) -> None:
    ended = verify("worked example", "ordinary", example.NOW, "HTTPS://VERIFY.TAMIN.IR/Q/")
    assert json.loads(ended.stdout)["status"] == {
        "withdrawn": False,
        "as_of": "2025-05-04T09:00:00Z",
        "ttl_seconds": 300,
        "expires_at": "2025-05-05T09:00:00Z",
    }
    expired = verify("worked example", "ordinary", example.LIST_END)
    assert json.loads(expired.stdout)["status"] is None
    assert "status_list.expired" in expired.stderr
    told = " ".join(expired.stderr.split())
    assert "ended at 2025-05-05T09:00:00Z" in told
    assert f"Fetch it again from {example.URI}" in told


def test_without_list_it_says_nothing_of_withdrawal(verify: Any) -> None:
    alone = verify("of a withdrawn place")
    assert (alone.exit_code, "status" in json.loads(alone.stdout)) == (0, False)
