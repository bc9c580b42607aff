"""The TSA client against answers made up here; no sockets."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from asn1crypto import tsp

from clearance.errors import Unavailable
from signer.timestamps import LARGEST_ANSWER, TimestampAuthority, Token

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Answer = Callable[[httpx.Request], httpx.Response]


def _client(answer: Answer, *, seconds: float = 5) -> TimestampAuthority:
    return TimestampAuthority(
        "http://tsa.example/",
        clock=lambda: NOW,
        seconds=seconds,
        random_bytes=lambda count: b"\x81" + bytes(count - 1),
        transport=httpx.MockTransport(answer),
    )


def _code(client: TimestampAuthority) -> str:
    with pytest.raises(Unavailable) as raised:
        client.stamp(b"\7" * 32, "sha256")
    return raised.value.code


def test_request_carries_digest_nonce_and_wish_for_certificates() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(500)

    assert _code(_client(answer)) == "tsa.unavailable"
    (request,) = seen
    assert request.method == "POST"
    assert request.headers["Content-Type"] == "application/timestamp-query"
    query = tsp.TimeStampReq.load(request.content, strict=True)
    assert query["message_imprint"]["hashed_message"].native == b"\7" * 32
    assert query["message_imprint"]["hash_algorithm"]["algorithm"].native == "sha256"
    assert query["nonce"].native == 0x81 << 56
    assert query["cert_req"].native is True


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("away"), httpx.ConnectTimeout("slow"), httpx.ReadTimeout("slow")]
)
def test_transport_errors_are_unavailable(error: httpx.TransportError) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    assert _code(_client(answer)) == "tsa.unavailable"


def test_connection_closed_meanwhile_is_tried_once_more() -> None:
    calls: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        raise httpx.RemoteProtocolError("closed")

    assert _code(_client(answer)) == "tsa.unavailable"
    assert len(calls) == 2


def test_redirect_is_not_followed() -> None:
    client = _client(lambda _: httpx.Response(302, headers={"Location": "http://other.example/"}))
    assert _code(client) == "tsa.unavailable"


def test_endless_answer_is_cut_off() -> None:
    def pieces() -> Iterator[bytes]:
        sent = 0
        while sent <= 2 * LARGEST_ANSWER:
            sent += 4096
            yield bytes(4096)
        pytest.fail("the whole answer was read")

    client = _client(lambda _: httpx.Response(200, content=pieces()))
    assert _code(client) == "tsa.bad_answer"


def test_trickling_answer_is_given_up() -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.02)
            yield b"\x30"
        pytest.fail("the whole answer was read")

    client = _client(lambda _: httpx.Response(200, content=pieces()), seconds=0.2)
    assert _code(client) == "tsa.unavailable"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("30053003020102", "rejection"),
        ("3009300702010203020780", "rejection, bad_alg"),
        ("30053003020100", ""),
        ("3005300302010000", ""),
        ("", ""),
    ],
    ids=["rejected", "rejected with a reason", "no token", "bytes behind it", "nothing"],
)
def test_answer_without_a_token_says_why(body: str, cause: str) -> None:
    client = _client(lambda _: httpx.Response(200, content=bytes.fromhex(body)))
    with pytest.raises(Unavailable) as raised:
        client.stamp(b"\7" * 32, "sha256")
    assert raised.value.code == "tsa.bad_answer"
    assert cause in raised.value.parameters["cause"]


def test_token_is_written_as_it_came() -> None:
    """Also where a length ends with 0x80, which asn1crypto takes for an indefinite one."""
    content = bytes.fromhex("06092a864886f70d010702") + b"\xa0\x82\x01\x71"
    inner = b"\x04\x82\x01\x6d" + bytes(365)
    der = b"\x30\x82\x01\x80" + content + inner
    assert Token.read(der).dump(force=True) == der
