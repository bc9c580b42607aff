"""An assigner's workshop with an account, and a receiver of webhooks over real HTTP."""

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from standardwebhooks.webhooks import Webhook as Signature

from clearance.notices import Notice, Patience
from register.deliveries import Channel, Deliveries
from register.inboxes import Notices
from register.records import IssuedClearance
from service.channels.webhook import NAME, Webhook, new_secret
from service.courier import Courier

ASSIGNER = "0410000001"
SECONDS = 0.3
"""Time limit of a delivery in these tests: all that any of them waits for."""

Answer = Callable[[socket.socket], None]


def answers(status: int, *headers: str) -> Answer:
    """Return one status and close."""
    lines = (f"HTTP/1.1 {status} X", *headers, "Content-Length: 0", "", "")
    return lambda connection: connection.sendall("\r\n".join(lines).encode())


def late(connection: socket.socket) -> None:
    """Confirm, but only after the sender has left."""
    connection.settimeout(10)
    connection.recv(1)
    answers(200)(connection)


def silent(connection: socket.socket) -> None:
    """Take everything and never answer."""
    connection.settimeout(10)
    while connection.recv(65536):
        pass


def trickles(connection: socket.socket) -> None:
    """Send a byte of the headers now and then, and never the last one."""
    connection.sendall(b"HTTP/1.1 200 X\r\nX-Slow: ")
    pause = threading.Event()
    while not pause.wait(SECONDS / 6):
        connection.sendall(b"x")


def hangs_up(connection: socket.socket) -> None:
    """Take the request and close without a word."""


def babbles(connection: socket.socket) -> None:
    """Return what is no HTTP."""
    connection.sendall(b"good morning\r\n\r\n")


def twice(connection: socket.socket) -> None:
    """Confirm two times over."""
    answers(200)(connection)
    answers(200)(connection)


OK = answers(200)
BEHAVIOURS = SimpleNamespace(
    answers=answers,
    late=late,
    silent=silent,
    trickles=trickles,
    hangs_up=hangs_up,
    babbles=babbles,
    twice=twice,
    ok=OK,
)


