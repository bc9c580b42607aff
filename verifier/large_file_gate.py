"""Keeps a crowd of large files from holding up everyone else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from clearance.errors import Busy
from verifier.seal_fingerprints import SMALL

LARGE_FILES_WAITING = 8
WAIT_SECONDS = 0.5


class LargeFileGate:
    """Lets one large file at a time be searched, while the others wait; safe across threads.

    Searching 20 MB takes up to a tenth of a second, in which this process can do little else:
    fifty such files at once would keep a genuine one waiting for seconds.
    """

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(LARGE_FILES_WAITING)
        self._turn = threading.Lock()

    @contextmanager
    def searching(self, pdf: bytes) -> Iterator[None]:
        """Wait for the turn of ``pdf``, if it is large.

        Raises ``Busy`` if too many wait, or for too long.
        """
        if len(pdf) < SMALL:
            yield
            return
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            if not self._turn.acquire(timeout=WAIT_SECONDS):
                raise Busy
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()
