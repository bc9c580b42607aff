"""Starts the embedded PostgreSQL again when it has been killed."""

import logging
import threading
from types import TracebackType
from typing import Final, Self

from clearance.errors import Unavailable
from register.embedded import EmbeddedPostgres

_log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0


class EmbeddedWatch:
    """Looks after a started server in a thread of its own as long as the context is open.

    Of several processes with a share in the server, the first to see it gone starts it again; the
    others join it. Callers have an outage until then.
    """

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="database-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            if self._server.is_running():
                continue
            _log.error("the embedded PostgreSQL is gone; starting it again")
            try:
                self._server.start()
            except Unavailable:
                # Why, the server's own log says; the next look tries once more.
                _log.error("the embedded PostgreSQL did not start again")
