"""How long signatures take, the finished and those under way."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from hsm.errors import HsmUnavailable

REMEMBERED_SECONDS: Final = 60
"""How long a finished signature tells of the token; a slow one is forgotten after that."""


class Pace:
    """Measures signatures; safe for any number of threads."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._under_way: dict[object, float] = {}
        self._latest: tuple[float, float] | None = None
        """When the latest signature was finished, and how many seconds it had taken."""

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Count what is done inside as one signature, whether it succeeds or not."""
        mark, began = object(), self._monotonic()
        with self._lock:
            self._under_way[mark] = began
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[mark]
                ended = self._monotonic()
                self._latest = (ended, ended - began)

    def require(self, seconds: float) -> None:
        """Ask whether signatures take no longer than ``seconds``; signs nothing itself.

        Raises ``HsmUnavailable("hsm.slow")`` if the latest of the last minute took longer, or one
        under way has taken longer already.
        """
        slowest = self._slowest()
        if slowest > seconds:
            raise HsmUnavailable(
                "hsm.slow", parameters={"seconds": f"{slowest:.1f}", "limit": f"{seconds:g}"}
            )

    def _slowest(self) -> float:
        now = self._monotonic()
        with self._lock:
            taken = [now - began for began in self._under_way.values()]
            if self._latest is not None and now - self._latest[0] < REMEMBERED_SECONDS:
                taken.append(self._latest[1])
        return max(taken, default=0)
