"""Asks all parts at once how they are, within a time limit, and never one of them twice at once."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from contextlib import suppress
from typing import Final

from clearance.errors import InternalFault, MohrError, Unavailable

ANSWER_SECONDS: Final = 1.5
"""How long all parts together are waited for; readiness itself must not take two seconds."""

_log = logging.getLogger("mohr.api")

Probe = Callable[[], None]
"""Returns if its part can do its work, and raises if not."""


class Probing:
    """Asks the probes; safe for any number of callers.

    Each probe has one thread at most: who asks while it is busy waits for the same answer, so that
    a part that hangs holds one thread and not one more with each question.
    """

    def __init__(self, probes: Mapping[str, Probe], *, seconds: float = ANSWER_SECONDS) -> None:
        self._probes = dict(probes)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._busy: dict[str, Future[MohrError | None]] = {}

    def ask(self) -> dict[str, MohrError | None]:
        """Return for each part what is wrong with it; None if nothing is."""
        deadline = time.monotonic() + self._seconds
        asked = {name: self._asked(name) for name in self._probes}
        return {name: _answer(future, deadline) for name, future in asked.items()}

    def _asked(self, name: str) -> Future[MohrError | None]:
        with self._lock:
            future = self._busy.get(name)
            if future is None or future.done():
                future = self._busy[name] = Future()
                # A daemon: a part that hangs must not keep the program from ending.
                threading.Thread(
                    target=_run, args=(name, self._probes[name], future), daemon=True
                ).start()
            return future


class Remembering:
    """A probe whose answer, good or bad, is given again for some seconds: for what costs more."""

    def __init__(
        self,
        probe: Probe,
        *,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probe = probe
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: tuple[float, MohrError | None] | None = None

    def __call__(self) -> None:
        """Return or raise as the probe did at its last turn."""
        with self._lock:
            now = self._monotonic()
            if self._kept is None or now - self._kept[0] >= self._seconds:
                self._kept = (now, _outcome(self._probe))
            error = self._kept[1]
        if error is not None:
            # Without what earlier turns left on it, which would grow.
            raise error.with_traceback(None)


def _outcome(probe: Probe) -> MohrError | None:
    try:
        probe()
    except MohrError as error:
        return error
    return None


def _run(name: str, probe: Probe, future: Future[MohrError | None]) -> None:
    try:
        future.set_result(_outcome(probe))
    except Exception:  # noqa: BLE001 - logged; a probe must not fail the answer
        _log.exception("the probe of %s failed", name)
        future.set_result(InternalFault("internal.fault"))


def _answer(future: Future[MohrError | None], deadline: float) -> MohrError | None:
    with suppress(NotDone):
        return future.result(timeout=max(deadline - time.monotonic(), 0))
    return Unavailable("health.no_answer")
