"""What was accepted while a part was away is issued without another call, once, with its number."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from clearance.clock import system_clock
from clearance.errors import Conflict, InternalFault, Refused
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.jalali import jalali_year
from clearance.request import parse_request
from demonstration.filling import seed_directory
from register.records import Ticket
from register.repository import Register
from service.wiring import issuing as wiring
from signer.lease import LeaseKeeper

MOHR = Path(sys.executable).with_name("mohr")
EXAMPLES = Path(__file__).parents[3] / "examples"
SECONDS = 90
AT_ONCE = 20

# A worker process that stops for good while it seals, after it has said so on standard output.
STUCK_WORKER = """
import secrets, sys, time
from dataclasses import replace
from datetime import timedelta
from clearance.clock import system_clock
from register.repository import Register
from service.wiring import issuing as wiring, jobs
from service.settings import home_folder, load_settings

def stuck(*_, **__):
    print("sealing", flush=True)
    time.sleep(600)

wiring.seal = stuck
settings = load_settings(home_folder())
with wiring.open_memory(settings) as memory:
    register = Register(
        memory.engine, clock=system_clock, random_bytes=secrets.token_bytes,
        lease=timedelta(seconds=2),
    )
    memory = replace(memory, register=register)
    with (
        wiring.open_issuing(settings, memory, wiring.Trust(settings)) as issuing,
        jobs.make_worker(settings, memory, issuing),
    ):
        time.sleep(600)
"""


def test_the_timestamp_authority_comes_back(
    own_service: Any, example: Any, timestamps: Any, wait_until_issued: Any
) -> None:
    key = secrets.token_hex(8)
    accepted = own_service.post(example("ordinary-company"), key=key)
    again = own_service.post(example("ordinary-company"), key=key)
    number = accepted.json()["number"]
    assert accepted.status_code == again.status_code == 202
    assert accepted.json()["last_error"]["code"] == "tsa.unavailable"
    assert again.json()["number"] == number
    assert again.json()["attempts"] == 2

    with timestamps():
        issued = wait_until_issued(own_service, number)
        document = own_service.http.get(
            issued["links"]["document"], headers=own_service.authorization
        )

    verdict = own_service.verify(document.content)
    assert verdict["outcome"] == "authentic"
    assert verdict["number"] == number
    replayed = own_service.post(example("ordinary-company"), key=key)
    assert replayed.status_code == 201
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert replayed.json()["content_hash"] == issued["content_hash"]


def test_many_wait_at_once(
    own_service: Any, fresh: Any, timestamps: Any, wait_until_issued: Any
) -> None:
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: own_service.post(fresh("smallest")), range(AT_ONCE)))
    assert [answer.status_code for answer in answers] == [202] * AT_ONCE
    numbers = sorted(answer.json()["number"] for answer in answers)
    branch = BranchCode(fresh("smallest")["branch"]["code"])
    assert numbers == [
        ClearanceNumber.make(jalali_year(system_clock()), branch, serial)
        for serial in range(1, AT_ONCE + 1)
    ]

    with timestamps():
        issued = [wait_until_issued(own_service, number) for number in numbers]

    assert len({each["verification_code"] for each in issued}) == AT_ONCE
    assert len({each["document"]["sha256"] for each in issued}) == AT_ONCE
    assert sorted(_subjects(own_service.memory, "clearance.issued")) == numbers


def test_a_worker_is_killed_while_it_seals(
    eventually: Any, own_settings: Any, own_memory: Any, example: Any, timestamps: Any
) -> None:
    register = own_memory.register
    _bear_out(example("smallest"), own_settings, own_memory)
    ticket = _accept(register, example("smallest"))
    with _process([sys.executable, "-c", STUCK_WORKER], own_settings) as stuck:
        assert stuck.stdout is not None
        assert stuck.stdout.readline() == "sealing\n"
        stuck.kill()
        stuck.wait(SECONDS)
    assert register.find(ticket.number) is None
    _execute(own_memory, "UPDATE procrastinate_workers SET last_heartbeat = 'epoch'")

    with timestamps(), _process([MOHR, "worker"], own_settings) as worker:
        eventually(lambda: register.find(ticket.number))
        eventually(
            lambda: (
                not _execute(
                    own_memory, "SELECT FROM procrastinate_jobs WHERE task_name = 'resume'"
                )
            )
        )
        worker.terminate()
        assert worker.wait(SECONDS) == 0

    issued = register.find(ticket.number)
    assert issued.verification_code == ticket.verification_code
    assert _subjects(own_memory, "clearance.issued") == [ticket.number]
    # The caller's attempt, the killed one and the last.
    assert _subjects(own_memory, "clearance.issuing") == [ticket.number] * 3


def test_the_command_line_fetches_later_what_waited(
    own_settings: Any, own_memory: Any, example: Any, timestamps: Any, tmp_path: Path
) -> None:
    _bear_out(example("smallest"), own_settings, own_memory)
    document = tmp_path / "clearance.pdf"
    command = [MOHR, "issue", EXAMPLES / "smallest.json", "-o", document]
    with _process(command, own_settings) as waiting:
        _, told = waiting.communicate(timeout=SECONDS)
    (number,) = _subjects(own_memory, "clearance.issuing")
    assert waiting.returncode == 2
    assert "issuance.waiting" in told
    assert number in told
    assert "tsa.unavailable" in told
    assert not document.exists()

    with timestamps(), _process(command, own_settings) as issued:
        assert issued.wait(SECONDS) == 0
    assert document.read_bytes().startswith(b"%PDF-")
    assert _subjects(own_memory, "clearance.issued") == [number]


def test_the_database_cuts_off_the_worker(
    own_service: Any, example: Any, timestamps: Any, wait_until_issued: Any
) -> None:
    number = own_service.post(example("smallest")).json()["number"]
    _execute(
        own_service.memory,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )

    with timestamps():
        assert wait_until_issued(own_service, number)["number"] == number


def test_what_a_key_refuses_goes_on_by_itself_once_that_is_mended(
    own_service: Any,
    example: Any,
    timestamps: Any,
    wait_until_issued: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any, **__: Any) -> bytes:
        raise Refused("keys.certificate_expired")

    monkeypatch.setattr(wiring, "seal", refuse)
    waiting = own_service.post(example("smallest"))
    assert waiting.status_code == 202
    assert waiting.json()["state"] == "waiting"
    assert waiting.json()["last_error"]["code"] == "keys.certificate_expired"

    monkeypatch.undo()
    with timestamps():
        issued = wait_until_issued(own_service, waiting.json()["number"])
    assert issued["number"] == waiting.json()["number"]


def test_what_our_own_check_refuses_is_left_to_its_caller(
    own_service: Any, example: Any, timestamps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: Any, **__: Any) -> bytes:
        raise InternalFault("issuance.own_check_failed")

    key = secrets.token_hex(8)
    monkeypatch.setattr(wiring, "seal", fault)
    assert own_service.post(example("smallest"), key=key).status_code == 500
    assert (
        _execute(own_service.memory, "SELECT FROM procrastinate_jobs WHERE task_name = 'resume'")
        == []
    )
    monkeypatch.undo()
    with timestamps():
        assert own_service.post(example("smallest"), key=key).status_code == 201


def test_a_signature_slower_than_the_lease_keeps_its_number(
    own_service: Any, example: Any, own_memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes over meanwhile, and no caller hears that a ticket is spent."""
    lease = timedelta(seconds=1)
    register = Register(
        own_memory.engine,
        clock=system_clock,
        random_bytes=secrets.token_bytes,
        lease=lease,
        evaluate=lambda *_: (),
    )
    body = example("smallest")
    given = {
        "idempotency_key": "slow",
        "request_hash": bytes(32),
        "client_id": "slow",
    }
    request = parse_request(body, now=system_clock())
    ticket = register.prepare(request, **given)
    assert isinstance(ticket, Ticket)
    with LeaseKeeper(register, ticket):
        for _ in range(6):
            time.sleep(lease.total_seconds() / 2)
            with pytest.raises(Conflict, match=r"idempotency\.in_progress"):
                register.prepare(request, **given)
        register.record_intent(ticket, content_hash=bytes(32), token_sha256=bytes(32))
    time.sleep(lease.total_seconds() * 1.5)
    again = register.prepare(request, **given)
    assert isinstance(again, Ticket)
    assert again.number == ticket.number


