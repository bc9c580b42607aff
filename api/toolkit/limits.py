"""What the service takes from a caller: sizes, and how often a code may be guessed."""

import ipaddress
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.toolkit.problems import HttpError
from clearance.errors import Busy

_COME_AGAIN_SECONDS = 10

IPV6_NETWORK = 64
"""One subscriber usually has a whole /64 to send from."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes in bytes, rates in the notation of the ``limits`` library."""

    json_bytes: int = 256 * 1024
    """Largest JSON body."""
    batch_bytes: int = 64 * 1024 * 1024
    """Largest batch: room for 10,000 requests of 6.5 KB."""
    import_bytes: int = 256 * 1024 * 1024
    """Largest file of directory records; it is read as a stream and never held as a whole."""
    form_bytes: int = 4 * 1024
    """Largest body of the form for number and code."""
    upload_bytes: int = 20_000_000 - 1
    """Largest file to verify; 20 MB and more are refused."""
    bodies_bytes: int = 256 * 1024 * 1024
    """Bytes of bodies still coming in that one process holds in memory, over all callers."""
    batch_files: int = 1000
    """Files to verify with one request of an API key."""
    file_batch_bytes: int = 256 * 1024 * 1024
    """Largest body with many files; it lies in a temporary file without a name."""
    page_files: int = 20
    """Files to verify with one request of the public's page; ``upload_bytes`` is for all."""
    batches_at_once: int = 4
    """Such requests that one process works on at a time, and as many of the page."""
    wrong_codes: str = "30/minute"
    """How many wrong number-and-code pairs an address may try before it is told to stop. A right
    pair always passes: many people may share an address, and a code has 80 random bits."""
    receipts: str = "60/hour"
    """How many receipts an address may have sealed: each costs the token a signature."""


class GuessLimiter:
    """Counts wrong number-and-code pairs, or receipts, for each client address.

    The counts live in this process: with several processes each counts for itself.
    """

    def __init__(self, rate: str, *, code: str = "access.too_many_attempts") -> None:
        self._code = code
        self._rate = parse(rate)
        self._strategy = MovingWindowRateLimiter(MemoryStorage())

    def count_wrong(self, address: str) -> None:
        """Count one try; raise 429 if this address has used up its tries."""
        network = network_of(address)
        if self._strategy.hit(self._rate, network):
            return
        stats = self._strategy.get_window_stats(self._rate, network)
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        raise HttpError(
            HTTPStatus.TOO_MANY_REQUESTS,
            self._code,
            parameters={"seconds": str(seconds)},
            headers={"Retry-After": str(seconds)},
        )


class Places:
    """Who is having many files verified: each caller one request at a time, and all a few.

    The places are this process's: with several processes each has its own.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken: set[str] = set()

    def enter(self, caller: str) -> None:
        """Take a place; raises 429 ``files.running`` if the caller has one.

        Raises ``Busy`` if all are taken.
        """
        with self._lock:
            if caller in self._taken:
                raise HttpError(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    "files.running",
                    headers={"Retry-After": str(_COME_AGAIN_SECONDS)},
                )
            if len(self._taken) >= self._most:
                raise Busy
            self._taken.add(caller)

    def leave(self, caller: str) -> None:
        """Give the place back."""
        with self._lock:
            self._taken.discard(caller)

    @contextmanager
    def kept_by(self, caller: str) -> Iterator[None]:
        """Take a place that is given back only if the block raises."""
        self.enter(caller)
        try:
            yield
        except BaseException:
            self.leave(caller)
            raise


def network_of(address: str) -> str:
    """Return what one subscriber sends from: the address, or its IPv6 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))
    return address
