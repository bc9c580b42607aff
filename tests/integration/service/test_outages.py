"""A part is away: nothing is issued, the caller is told so, and the retry keeps its number."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from api.dependencies import Issued
from clearance.canonical import canonical_bytes
from clearance.clock import system_clock
from clearance.errors import InternalFault, MohrError, Unavailable
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.jalali import jalali_year
from clearance.request import parse_request
from register.documents import DocumentStore
from service import wiring
from service.settings import Settings
from service.wiring import Memory, Trust, open_issuing

CLIENT = "outage-test"


@dataclass(frozen=True, kw_only=True)
class _Caller:
    """Asks for the first clearance of a branch, again and again with one idempotency key."""

    settings: Settings
    memory: Memory
    body: dict[str, Any]
    number: ClearanceNumber
    key: str

    def ask(self, *, settings: Settings | None = None, memory: Memory | None = None) -> Issued:
        settings, memory = settings or self.settings, memory or self.memory
        with open_issuing(settings, memory, Trust(settings)) as issuing:
            return issuing.issue(
                parse_request(self.body, now=datetime.now(UTC)),
                idempotency_key=self.key,
                request_hash=hashlib.sha256(canonical_bytes(self.body)).digest(),
                client_id=CLIENT,
            )

    def assert_nothing_issued(self, code: str) -> None:
        assert self.memory.register.find(self.number) is None
        pending = self.memory.register.pending(self.number)
        assert pending is not None
        assert pending.last_error == code
        assert pending.leased_until is None

    def assert_retry_issues_the_same_number(self) -> None:
        issued = self.ask()
        assert not issued.replayed
        assert issued.clearance.number == self.number
        again = self.ask()
        assert again.replayed
        assert again.clearance == issued.clearance


@pytest.fixture
def caller(running_service: Any, example: Callable[[str], dict[str, Any]]) -> _Caller:
    branch = BranchCode(f"{secrets.randbelow(900) + 9000}")
    body = example("smallest")
    return _Caller(
        settings=running_service.settings,
        memory=running_service.memory,
        body=body | {"branch": body["branch"] | {"code": branch}},
        number=ClearanceNumber.make(jalali_year(system_clock()), branch, 1),
        key=secrets.token_hex(8),
    )


def test_timestamp_authority_away(caller: _Caller, unused_port: int) -> None:
    seal = caller.settings.seal.model_copy(
        update={"timestamp_url": f"http://127.0.0.1:{unused_port}/tsa"}
    )
    with pytest.raises(Unavailable) as caught:
        caller.ask(settings=caller.settings.model_copy(update={"seal": seal}))

    assert caught.value.code == "tsa.unavailable"
    caller.assert_nothing_issued("tsa.unavailable")
    caller.assert_retry_issues_the_same_number()


def test_document_store_full(caller: _Caller) -> None:
    class Full(DocumentStore):
        def put(self, data: bytes) -> str:
            raise Unavailable("documents.unavailable")

    full = Full.open(caller.settings.home / "documents")
    with pytest.raises(Unavailable):
        caller.ask(memory=replace(caller.memory, documents=full))

    caller.assert_nothing_issued("documents.unavailable")
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


def test_token_away_is_told_over_http(running_service: Any, example: Any) -> None:
    tokens = running_service.settings.home / "token" / "tokens"
    hidden = tokens.with_name("hidden")
    key = secrets.token_hex(8)

    tokens.rename(hidden)
    try:
        refused = running_service.post(example("smallest"), key=key)
        ready = running_service.http.get("/health/ready")
        live = running_service.http.get("/health/live")
    finally:
        hidden.rename(tokens)
    issued = running_service.post(example("smallest"), key=key)

    assert refused.status_code == 503
    assert refused.json()["code"] == "hsm.token_missing"
    assert int(refused.headers["Retry-After"]) > 0
    assert ready.status_code == 503
    assert ready.json()["parts"]["token"]["status"] == "down"
    assert ready.json()["parts"]["database"]["status"] == "up"
    assert live.status_code == 200
    assert issued.status_code == 201


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
