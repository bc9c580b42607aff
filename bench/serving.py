"""The service as a process of its own, and callers that keep their connection."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from service.settings import Settings

START_SECONDS = 60
_BOUNDARY = "mohr-bench-boundary"


class Caller:
    """One caller over one connection that is kept, on loopback."""

    def __init__(self, port: int, *, seconds: float = 60) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def verify(self, pdf: bytes, *, form: bool = True) -> tuple[int, dict[str, Any]]:
        """Send a file, as a form's field as browsers do or as the body; answer status and JSON."""
        kind, body = "application/pdf", pdf
        if form:
            kind, body = f"multipart/form-data; boundary={_BOUNDARY}", _form(pdf)
        return self.ask("POST", "/v1/verifications", body, {"Content-Type": kind})

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Send a request and answer status and JSON; connect anew if the service hung up."""
        for last in (False, True):
            try:
                self._connection.request(method, path, body, headers or {})
                response = self._connection.getresponse()
                return response.status, json.loads(response.read())
            except (OSError, http.client.HTTPException):
                self._connection.close()
                if last:
                    raise
        raise AssertionError


def _form(pdf: bytes) -> bytes:
    head = (
        f"--{_BOUNDARY}\r\nContent-Disposition: form-data; "
        'name="file"; filename="clearance.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
    )
    return head.encode() + pdf + f"\r\n--{_BOUNDARY}--\r\n".encode()


@contextmanager
def public_service(settings: Settings, *, cores: set[int] | None = None) -> Iterator[int]:
    """Run ``mohr serve`` in the public role over a home, on ``cores``; answer its port.

    The service's workers, and a database that it starts, stay on the same cores.
    """
    environment = os.environ | {"MOHR_HOME": str(settings.home), "MOHR_ROLE": "public"}
    process = subprocess.Popen(
        [sys.executable, "-c", "from service.cli.main import main; main()", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,  # noqa: PLW1509
    )
    try:
        _wait_until_ready(process, settings.web.port)
        yield settings.web.port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("the service does not start")
        try:
            with Caller(port, seconds=5) as caller:
                if caller.ask("GET", "/health/ready")[0] == http.HTTPStatus.OK:
                    return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    raise SystemExit("the service is not ready")