def test_slow_issuing_is_answered_at_once_and_starves_nobody(
    own_service: Any, fresh: Any, timestamps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60 callers at once, each document seconds late: liveness and a check go on."""
    real = wiring.seal
    monkeypatch.setattr(wiring, "seal", lambda *a, **k: (time.sleep(5), real(*a, **k))[1])
    requests = [fresh("smallest") for _ in range(60)]
    with timestamps(), ThreadPoolExecutor(60) as pool:
        began = time.monotonic()
        answers = [pool.submit(own_service.post, each) for each in requests]
        time.sleep(1)
        lives = []
        for _ in range(10):
            start = time.monotonic()
            assert own_service.http.get("/health/live").status_code == 200
            lives.append(time.monotonic() - start)
        start = time.monotonic()
        assert own_service.verify(b"%PDF-1.7\nnothing")["outcome"] == "unreadable"
        verified = time.monotonic() - start
        statuses = [each.result().status_code for each in answers]
    assert sorted(lives)[5] < 0.5
    assert verified < 5
    assert statuses.count(202) >= 40
    assert set(statuses) <= {201, 202}
    assert time.monotonic() - began < 60


def _bear_out(body: Any, settings: Any, memory: Any) -> None:
    seed_directory([json.dumps(body).encode()], settings, memory)


def _accept(register: Register, body: Any) -> Ticket:
    """Leave a request in the queue, as an outage does."""
    ticket = register.prepare(
        parse_request(body, now=system_clock()),
        idempotency_key=secrets.token_hex(8),
        request_hash=secrets.token_bytes(32),
        client_id="tests",
    )
    assert isinstance(ticket, Ticket)
    register.release(ticket, "tsa.unavailable", passes=True)
    return ticket


@contextmanager
def _process(command: list[Any], settings: Any) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*map(str, command)],
        env=os.environ
        | {
            "MOHR_HOME": str(settings.home),
            "MOHR_DATABASE__URL": settings.database.url.get_secret_value(),
            "MOHR_SEAL__TIMESTAMP_URL": settings.seal.timestamp_url,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def _subjects(memory: Any, event: str) -> list[str]:
    statement = f"SELECT subject FROM audit_event WHERE name = '{event}' ORDER BY id"  # noqa: S608
    return [subject for (subject,) in _execute(memory, statement)]


def _execute(memory: Any, statement: str) -> list[Any]:
    with memory.engine.begin() as connection:
        result = connection.execute(text(statement))
        return list(result.all()) if result.returns_rows else []


def _never() -> None:
    raise AssertionError
