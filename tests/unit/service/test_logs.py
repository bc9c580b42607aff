"""Logs: one JSON object a line, without keys, tokens or codes."""

import json
import logging
from collections.abc import Iterator

import pytest
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from clearance.identifiers import VerificationCode
from service.logs import JsonFormatter, configure_logging, redact


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


@pytest.fixture
def _own_handlers() -> Iterator[None]:
    """Let the configuration have its way with the root logger, and put pytest's handlers back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("_own_handlers")
def test_what_a_stranger_sends_does_not_fill_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    logging.getLogger("mohr").warning("ours")
    with pytest.raises(MultipartParseError):
        MultipartParser(b"boundary").write(b"rubbish")
    told = capsys.readouterr().err.splitlines()
    assert [json.loads(line)["message"] for line in told] == ["ours"]
