"""Bounds what a worker process may take: processor time, and how long its caller waits.

Processor time is the file's doing and says something of it. The rest is others' load: a worker that
has to wait for a processor has done nothing wrong, nor has its file.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_SHORTEST_LOOK = 0.01
"""Seconds between two looks at a process that is close to its limit."""


class ProcessorTimeError(Exception):
    """The process used up its processor time, and was ended."""


class WallTimeError(Exception):
    """The process did not get done within the time that its caller waits, and was ended."""


@contextmanager
def time_limit(
    process: subprocess.Popen[bytes], *, processor_seconds: float, wall_seconds: float
) -> Iterator[None]:
    """End ``process`` when either limit is reached, which ends any wait for it.

    Raises ``ProcessorTimeError`` or ``WallTimeError`` at the end, in the place of what its death
    caused.
    """
    watch = _Watch(process, processor_seconds, wall_seconds)
    watch.start()
    try:
        yield
    except (OSError, EOFError):
        watch.stop()
        if watch.exceeded is None:
            raise
    finally:
        watch.stop()
    if watch.exceeded is not None:
        raise watch.exceeded


class _Watch(threading.Thread):
    """Looks at a process until its work is done."""

    def __init__(
        self, process: subprocess.Popen[bytes], processor_seconds: float, wall_seconds: float
    ) -> None:
        super().__init__(name="time limit", daemon=True)
        self.exceeded: Exception | None = None
        self._process = process
        self._processor_time = _clock_of(process.pid)
        self._processor_until = self._processor_time() + processor_seconds
        self._wall_until = time.monotonic() + wall_seconds
        self._done = threading.Event()

    def run(self) -> None:
        """Wait as long as no limit can be reached, then look again."""
        while True:
            processor = self._processor_until - self._processor_time()
            wall = self._wall_until - time.monotonic()
            if processor <= 0 or wall <= 0:
                self.exceeded = ProcessorTimeError() if processor <= 0 else WallTimeError()
                self._process.kill()
                return
            if self._done.wait(min(max(processor, _SHORTEST_LOOK), wall)):
                return

    def stop(self) -> None:
        """End the watch; ``exceeded`` does not change any more."""
        self._done.set()
        self.join()


def _clock_of(pid: int) -> Callable[[], float]:
    """Return what tells the processor time of a process, its threads together.

    Where there is no such clock, wall-clock time stands for it.
    """
    clock = (~pid << 3) | 2  # as clock_getcpuclockid(3) makes it
    try:
        last = time.clock_gettime(clock)
    except OSError:
        return time.monotonic

    def now() -> float:
        nonlocal last
        with suppress(OSError):  # it has ended, and uses no more
            last = time.clock_gettime(clock)
        return last

    return now
