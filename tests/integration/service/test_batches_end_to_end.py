"""Batches through real processes: workers, one of which is killed, and the command line."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from typer.testing import CliRunner

from clearance.clock import system_clock
from clearance.errors import Unavailable
from clearance.request_lines import read_request_lines
from demonstration.filling import seed_directory
from register.batches.client_batches import Batches
from register.batches.records import LineState, NewLine
from register.queue import QUEUE
from register.records import Scope
from service.cli import batch
from service.cli.batch import EXIT_NOT_ALL_ISSUED
from service.worker import CONCURRENCY

MOHR = Path(sys.executable).with_name("mohr")
SECONDS = 90
LINES = 16
AT_ONCE = CONCURRENCY[QUEUE]
"""Lines that one worker has in hand."""


def test_a_killed_worker_neither_loses_nor_doubles_a_line(
    eventually: Any, own_settings: Any, own_memory: Any, timestamps: Any, fresh: Any
) -> None:
    requests = [fresh("smallest") for _ in range(LINES)]
    seed_directory([json.dumps(each).encode() for each in requests], own_settings, own_memory)
    forbidden = fresh("smallest")
    body = "\n".join(json.dumps(each) for each in [*requests, forbidden, {}]).encode()
    batches = Batches(own_memory.engine, clock=system_clock, random_bytes=secrets.token_bytes)
    opened = batches.open(
        [
            NewLine(
                line=each.line, request=(each.request or b"").decode() or None, error=each.error
            )
            for each in read_request_lines(body, now=system_clock(), most=LINES + 2)
        ],
        client_id="client",
        idempotency_key="key",
        body_sha256=bytes(32),
    ).batch

    def counts() -> Any:
        return batches.find(opened.id, client_id="client").counts

    with timestamps(), ExitStack() as stack:
        with _worker(own_settings) as killed:
            eventually(lambda: _stopped_while(lambda: counts()[LineState.WORKING], killed))
        left = counts()[LineState.WORKING]
        assert 0 < left <= AT_ONCE, "what the killed one had in hand"
        other = stack.enter_context(_worker(own_settings))
        eventually(lambda: counts()[LineState.WAITING] == 0)
        eventually(lambda: counts()[LineState.WORKING] == left)
        # Its leases would be over after a minute and a half.
        _execute(own_memory, "UPDATE batch_line SET leased_until = now() WHERE ended_at IS NULL")
        _execute(own_memory, "UPDATE intent SET leased_until = now() WHERE attempt_id IS NOT NULL")
        eventually(lambda: not counts()[LineState.WORKING] + counts()[LineState.WAITING])
        other.terminate()
        assert other.wait(SECONDS) == 0

    assert counts()[LineState.ISSUED] == LINES
    lines = batches.lines(opened.id, client_id="client", limit=LINES + 2)
    issued = [each for each in lines if each.state is LineState.ISSUED]
    assert [each.line for each in issued] == list(range(1, LINES + 1))
    numbers = {each.number for each in issued}
    assert len(numbers) == LINES
    for line, request in zip(issued, requests, strict=True):
        found = own_memory.register.find(line.number)
        assert found.certificate.request.contract.row == request["contract"]["row"]
        assert own_memory.documents.get(found.document.sha256).startswith(b"%PDF-")
    events = _execute(own_memory, "SELECT subject FROM audit_event WHERE name = 'clearance.issued'")
    assert sorted(number for (number,) in events) == sorted(numbers)
    assert max(each.attempts for each in issued) > 1, "the killed one's lines were taken again"

    refused, malformed = lines[LINES:]
    assert {each.requirement for each in refused.error.failures} == {"R5", "R11"}
    assert refused.number is None
    assert malformed.attempts == 0
    assert {each.code for each in malformed.error.problems} == {"field.missing"}


def test_an_outage_holds_a_batch_that_goes_on_without_its_watcher(
    eventually: Any, own_service: Any, timestamps: Any, fresh: Any, tmp_path: Path
) -> None:
    requests = [fresh("smallest") for _ in range(4)]
    written = [json.dumps(each).encode() for each in requests]
    seed_directory(written, own_service.settings, own_service.memory)
    file, command = tmp_path / "requests.jsonl", _Command(own_service, tmp_path)
    file.write_bytes(b"\n".join(written))

    with command.started("submit", file) as watching:
        eventually(lambda: _execute(own_service.memory, "SELECT FROM batch WHERE outages > 0"))
        ((batch_id, cause),) = _execute(own_service.memory, "SELECT id, held_for FROM batch")
        watching.send_signal(signal.SIGINT)
        _, told = watching.communicate(timeout=SECONDS)
    assert (watching.returncode, cause) == (130, "tsa.unavailable")
    assert f"mohr batch show {batch_id} --watch" in told
    ((given,),) = _execute(own_service.memory, "SELECT count(*) FROM intent")
    assert given <= AT_ONCE, "no number is taken while nothing can be issued"

    with timestamps():
        again = command("submit", file)
    assert again.exit_code == 0, again.stderr
    assert "sent before" in again.stderr
    results = [json.loads(each) for each in _results(file).read_text().splitlines()]
    assert {each["state"] for each in results} == {"issued"}
    ((given,),) = _execute(own_service.memory, "SELECT count(*) FROM intent")
    assert given == len(requests)


def test_the_command_line_sends_watches_and_writes_the_results(
    running_service: Any, fresh: Any, tmp_path: Path
) -> None:
    request, file = fresh("smallest"), tmp_path / "requests.jsonl"
    running_service.seed_directory(request)
    file.write_text(f"{json.dumps(request)}\n{{}}\n")
    command, table = _Command(running_service, tmp_path), tmp_path / "results.csv"
    sent = command("submit", file)
    assert sent.exit_code == EXIT_NOT_ALL_ISSUED, sent.stderr
    issued, refused = map(json.loads, _results(file).read_text().splitlines())
    assert (issued["state"], refused["state"]) == ("issued", "refused")
    assert len(refused["errors"]) > 5
    document = running_service.http.get(
        issued["links"]["document"], headers=running_service.authorization
    )
    assert running_service.verify(document.content)["number"] == issued["number"]

    batch_id = sent.stdout.split("batch", 1)[1].split()[0]
    assert command("results", batch_id, "-o", table).exit_code == 0
    assert issued["number"] in table.read_text("utf-8-sig")
    shown = command("show", batch_id)
    assert (shown.exit_code, "finished" in shown.stdout) == (EXIT_NOT_ALL_ISSUED, True)
    for order in ("pause", "resume", "cancel"):
        assert "batch.ended" in _report(command(order, batch_id))
    _, another = running_service.memory.clients.add("another", frozenset({Scope.ISSUE}))
    assert "batch.not_found" in _report(
        _Command(running_service, tmp_path, another)("show", batch_id)
    )


def test_the_command_line_says_why_it_could_not(running_service: Any, tmp_path: Path) -> None:
    command, file = _Command(running_service, tmp_path), tmp_path / "requests.jsonl"
    file.write_text("\n")
    assert "batch.empty" in _report(command("submit", file))
    nowhere = command("show", "id", url="http://127.0.0.1:9")
    assert isinstance(nowhere.exception, Unavailable)
    assert command("show", "id", url="mohr").exception.code == "service.unfit_address"
    keyless = CliRunner().invoke(batch.app, ["show", "id"], env={"MOHR_API_KEY": ""})
    assert keyless.exception.code == "service.key_missing"
    unfit = command("submit", file, "-o", tmp_path / "none" / "results.csv")
    assert unfit.exception.code == "output.not_writable"


class _Command:
    """``mohr batch`` against a service."""

    def __init__(self, service: Any, folder: Path, key: str | None = None) -> None:
        self._service = service
        self._key_file = folder / secrets.token_hex(4)
        self._key_file.write_text(f"{key or service.api_key}\n")

    def __call__(self, *arguments: object, url: str | None = None) -> Any:
        """Run it in this process."""
        return CliRunner().invoke(batch.app, self._arguments(arguments, url))

    def started(self, *arguments: object) -> "subprocess.Popen[str]":
        """Start it as a process of its own."""
        command = [MOHR, "batch", *self._arguments(arguments, None)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _arguments(self, arguments: tuple[object, ...], url: str | None) -> list[str]:
        options = ("--url", url or self._service.base_url, "--key-file", self._key_file)
        return [*map(str, (*arguments, *options))]


def _results(file: Path) -> Path:
    return file.with_name(f"{file.name}.results.jsonl")


def _report(result: Any) -> str:
    return str(result.exception.parameters["code"])


@contextmanager
def _worker(settings: Any) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [MOHR, "worker"],
        env=os.environ
        | {
            "MOHR_HOME": str(settings.home),
            "MOHR_DATABASE__URL": settings.database.url.get_secret_value(),
            "MOHR_SEAL__TIMESTAMP_URL": settings.seal.timestamp_url,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _stopped_while(fact: Callable[[], Any], process: "subprocess.Popen[bytes]") -> bool:
    """Stop a process; let it go on unless ``fact`` holds of it then."""
    process.send_signal(signal.SIGSTOP)
    if fact():
        return True
    process.send_signal(signal.SIGCONT)
    return False


def _execute(memory: Any, statement: str) -> list[Any]:
    with memory.engine.begin() as connection:
        result = connection.execute(text(statement))
        return list(result.all()) if result.returns_rows else []
