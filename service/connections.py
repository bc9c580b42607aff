"""Keeps strangers' connections from taking the server away from everybody else.

uvicorn has neither a deadline for a request's headers, nor a cap on their size, nor one on the
connections of one sender. Without them 1,100 requests that were never finished stopped the service
until it had run out of file descriptors.

A connection *waits* from its opening, and from each first byte of a further request, until the
headers of that request are complete (RFC 9112, 2.1).

1. Who waits longer than ``header_seconds``, or sends more than ``HEADER_BYTES``, is cut off.
2. A sender's network has at most ``per_network`` connections; the next is closed at once.
3. All together have at most ``most``; the next one takes the place of the connection that has
   waited longest, and is closed itself if none waits.

What was done is logged once a minute, as counts.
"""

import asyncio
import ipaddress
import logging
import resource
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.toolkit.limits import network_of

_log = logging.getLogger("mohr.web")

HEADER_BYTES = 32 * 1024
"""Of one request's line and headers; a QR code's address has some 400."""
RESERVED_DESCRIPTORS = 128
"""File descriptors that connections leave to the database, the store and the sandbox."""
LOG_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """How many connections there may be, and how long each may wait."""

    most: int
    """Of one process."""
    per_network: int
    """Of one address, or of one IPv6 network (``api.toolkit.limits.network_of``)."""
    header_seconds: float
    """From the opening of a connection, or the first byte of a further request, until the end of
    the headers."""
    trusted: str
    """Addresses or networks of reverse proxies, with commas: they bring many senders, and have a
    limit for each of their own. ``*`` trusts every address."""


@dataclass(kw_only=True)
class ConnectionGate:
    """Who is connected; used from the server's event loop alone."""

    limits: ConnectionLimits
    clock: Callable[[], float] = time.monotonic
    _by_network: Counter[str] = field(default_factory=Counter)
    _waiting: "OrderedDict[GuardedProtocol, None]" = field(default_factory=OrderedDict)
    _connected: int = 0
    _done: Counter[str] = field(default_factory=Counter)
    _logged_at: float = float("-inf")

    def enter(self, network: str) -> bool:
        """Count a new connection in; False if it has to be closed at once, uncounted."""
        if not self._is_trusted(network) and self._by_network[network] >= self.limits.per_network:
            self.report("above the limit of their network")
            return False
        if self._connected >= self.limits.most:
            if not self._waiting:
                self.report("refused while the server was full")
                return False
            self.report("cut off to make room")
            next(iter(self._waiting)).cut_off()
        self._connected += 1
        self._by_network[network] += 1
        return True

    def leave(self, connection: "GuardedProtocol", network: str) -> None:
        """Count out a connection that ``enter`` let in."""
        self.served(connection)
        self._connected -= 1
        self._by_network[network] -= 1
        if not self._by_network[network]:
            del self._by_network[network]

    def waits(self, connection: "GuardedProtocol") -> None:
        """Note that a connection waits for the end of its headers."""
        self._waiting[connection] = None

    def served(self, connection: "GuardedProtocol") -> None:
        """Note that it waits no more."""
        self._waiting.pop(connection, None)

    def report(self, what: str) -> None:
        """Count what was done to a connection; log all counts once a minute."""
        self._done[what] += 1
        if self.clock() - self._logged_at < LOG_SECONDS:
            return
        self._logged_at = self.clock()
        counts = ", ".join(f"{count} {each}" for each, count in sorted(self._done.items()))
        self._done.clear()
        _log.warning("connections closed since the last such line: %s", counts)

    def _is_trusted(self, address: str) -> bool:
        return any(_covers(each.strip(), address) for each in self.limits.trusted.split(","))


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol behind a gate."""

    def __init__(self, *args: Any, gate: ConnectionGate, **options: Any) -> None:
        super().__init__(*args, **options)
        self._gate = gate
        self._network: str | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._in_headers = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Let the connection in, or close it before it costs anything."""
        super().connection_made(transport)
        network = network_of(self.client[0]) if self.client else ""
        if not self._gate.enter(network):
            transport.abort()
            return
        self._network = network
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._stop_waiting()
        if self._network is not None:
            self._gate.leave(self, self._network)
            self._network = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in a piece of a request."""
        if self._network is None:
            return
        if self._in_headers:
            if self._deadline is None:
                self._wait()
            self._header_bytes += len(data)
        super().data_received(data)
        if self._in_headers and self._header_bytes > HEADER_BYTES:
            self._gate.report("cut off for headers without end")
            self.cut_off()

    def on_headers_complete(self) -> None:
        """Hand the request on; its body has limits of its own (``api.toolkit.bodies``)."""
        self._in_headers = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take the next bytes for those of a further request."""
        super().on_message_complete()
        self._in_headers = True
        self._header_bytes = 0

    def cut_off(self) -> None:
        """Close the connection without an answer, at once."""
        self._stop_waiting()
        self.transport.abort()

    def _wait(self) -> None:
        self._gate.waits(self)
        self._deadline = self.loop.call_later(self._gate.limits.header_seconds, self._is_late)

    def _stop_waiting(self) -> None:
        self._gate.served(self)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _is_late(self) -> None:
        self._gate.report("cut off for unfinished headers")
        self.cut_off()


def most_connections(wanted: int) -> int:
    """Return how many connections this process can hold, at most ``wanted``.

    Takes as many file descriptors as the system grants, and leaves some to the rest.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return (
        wanted
        if soft == resource.RLIM_INFINITY
        else max(1, min(wanted, soft - RESERVED_DESCRIPTORS))
    )


def _covers(trusted: str, address: str) -> bool:
    if trusted == "*":
        return True
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(trusted, strict=False)
    except ValueError:
        return trusted == address
