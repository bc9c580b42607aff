"""A part is away or at fault: nothing is issued without it, and the number is kept."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from clearance.canonical import canonical_bytes
from clearance.clock import system_clock
from clearance.errors import InternalFault, MohrError, Unavailable
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.jalali import jalali_year
from clearance.request import parse_request
from register.database import open_database
from register.documents import DocumentStore
from register.records import PendingClearance
from register.repository import Register
from service.settings import Settings
from service.wiring import issuing as wiring
from service.wiring.issuing import open_issuing
from service.wiring.memory import Memory
from service.wiring.trust import Trust
from signer.issuing import Issued

CLIENT = "outage-test"
ISSUED_WITHIN_SECONDS = 90


@dataclass(frozen=True, kw_only=True)
class _Caller:
    """Asks for the first clearance of a branch, again and again with one idempotency key."""

    settings: Settings
    memory: Memory
    body: dict[str, Any]
    number: ClearanceNumber
    key: str

    def ask(
        self, *, settings: Settings | None = None, memory: Memory | None = None
    ) -> Issued | PendingClearance:
        settings, memory = settings or self.settings, memory or self.memory
        with open_issuing(settings, memory, Trust(settings)) as issuing:
            return issuing.issue(
                parse_request(self.body, now=datetime.now(UTC)),
                idempotency_key=self.key,
                request_hash=hashlib.sha256(canonical_bytes(self.body)).digest(),
                client_id=CLIENT,
            )

    def assert_accepted(self, answer: Issued | PendingClearance, code: str) -> None:
        assert isinstance(answer, PendingClearance)
        assert answer.number == self.number
        assert answer.last_error == code
        assert answer.leased_until is None
        assert answer.resume_at is not None

    def assert_the_worker_issues_the_same_number(self) -> None:
        deadline = time.monotonic() + ISSUED_WITHIN_SECONDS
        while (issued := self.memory.register.find(self.number)) is None:
            assert time.monotonic() < deadline, self.memory.register.pending(self.number)
            time.sleep(0.2)
        again = self.ask()
        assert isinstance(again, Issued)
        assert again.replayed
        assert again.clearance == issued

    def assert_nothing_issued(self, code: str) -> None:
        assert self.memory.register.find(self.number) is None
        pending = self.memory.register.pending(self.number)
        assert pending is not None
        assert pending.last_error == code
        assert pending.leased_until is None
        assert pending.resume_at is None, "a worker must not repeat what will fail again"

    def assert_retry_issues_the_same_number(self) -> None:
        issued = self.ask()
        assert isinstance(issued, Issued)
        assert not issued.replayed
        assert issued.clearance.number == self.number
        again = self.ask()
        assert isinstance(again, Issued)
        assert again.replayed
        assert again.clearance == issued.clearance


@pytest.fixture
def caller(running_service: Any, example: Callable[[str], dict[str, Any]]) -> _Caller:
    branch = BranchCode(f"{secrets.randbelow(900) + 9000}")
    body = example("smallest")
    body["branch"]["code"] = branch
    running_service.seed_directory(body)
    return _Caller(
        settings=running_service.settings,
        memory=running_service.memory,
        body=body,
        number=ClearanceNumber.make(jalali_year(system_clock()), branch, 1),
        key=secrets.token_hex(8),
    )


def test_timestamp_authority_away(caller: _Caller, unused_port: int) -> None:
    seal = caller.settings.seal.model_copy(
        update={"timestamp_url": f"http://127.0.0.1:{unused_port}/tsa"}
    )
    waiting = caller.ask(settings=caller.settings.model_copy(update={"seal": seal}))

    caller.assert_accepted(waiting, "tsa.unavailable")
    caller.assert_the_worker_issues_the_same_number()


def test_document_store_full(caller: _Caller) -> None:
    class Full(DocumentStore):
        def put(self, data: bytes) -> str:
            raise Unavailable("documents.unavailable")

    full = Full.open(caller.settings.home / "documents")
    waiting = caller.ask(memory=replace(caller.memory, documents=full))

    caller.assert_accepted(waiting, "documents.unavailable")
    caller.assert_the_worker_issues_the_same_number()


def test_register_away(caller: _Caller, unused_port: int) -> None:
    gone = Register(
        open_database(f"postgresql://postgres@127.0.0.1:{unused_port}/postgres"),
        clock=system_clock,
        random_bytes=secrets.token_bytes,
    )
    with pytest.raises(Unavailable) as caught:
        caller.ask(memory=replace(caller.memory, register=gone))

    assert caught.value.code == "register.unavailable"
    assert caller.memory.register.pending(caller.number) is None, "nothing was accepted"
    caller.assert_retry_issues_the_same_number()


def test_a_seal_that_does_not_hold_never_leaves(
    caller: _Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed_well = wiring.seal

    def sealed_badly(*arguments: Any, **options: Any) -> bytes:
        pdf = bytearray(sealed_well(*arguments, **options))
        pdf[len(pdf) // 2] ^= 1
        return bytes(pdf)

    monkeypatch.setattr(wiring, "seal", sealed_badly)
    with pytest.raises(InternalFault) as caught:
        caller.ask()
    monkeypatch.undo()

    assert caught.value.code == "issuance.own_check_failed"
    caller.assert_nothing_issued("issuance.own_check_failed")
    caller.assert_retry_issues_the_same_number()


def test_token_away_and_back_over_http(
    running_service: Any, fresh: Any, wait_until_issued: Any
) -> None:
    request = fresh("smallest")
    tokens = running_service.settings.home / "token" / "tokens"
    hidden = tokens.with_name("hidden")
    key = secrets.token_hex(8)

    tokens.rename(hidden)
    try:
        accepted = running_service.post(request, key=key)
        path = accepted.headers["Location"]
        document = running_service.http.get(
            f"{path}/document", headers=running_service.authorization
        )
        ready = running_service.http.get("/health/ready")
        live = running_service.http.get("/health/live")
    finally:
        hidden.rename(tokens)
    issued = wait_until_issued(running_service, accepted.json()["number"])
    replayed = running_service.post(request, key=key)

    assert accepted.status_code == 202
    assert accepted.json()["state"] == "waiting"
    assert accepted.json()["last_error"]["code"] == "hsm.token_missing"
    assert int(accepted.headers["Retry-After"]) > 0
    assert document.status_code == 409
    assert document.json()["code"] == "clearance.not_issued_yet"
    assert ready.status_code == 503
    assert ready.json()["parts"]["token"]["status"] == "down"
    assert ready.json()["parts"]["database"]["status"] == "up"
    assert live.status_code == 200
    assert replayed.status_code == 201
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert replayed.json()["verification_code"] == issued["verification_code"]


def test_a_fault_of_ours_gives_the_number_back(
    caller: _Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> bytes:
        raise RuntimeError("a fault")

    monkeypatch.setattr(wiring, "seal", broken)
    with pytest.raises(RuntimeError) as caught:
        caller.ask()
    monkeypatch.undo()

    assert not isinstance(caught.value, MohrError)
    caller.assert_nothing_issued("internal.fault")
    caller.assert_retry_issues_the_same_number()
