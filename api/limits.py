"""What the service takes from a caller: sizes, and how often a code may be guessed."""

import ipaddress
import math
import time
from dataclasses import dataclass
from http import HTTPStatus

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.problems import HttpError

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


def network_of(address: str) -> str:
    """Answer what one subscriber sends from: the address, or its IPv6 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))
    return address
