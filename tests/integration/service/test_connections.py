"""Half-open, endless and slow connections against a real server: the others go on being served."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest
from fastapi import FastAPI, Request

from service.sections import WebSettings
from service.web import WebServer

pytestmark = pytest.mark.integration

NOT_LOOPBACK = "192.0.2.1"
"""A proxy that no caller of these tests is, so that the limit of each network holds for them."""
HALF_OPEN = b"GET /live HTTP/1.1\r\nHost: x\r\n"


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/live")
    async def live() -> str:
        return "live"

    @app.post("/taken")
    async def taken(request: Request) -> int:
        return len(await request.body())

    return app


@contextmanager
def serving(port: int, **settings: object) -> Iterator[str]:
    web = WebSettings(port=port, **settings)
    with WebServer(application(), web):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def opened(unused_port: Callable[[], int]) -> Iterator[Callable[..., socket.socket]]:
    with ExitStack() as stack:

        def open_(address: str, first: bytes = b"") -> socket.socket:
            host, _, port = address.removeprefix("http://").partition(":")
            each = stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
            each.sendall(first)
            return each

        yield open_


def is_closed(connection: socket.socket, within: float) -> bool:
    connection.settimeout(within)
    try:
        return connection.recv(1000) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def answers(address: str) -> float:
    began = time.monotonic()
    assert httpx.get(f"{address}/live", timeout=10).json() == "live"
    return time.monotonic() - began


@pytest.mark.parametrize("first", [b"", b"G", HALF_OPEN], ids=["nothing", "a letter", "no end"])
def test_headers_that_do_not_end_are_cut_off(first, unused_port, opened):
    with serving(unused_port, header_seconds=0.5) as address:
        assert is_closed(opened(address, first), within=5)


def test_a_letter_now_and_then_does_not_move_the_deadline(unused_port, opened):
    with serving(unused_port, header_seconds=1) as address:
        slow = opened(address, HALF_OPEN)
        began = time.monotonic()
        try:
            while time.monotonic() < began + 10:
                slow.sendall(b"X")
                time.sleep(0.1)
        except ConnectionError:
            pass
        assert time.monotonic() - began < 5


def test_the_second_request_of_a_connection_has_the_same_deadline(unused_port, opened):
    with serving(unused_port, header_seconds=0.5) as address:
        connection = opened(address, HALF_OPEN + b"\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        connection.sendall(HALF_OPEN)
        assert is_closed(connection, within=3)


def test_a_body_that_takes_longer_is_read_to_its_end(unused_port, opened):
    with serving(unused_port, header_seconds=0.5) as address:
        head = b"POST /taken HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
        connection = opened(address, head + b"a")
        for letter in (b"b", b"c"):
            time.sleep(0.7)
            connection.sendall(letter)
        assert connection.makefile("rb").read().endswith(b"\r\n\r\n3")


def test_headers_without_end_are_cut_off_by_their_size(unused_port, opened):
    with serving(unused_port, header_seconds=60) as address:
        endless = opened(address, HALF_OPEN)
        deadline = time.monotonic() + 10
        while not is_closed(endless, within=0.001) and time.monotonic() < deadline:
            with suppress(ConnectionError):
                endless.sendall(b"X-Header: " + b"x" * 1000 + b"\r\n")
        assert time.monotonic() < deadline
        assert answers(address) < 5


def test_one_network_gets_its_share_and_no_more(unused_port, opened):
    limits = {"connections_per_network": 5, "trusted_proxies": NOT_LOOPBACK}
    with serving(unused_port, **limits) as address:
        kept = [opened(address, HALF_OPEN) for _ in range(5)]
        assert is_closed(opened(address), within=5)
        kept[0].close()
        assert answers(address) < 5


def test_a_trusted_proxy_brings_as_many_as_there_is_room_for(unused_port, opened):
    with serving(unused_port, connections_per_network=5) as address:
        for _ in range(20):
            opened(address, HALF_OPEN)
        assert answers(address) < 5


def test_a_full_server_lets_go_of_who_has_waited_longest(unused_port, opened):
    with serving(unused_port, connections=20, header_seconds=60) as address:
        waiting = [opened(address, HALF_OPEN) for _ in range(20)]
        assert answers(address) < 5
        assert is_closed(waiting[0], within=5)
        assert not is_closed(waiting[-1], within=0.2)


def test_eleven_hundred_half_open_requests_stop_nobody(unused_port, opened, caplog):
    with (
        caplog.at_level(logging.WARNING),
        serving(unused_port, connections=300, header_seconds=60) as address,
    ):
        for _ in range(1100):
            opened(address, HALF_OPEN)
        times = sorted(answers(address) for _ in range(20))
    assert times[10] < 1
    closed = [line for line in caplog.messages if "connections closed" in line]
    assert len(closed) == 1
    assert len(caplog.messages) < 10
