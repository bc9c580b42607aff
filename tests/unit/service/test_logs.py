"""Logs: one JSON object a line, without keys, tokens or codes."""

import json
import logging

import pytest

from clearance.identifiers import VerificationCode
from service.logs import JsonFormatter, redact


def _line(message: str, *arguments: object, error: Exception | None = None) -> str:
    info = (type(error), error, None) if error else None
    record = logging.LogRecord("mohr", logging.INFO, "", 0, message, arguments, info)
    return JsonFormatter().format(record)


def test_a_record_is_one_json_line() -> None:
    line = _line("two\nlines and %s", "سه")
    assert "\n" not in line
    entry = json.loads(line)
    assert entry["message"] == "two\nlines and سه"
    assert entry["level"] == "info"
    assert entry["time"].endswith("+00:00")


@pytest.mark.parametrize(
    "secret",
    [
        "mohr_4f8c2a_Zk3vJ9sQ1wE7rT5yU8iO2pA6dF4gH0jK",
        "2KCE3IQ" + "BEYCERWG" * 20,
        str(VerificationCode.from_bytes(b"0123456789")),
    ],
)
def test_secrets_are_cut_out(secret: str) -> None:
    assert secret not in _line("GET /q/%s", secret)
    assert secret not in _line("failed", error=ValueError(f"bad {secret}"))
    assert redact(f"a {secret} b") == "a [redacted] b"


def test_numbers_and_digests_stay() -> None:
    text = "1405-0041-000001-2 " + "ab" * 32
    assert redact(text) == text
