"""Many files under way: a busy sandbox, outages, callers who leave or come twice."""

import asyncio
import io
import json
import threading
import time
import zipfile
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from api.toolkit import bodies
from api.verification import file_batches
from clearance.errors import Busy
from clearance.verdict import Outcome, Reason, Verdict

PATH = "/v1/verification-batches"
ZIP_TYPE = "application/zip"
GENUINE = b"%PDF-genuine"


@pytest.fixture
def known(stand_ins: Any, clearance: Any) -> Any:
    found = (Outcome.AUTHENTIC, Reason.REGISTERED, Reason.IN_FORCE)
    stand_ins.judges(GENUINE, *found, number=clearance.number)
    return clearance


def packed(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def key(stand_ins: Any, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {stand_ins.verify_key}", **headers}


def send_archive(caller: Any, stand_ins: Any, data: bytes, accept: str = "") -> Any:
    kinds = {"Content-Type": ZIP_TYPE} | ({"Accept": accept} if accept else {})
    return caller.post(PATH, content=data, headers=key(stand_ins, **kinds))


def lines(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def outcomes(answered: list[dict[str, Any]]) -> dict[str, str]:
    return {each["name"]: each["outcome"] for each in answered if "name" in each}


def test_a_busy_sandbox_is_asked_again(
    open_with: Callable[..., Any], stand_ins: Any, known: Any
) -> None:
    refusals = iter(range(3))

    def verify(content: bytes) -> Verdict:
        if next(refusals, None) is not None:
            raise Busy
        found: Verdict = stand_ins.verify_file(content)
        return found

    caller = open_with(verify_in_bulk=verify)
    answered = lines(send_archive(caller, stand_ins, packed({"a.pdf": GENUINE})))
    assert outcomes(answered) == {"a.pdf": "authentic"}


def test_a_sandbox_that_stays_busy_is_an_outage(
    open_with: Callable[..., Any], stand_ins: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_batches, "BUSY_SECONDS", 0.1)

    def verify(_: bytes) -> Verdict:
        raise Busy

    answered = lines(send_archive(open_with(verify_file=verify), stand_ins, packed({"a": b"x"})))
    assert outcomes(answered) == {"a": "could_not_check"}
    assert answered[1]["reasons"] == ["check.crowded_out"]


def test_the_register_away_in_the_middle(
    open_with: Callable[..., Any], stand_ins: Any, known: Any
) -> None:
    seen = []

    def verify(content: bytes) -> Verdict:
        seen.append(content)
        if len(seen) == 2:
            stand_ins.away.add("register")
        found: Verdict = stand_ins.verify_file(content)
        return found

    files = packed({f"{place}.pdf": GENUINE for place in range(4)})
    answered = lines(send_archive(open_with(verify_file=verify), stand_ins, files))
    assert answered[-1]["summary"]["outcomes"]["could_not_check"] >= 2
    reasons = [each["reasons"] for each in answered[1:-1] if each["outcome"] == "could_not_check"]
    assert all(each == ["register.unavailable"] for each in reasons)


def test_a_mistake_of_ours_costs_one_file(
    open_with: Callable[..., Any], stand_ins: Any, known: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def verify(content: bytes) -> Verdict:
        if content == b"secret content":
            raise AssertionError("a mistake")
        found: Verdict = stand_ins.verify_file(content)
        return found

    files = packed({"a.pdf": b"secret content", "b.pdf": GENUINE})
    answered = lines(send_archive(open_with(verify_file=verify), stand_ins, files))
    assert outcomes(answered) == {"a.pdf": "could_not_check", "b.pdf": "authentic"}
    assert "could not be verified" in caplog.text


def test_the_caller_hears_that_the_work_goes_on(
    open_with: Callable[..., Any], stand_ins: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_batches, "HEARTBEAT_SECONDS", 0.02)

    def verify(content: bytes) -> Verdict:
        time.sleep(0.1)
        found: Verdict = stand_ins.verify_file(content)
        return found

    caller = open_with(verify_file=verify)
    answered = lines(send_archive(caller, stand_ins, packed({"a": b"x"})))
    assert {"waiting": True, "done": 0, "of": 1} in answered
    document = send_archive(caller, stand_ins, packed({"a": b"x"}), "application/json")
    assert len(document.json()["answers"]) == 1


class Batch:
    """A request whose files wait until they are let go, and a caller who may leave."""

    def __init__(self, open_with: Callable[..., Any], stand_ins: Any, files: int) -> None:
        self.let_go, self.began = threading.Event(), threading.Event()
        self.judged: list[bytes] = []
        self.left = asyncio.Event()
        self.answer = b""
        self._stand_ins = stand_ins
        self.stalls = False
        self.body = packed({f"{place}.pdf": b"%d" % place for place in range(files)})
        self.caller = open_with(verify_in_bulk=self._verify)

    def _verify(self, content: bytes) -> Verdict:
        self.judged.append(content)
        self.began.set()
        assert self.let_go.wait(10)
        found: Verdict = self._stand_ins.verify_file(content)
        return found

    async def run(self) -> None:
        body = {"type": "http.request", "body": self.body, "more_body": self.stalls}
        pending = [body]

        async def receive() -> dict[str, Any]:
            if pending:
                return pending.pop()
            await self.left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.answer += message.get("body", b"")

        headers = key(self._stand_ins, **{"content-type": ZIP_TYPE})
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": PATH,
            "raw_path": PATH.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), each.encode()) for name, each in headers.items()],
            "client": ("192.0.2.7", 1),
            "server": ("mohr.test", 80),
        }
        await self.caller.app(scope, receive, send)


def test_a_caller_who_leaves_ends_the_work(open_with: Callable[..., Any], stand_ins: Any) -> None:
    batch = Batch(open_with, stand_ins, files=50)

    async def leave() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(batch.run)
            await asyncio.to_thread(batch.began.wait, 10)
            batch.left.set()

    anyio.run(leave)
    batch.let_go.set()
    time.sleep(0.05)
    assert len(batch.judged) <= file_batches.FILES_AT_ONCE
    assert b"summary" not in batch.answer
    again = send_archive(batch.caller, stand_ins, packed({"a": b""}))
    assert again.status_code == 200, "who left keeps no place"


def test_who_stops_sending_keeps_no_place(
    open_with: Callable[..., Any], stand_ins: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "SILENCE_SECONDS", 0.05)
    batch = Batch(open_with, stand_ins, files=1)
    batch.stalls = True
    anyio.run(batch.run)
    assert json.loads(batch.answer)["code"] == "request.too_slow"
    assert json.loads(batch.answer)["status"] == 408
    again = send_archive(batch.caller, stand_ins, packed({"a": b""}))
    assert again.status_code == 200


def test_one_request_of_a_key_at_a_time(open_with: Callable[..., Any], stand_ins: Any) -> None:
    batch = Batch(open_with, stand_ins, files=3)
    refused = []

    async def both() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(batch.run)
            await asyncio.to_thread(batch.began.wait, 10)
            refused.append(
                await asyncio.to_thread(send_archive, batch.caller, stand_ins, batch.body)
            )
            batch.let_go.set()

    anyio.run(both)
    assert refused[0].status_code == 429
    assert refused[0].json()["code"] == "files.running"
    assert refused[0].headers["Retry-After"]
    assert b"summary" in batch.answer
    assert len(stand_ins.charges) == 1
