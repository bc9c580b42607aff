"""Finds out that the database has stopped answering, though its connections stand.

A frozen server (a stopped process, a hung disk, a lost machine behind a living network) closes
nothing, its statement timeout does not run, and TCP is acknowledged by its kernel. Whoever waits
for it would wait for ever.

1. A statement that has waited for ``SUSPECT_SECONDS`` has the database *probed*: may a new
   connection log in? While it may, statements are merely slow and go on to their own limit.
2. While it does not answer, every waiting statement is given up with its connection, no new
   connection is tried, and transactions are refused at once.
3. The probing goes on until the database answers again.

So callers have their answer, an outage, within ``SUSPECT_SECONDS`` and ``PROBE_SECONDS``.
"""

import logging
import threading
import time
from collections.abc import Generator
from typing import Any, Final, TypeVar

import psycopg
from psycopg.errors import ConnectionTimeout

_log = logging.getLogger(__name__)

SUSPECT_SECONDS: Final = 1.0
PROBE_SECONDS: Final = 2
"""The shortest that libpq's ``connect_timeout`` can be."""
_PAUSE_SECONDS: Final = 0.5

R = TypeVar("R")


class Answering:
    """Whether one database answers; one for each engine, used by all of its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._probing = False
        self._frozen = False

    @property
    def frozen(self) -> bool:
        """Whether the database takes connections and does not answer on them."""
        return self._frozen

    def connect(self, *arguments: Any, **parameters: Any) -> "WatchedConnection":
        """Connect as ``psycopg.connect`` does; raises ``psycopg.OperationalError``."""
        if self._frozen:
            raise psycopg.OperationalError("the database does not answer")
        try:
            connection = WatchedConnection.connect(*arguments, **parameters)
        except ConnectionTimeout:
            self._found_frozen()
            self.suspect(parameters)
            raise
        connection.watch(self, parameters)
        return connection

    def suspect(self, parameters: dict[str, Any]) -> None:
        """Probe the database, unless that is being done, until it answers."""
        with self._lock:
            if self._probing:
                return
            self._probing = True
        threading.Thread(
            target=self._probe, args=(parameters,), name="database-probe", daemon=True
        ).start()

    def _probe(self, parameters: dict[str, Any]) -> None:
        try:
            while not _answers(parameters):
                self._found_frozen()
                time.sleep(_PAUSE_SECONDS)
        finally:
            if self._frozen:
                _log.warning("the database answers again")
            with self._lock:
                self._frozen = self._probing = False

    def _found_frozen(self) -> None:
        if not self._frozen:
            _log.error("the database is there and does not answer")
        self._frozen = True


class WatchedConnection(psycopg.Connection[Any]):
    """A connection whose statements are given up once the database is known to be frozen."""

    _answering: Answering | None = None
    _parameters: dict[str, Any]

    def watch(self, answering: Answering, parameters: dict[str, Any]) -> None:
        """Be watched from now on; ``parameters`` are those that the connection was made with."""
        self._answering = answering
        self._parameters = parameters

    def wait(self, gen: Generator[Any, Any, R], *arguments: Any, **options: Any) -> R:
        """Wait as psycopg does, which resumes ``gen`` every tenth of a second at the latest."""
        if self._answering is None:
            return super().wait(gen, *arguments, **options)
        return super().wait(self._watched(gen, self._answering), *arguments, **options)

    def _watched(self, gen: Generator[Any, Any, R], answering: Answering) -> Generator[Any, Any, R]:
        began = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready:
                    self._look(answering, time.monotonic() - began)
                wanted = gen.send(ready)
        except StopIteration as end:
            result: R = end.value
            return result

    def _look(self, answering: Answering, waited: float) -> None:
        if answering.frozen:
            self.pgconn.finish()
            raise psycopg.OperationalError("the database does not answer")
        if waited >= SUSPECT_SECONDS:
            answering.suspect(self._parameters)


def _answers(parameters: dict[str, Any]) -> bool:
    """Whether the database says anything to a new connection, a refusal included."""
    try:
        psycopg.connect(**{**parameters, "connect_timeout": PROBE_SECONDS}).close()
    except ConnectionTimeout:
        return False
    except psycopg.OperationalError:
        return True
    return True
