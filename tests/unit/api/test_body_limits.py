"""Bodies that are too large are refused before they are read, however they are sent."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from fastapi import Request

from api.toolkit import bodies
from api.toolkit.body_budget import BodyBudget
from api.toolkit.problems import HttpError

JSON_LIMIT = 256 * 1024
UPLOAD_LIMIT = 20_000_000 - 1


class Sender:
    """Sends a body in pieces and counts how many were taken."""

    def __init__(self, *, pieces: int, size: int) -> None:
        self._pieces, self._size = pieces, size
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._pieces):
            self.taken += 1
            yield b" " * self._size


def issue(caller: Any, stand_ins: Any, headers: dict[str, str], pieces: list[bytes]) -> Any:
    """Call the application directly, to see how much of the body it asks for."""
    given = {
        "authorization": f"Bearer {stand_ins.issue_key}",
        "content-type": "application/json",
        "idempotency-key": "k",
        **headers,
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/clearances",
        "raw_path": b"/v1/clearances",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("192.0.2.7", 1),
        "server": ("mohr.test", 80),
    }
    sent: list[Any] = []
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        body, taken = pieces[taken], taken + 1
        return {"type": "http.request", "body": body, "more_body": taken < len(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    async def call() -> None:
        await caller.app(scope, receive, send)

    anyio.run(call)
    return sent[0]["status"], taken


def test_an_announced_megabyte_is_refused_unread(caller: Any, stand_ins: Any) -> None:
    status, taken = issue(caller, stand_ins, {"content-length": "1000000"}, [b" " * 1000])
    assert (status, taken) == (413, 0)


def test_an_unannounced_megabyte_is_refused_at_the_limit(caller: Any, stand_ins: Any) -> None:
    pieces = [b" " * 64 * 1024] * 16
    status, taken = issue(caller, stand_ins, {"transfer-encoding": "chunked"}, pieces)
    assert (status, taken) == (413, 5)


def test_a_false_announcement_does_not_help(caller: Any, stand_ins: Any) -> None:
    pieces = [b" " * 64 * 1024] * 16
    status, taken = issue(caller, stand_ins, {"content-length": "10"}, pieces)
    assert (status, taken) == (413, 5)


def test_a_stranger_s_body_is_not_read_at_all(caller: Any, stand_ins: Any) -> None:
    headers = {"authorization": "Bearer mohr_unknown"}
    assert issue(caller, stand_ins, headers, [b"{}"]) == (401, 0)


@pytest.mark.parametrize(("size", "status"), [(JSON_LIMIT, 201), (JSON_LIMIT + 1, 413)])
def test_json_to_the_byte(
    caller: Any, stand_ins: Any, ordinary: Any, size: int, status: int
) -> None:
    body = json.dumps(ordinary).encode().ljust(size)
    response = caller.post(
        "/v1/clearances",
        content=body,
        headers={
            "Authorization": f"Bearer {stand_ins.issue_key}",
            "Content-Type": "application/json",
            "Idempotency-Key": "k",
        },
    )
    assert response.status_code == status


@pytest.mark.parametrize(("size", "status"), [(UPLOAD_LIMIT, 200), (UPLOAD_LIMIT + 1, 413)])
def test_uploads_to_the_byte(caller: Any, size: int, status: int) -> None:
    content = bytes(size)
    bare = caller.post(
        "/v1/verifications", content=content, headers={"Content-Type": "application/pdf"}
    )
    form = caller.post("/v1/verifications", files={"file": ("a.pdf", content)})
    assert bare.status_code == form.status_code == status


def test_an_endless_upload_is_cut_off(caller: Any) -> None:
    sender = Sender(pieces=1000, size=1_000_000)
    response = caller.post(
        "/v1/verifications",
        content=sender,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    # Not even a form: the parser gives up first, or the limit does; neither reads on.
    assert response.status_code in (400, 413)
    assert sender.taken < 25


def test_the_form_for_number_and_code_is_short(open_limited: Callable[..., Any]) -> None:
    response = open_limited().post("/clearances", data={"number": "1" * 5000, "code": "x"})
    assert response.status_code == 413


def test_a_file_that_rolls_nowhere(caller: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> Iterator[None]:
        raise AssertionError("an upload went to disk")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", forbidden)
    response = caller.post("/v1/verifications", files={"file": ("a.pdf", bytes(3_000_000))})
    assert response.status_code == 200


class Trickle:
    """A caller who never pauses for long, and never ends either."""

    def __init__(self, *, size: int) -> None:
        self._size = size

    async def receive(self) -> dict[str, Any]:
        await anyio.sleep(0.01)
        return {"type": "http.request", "body": b" " * self._size, "more_body": True}


@pytest.mark.parametrize(
    ("size", "code"), [(10, "request.too_slow"), (100_000, "request.too_large")]
)
def test_a_body_that_trickles_is_not_waited_for(
    size: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "SILENCE_SECONDS", 0.1)
    context = SimpleNamespace(bodies=BodyBudget(total=10_000_000))
    app = SimpleNamespace(state=SimpleNamespace(context=context))
    request = Request({"type": "http", "headers": [], "app": app}, Trickle(size=size).receive)
    with pytest.raises(HttpError) as raised:
        anyio.run(bodies.read_body, request, 2_000_000)
    assert raised.value.code == code