@dataclass
class Receiver:
    """The e-services system: keeps each event once, by its id, however often it comes."""

    port: int
    script: list[Answer] = field(default_factory=list)
    """How it behaves, call by call; then it confirms."""
    calls: list[dict[str, str]] = field(default_factory=list)
    """Headers of each call, names in lower case."""
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Events that it has taken to heart, by id."""

    def serve(self) -> "Serving":
        return Serving(self)

    def handle(self, connection: socket.socket) -> None:
        headers, body = _read(connection)
        self.calls.append({"body": body, **headers})
        self.accounts[headers["webhook-id"]] = json.loads(body)
        behave = self.script.pop(0) if self.script else OK
        behave(connection)


class Serving:
    """Serves a receiver while it is open; away before and after."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._listener = socket.create_server(("127.0.0.1", receiver.port))
        self._thread = threading.Thread(target=self._run)
        self._connections: list[threading.Thread] = []

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self._receiver

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for each in self._connections:
            each.join(10)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._handle, args=(connection,))
            self._connections.append(thread)
            thread.start()

    def _handle(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._receiver.handle(connection)
            except OSError:
                return


def _read(connection: socket.socket) -> tuple[dict[str, str], str]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return {"request": first, **headers}, body.decode()


@pytest.fixture
def directory_rows(sql: Callable[..., list[tuple]]) -> None:
    """The row of the tests' requests, whose assigner's workshop has an account."""
    sql(
        """
        INSERT INTO branch VALUES ('1234', 'شعبه ۵ تهران', 'تهران', 1, now());
        INSERT INTO workshop VALUES
            ('0410000001', 'شهرداری نمونه', '1234', 'تهران', '1345678901', '10380284790',
             'acc-1', now(), 1, now()),
            ('0410000002', 'شهرداری دیگر', '1234', 'تهران', '1345678901', '10380284790',
             'acc-other', now(), 1, now());
        INSERT INTO contract_row VALUES
            ('1234', '123', '01', '۷۷', NULL, NULL, NULL, NULL, NULL,
             '0410000001', '0410000002', NULL, 'active', 1, now())
        """
    )


@pytest.fixture
def change_account(sql: Callable[..., list[tuple]]) -> Callable[[str | None], None]:
    return lambda account: sql(
        "UPDATE workshop SET account_id = :account, version = version + 1 WHERE number = :number",
        account=account,
        number=ASSIGNER,
    )


@pytest.fixture
def notices(engine: Engine, clock: Any) -> Notices:
    return Notices(engine, clock=clock)


@pytest.fixture
def deliveries(engine: Engine, clock: Any) -> Deliveries:
    """With whole pauses, never shortened by chance."""
    return Deliveries(engine, clock=clock, fraction=lambda: 1.0, patience=Patience())


@pytest.fixture
def secrets_in_use() -> list[str]:
    return [new_secret(bytes)]


@pytest.fixture
def receiver() -> Receiver:
    """Away until a test serves it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Receiver(port=probe.getsockname()[1])


@pytest.fixture
def behaviours() -> SimpleNamespace:
    """Ways in which a receiver can answer."""
    return BEHAVIOURS


@pytest.fixture
def webhook(receiver: Receiver, secrets_in_use: list[str]) -> Webhook:
    return Webhook(
        f"http://127.0.0.1:{receiver.port}/mohr",
        secrets=lambda: tuple(secrets_in_use),
        source="https://verify.example.ir",
        seconds=SECONDS,
    )


@pytest.fixture
def channel(webhook: Webhook) -> Channel:
    return Channel(name=NAME, send=webhook.send, hold=timedelta(seconds=SECONDS + 30))


@pytest.fixture
def courier(deliveries: Deliveries, channel: Channel) -> Courier:
    return Courier(deliveries, [channel])


@pytest.fixture
def issued(directory_rows: None, issue: Callable[..., IssuedClearance]) -> IssuedClearance:
    return issue()


@pytest.fixture
def the_notice(notices: Notices, issued: IssuedClearance) -> Callable[[], Notice]:
    """Read the notice of ``issued``."""

    def read() -> Notice:
        (notice,) = [each for each in notices.of_clearance(issued.number) if each.event == "issued"]
        return notice

    return read


@pytest.fixture
def work(
    courier: Courier, deliveries: Deliveries, notices: Notices, clock: Any
) -> Callable[..., list[datetime]]:
    """Do what is due, moment by moment without waiting, up to ``until``; answer the moments."""

    def run(until: timedelta = timedelta(0), *, by: Courier = courier) -> list[datetime]:
        end, tried = clock.now + until, []
        while pending := notices.undelivered(dead=False, limit=100):
            notice = min(pending, key=lambda each: each.due_at)
            if notice.due_at > end:
                break
            clock.now = max(clock.now, notice.due_at)
            tried.append(clock.now)
            by.deliver(str(notice.id))
        clock.now = max(clock.now, end)
        return tried

    return run


@pytest.fixture
def attempts(sql: Callable[..., list[tuple]]) -> Callable[[UUID], list[tuple]]:
    return lambda notice: sql(
        "SELECT attempt, status, error FROM notice_attempt WHERE notice_id = :notice "
        "ORDER BY attempt",
        notice=notice,
    )


@pytest.fixture
def told(sql: Callable[..., list[tuple]]) -> Callable[[], list[tuple]]:
    """The audit trail of notices."""
    return lambda: sql(
        "SELECT name, actor, subject FROM audit_event WHERE name LIKE 'notice.%' ORDER BY id"
    )


@pytest.fixture
def accepts() -> Callable[[str, dict[str, str]], bool]:
    """Check a call's signature as Standard Webhooks says, whatever the time is."""

    def check(secret: str, call: dict[str, str]) -> bool:
        moment = datetime.fromtimestamp(int(call["webhook-timestamp"]), UTC)
        expected = Signature(secret).sign(call["webhook-id"], moment, call["body"])
        return expected in call["webhook-signature"].split(" ")

    return check
