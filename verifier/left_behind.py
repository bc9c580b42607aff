"""Work whose caller could not wait for it: who comes again with the same file finds it done."""

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future

MOST_KEPT = 64
KEPT_SECONDS = 60.0
"""A caller who is told that we are busy comes again within this time, or begins anew."""


class LeftBehind:
    """Keeps a bounded number of results, done or still to come; for several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, tuple[float, Future[Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: bytes, work: "Future[Any]") -> None:
        """Keep ``work``; what was kept longest goes if there is too much."""
        with self._lock:
            self._kept[key] = (time.monotonic() + KEPT_SECONDS, work)
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def take(self, key: bytes) -> "Future[Any] | None":
        """Return the work on the same thing and keep it no longer; None if there is none."""
        with self._lock:
            until, work = self._kept.pop(key, (0.0, None))
            return work if time.monotonic() < until else None
