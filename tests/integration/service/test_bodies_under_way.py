"""Uploads that stop just before their end hold no more memory than there is for all of them."""

import socket
import time
from contextlib import ExitStack

import httpx
import pytest

from api.app import create_app
from api.toolkit.limits import Limits
from service.sections import WebSettings
from service.web import WebServer

pytestmark = pytest.mark.integration

SIZE = 2_000_000
HEAD = (
    "POST /v1/verifications HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf\r\n"
    f"Content-Length: {SIZE}\r\n\r\n"
).encode()


def test_uploads_without_an_end_are_refused_beyond_the_budget(services_with, unused_port):
    limits = Limits(bodies_bytes=8_000_000)
    address = ("127.0.0.1", unused_port)
    refused = 0
    with ExitStack() as stack:
        stack.enter_context(
            WebServer(create_app(services_with(), limits=limits), WebSettings(port=unused_port))
        )
        for _ in range(12):
            upload = stack.enter_context(socket.create_connection(address, timeout=5))
            try:
                upload.sendall(HEAD + b"%PDF-1.7\n" + bytes(SIZE - 600))
                upload.settimeout(0.5)
                answer = upload.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                answer = b""
            refused += 1
            assert b" 503 " in answer or not answer
        # Half of the budget is one sender's: two such uploads wait, all others are told to go.
        assert refused >= 9
        began = time.monotonic()
        assert httpx.get(f"http://127.0.0.1:{unused_port}/health/live").status_code == 200
        assert time.monotonic() - began < 2


def test_a_refused_upload_is_told_when_to_come_again(services_with, unused_port):
    limits = Limits(bodies_bytes=1_000_000)
    with WebServer(create_app(services_with(), limits=limits), WebSettings(port=unused_port)):
        answer = httpx.post(
            f"http://127.0.0.1:{unused_port}/v1/verifications",
            content=b"%PDF-1.7\n" + bytes(SIZE),
            headers={"Content-Type": "application/pdf"},
        )
    assert answer.status_code == 503
    assert answer.json()["code"] == "request.busy"
    assert int(answer.headers["Retry-After"]) > 0
