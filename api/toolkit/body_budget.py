"""How many bytes of bodies that are still coming in one process holds at a time.

Each body has a limit of its own, and many of them at once have none: 40 uploads that stopped just
before their end kept 800 MB. All together may hold ``total`` bytes, and one sender's network half
of that, so that one sender never takes it all. What exceeds it is refused with *busy* and may come
again.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from clearance.errors import Unavailable

SMALL = 256 * 1024
"""Bytes of each body that are never refused: requests, forms, and our own files."""


@dataclass(kw_only=True)
class BodyBudget:
    """The bytes under way; used from the server's event loop alone."""

    total: int
    _held: int = 0
    _by_network: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def body_of(self, network: str) -> Iterator["Holding"]:
        """Hold the bytes of one body until the block ends."""
        holding = Holding(budget=self, network=network)
        try:
            yield holding
        finally:
            self._held -= holding.taken
            self._by_network[network] -= holding.taken
            if not self._by_network[network]:
                del self._by_network[network]

    def take(self, network: str, count: int) -> None:
        """Count bytes in; raises ``Unavailable("request.busy")`` without room."""
        if self._held + count > self.total or self._by_network[network] + count > self.total // 2:
            raise Unavailable("request.busy")
        self._held += count
        self._by_network[network] += count


@dataclass(kw_only=True)
class Holding:
    """The bytes of one body."""

    budget: BodyBudget
    network: str
    taken: int = 0
    _seen: int = 0

    def add(self, count: int) -> None:
        """Hold so many more bytes; raises ``Unavailable("request.busy")``."""
        self._seen += count
        wanted = max(0, self._seen - SMALL) - self.taken
        if wanted > 0:
            self.budget.take(self.network, wanted)
            self.taken += wanted
