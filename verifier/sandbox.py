"""Examines foreign files in worker processes that can do nothing else (``verifier.worker``).

Hostile PDFs make a reader run for seconds, fill the memory or raise anything; none of that may
reach the process that serves others, nor may the strangers' files delay those that we issued.
"""

import math
import queue
import threading
import time
from concurrent.futures import Future

from clearance.errors import Busy
from verifier.examination import Examination
from verifier.left_behind import LeftBehind
from verifier.reading import Reading
from verifier.tasks import Result, Task, examining, reading
from verifier.trust import TrustPolicy
from verifier.worker_process import WorkerProcess

FILES_WAITING_PER_WORKER = 8
"""How many files may wait or be examined for each worker before callers are turned away."""

STRANGERS_WAIT_SECONDS = 1.0
REGISTERED_WAIT_SECONDS = 2.0
MANY_WAIT_SECONDS = 30.0
"""How long a file waits for a worker before its caller is turned away. With the time for one file,
and half a second before a large one (``verifier.large_file_gate``), it stays well below the five
seconds within which everyone gets an answer; who sends many at once waits for them as a whole."""

PATIENCE_SECONDS = 4.5
MANY_PATIENCE_SECONDS = 90.0
"""How long a caller waits in all before being turned away: a busy machine gives a file its
processor time late, which says nothing of the file. The work goes on, and who comes again finds it
done."""

STRANGERS_NICENESS = 10
"""How far the workers for unregistered files stand back when processors are short."""


class Sandbox:
    """Three lanes of confined workers; safe to use from several threads.

    Strangers' files neither delay registered ones nor share a process with them, and a thousand
    bad ones that come at once keep no single caller waiting. The first worker of the lanes
    ``registered`` and ``single`` starts at once and loads what it needs in the background, the
    others when they are first needed, so that their number does not slow the start.
    ``memory_bytes`` bounds the address space of each worker, ``seconds`` the processor time of one
    file. A worker that exceeds its time is killed and replaced in the background; the others go on.
    Nothing is written to disk. Callers wait ``patience_seconds`` at most, loading included, by
    default as long as an answer over HTTP may take.
    """

    def __init__(
        self,
        *,
        workers: int,
        memory_bytes: int,
        seconds: float,
        reserved: int = 1,
        many: int = 1,
        patience_seconds: float | None = None,
    ) -> None:
        patience = PATIENCE_SECONDS if patience_seconds is None else patience_seconds
        self.registered = Lane(
            [WorkerProcess(memory_bytes, seconds, 0) for _ in range(reserved)],
            wait_seconds=REGISTERED_WAIT_SECONDS,
            patience_seconds=patience,
        )
        """For files that the register knows."""
        self.single = Lane(
            [WorkerProcess(memory_bytes, seconds, STRANGERS_NICENESS) for _ in range(workers)],
            wait_seconds=STRANGERS_WAIT_SECONDS,
            patience_seconds=patience,
        )
        """For strangers' files whose sender waits for that one."""
        self.bulk = Lane(
            [WorkerProcess(memory_bytes, seconds, STRANGERS_NICENESS) for _ in range(many)],
            wait_seconds=MANY_WAIT_SECONDS,
            patience_seconds=MANY_PATIENCE_SECONDS,
            starts_at_once=False,
        )
        """For strangers' files that come many at once."""

    def close(self) -> None:
        """Let the files being examined finish, turn the waiting ones away, stop the workers."""
        for lane in (self.registered, self.single, self.bulk):
            lane.close()


class Lane:
    """Some workers and the files that wait for them: an ``Examiner`` and a ``Reader``.

    Time, memory and our own faults become findings, or a reading's failure. Raises only ``Busy``,
    if too many files are waiting, if no worker gets free in time or a file does not get the
    processor, or if the sandbox is closing.
    """

    def __init__(
        self,
        workers: list[WorkerProcess],
        *,
        wait_seconds: float,
        patience_seconds: float,
        starts_at_once: bool = True,
    ) -> None:
        self._workers = workers
        self._wait_seconds = wait_seconds
        self._patience_seconds = patience_seconds
        self._left_behind = LeftBehind()
        self._places = threading.BoundedSemaphore(len(workers) * FILES_WAITING_PER_WORKER)
        # Last in, first out: whoever has loaded serves before another has to.
        self._idle: queue.LifoQueue[WorkerProcess] = queue.LifoQueue()
        self._closed = False
        if starts_at_once:
            workers[-1].start()
        for worker in workers:
            self._idle.put(worker)

    def examine(self, pdf: bytes, trust: TrustPolicy) -> Examination:
        """Examine ``pdf`` in a worker; blocks until the worker is done or out of time."""
        return self._do(examining(pdf, trust))

    def read(self, content: bytes, *, codes: bool, within: float = math.inf) -> Reading:
        """Read a file as a paper, in a worker, ``within`` so many seconds of wall-clock time."""
        return self._do(reading(content, codes=codes), within)

    def _do(self, task: Task[Result], within: float = math.inf) -> Result:
        until = time.monotonic() + min(within, self._patience_seconds)
        done = self._left_behind.take(task.key) or self._begin(task, until)
        try:
            # No number of seconds that a lock takes is infinite.
            result: Result = done.result(min(until - time.monotonic(), threading.TIMEOUT_MAX))
        except TimeoutError:
            self._left_behind.put(task.key, done)
            raise Busy from None
        return result

    def _begin(self, task: Task[Result], until: float) -> "Future[Result]":
        """Find a worker and let it work, whether its caller waits for it or not."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            worker = self._free_worker(until)
        except BaseException:
            self._places.release()
            raise
        done: Future[Result] = Future()
        threading.Thread(target=self._work, args=(worker, task, done), daemon=True).start()
        return done

    def _work(self, worker: WorkerProcess, task: Task[Result], done: "Future[Result]") -> None:
        try:
            result = worker.do(task)
        except BaseException as error:  # noqa: BLE001 - it is the waiting caller's to raise
            self._release(worker)
            done.set_exception(error)
        else:
            self._release(worker)
            done.set_result(result)

    def _release(self, worker: WorkerProcess) -> None:
        self._give_back(worker)
        self._places.release()

    def _free_worker(self, until: float) -> WorkerProcess:
        """Wait for a worker that runs; one that never did loads meanwhile, and serves who comes."""
        until = min(until, time.monotonic() + self._wait_seconds)
        while True:
            try:
                worker = self._idle.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise Busy from None
            if self._closed:
                self._idle.put(worker)
                raise Busy
            if worker.has_started:
                return worker
            self._renew_meanwhile(worker)

    def _give_back(self, worker: WorkerProcess) -> None:
        """Have a worker that is used up replaced; neither its last file nor the next waits."""
        if worker.is_used_up and not self._closed:
            self._renew_meanwhile(worker)
        else:
            self._idle.put(worker)

    def _renew_meanwhile(self, worker: WorkerProcess) -> None:
        threading.Thread(target=self._renew, args=(worker,), daemon=True).start()

    def _renew(self, worker: WorkerProcess) -> None:
        try:
            worker.renew()
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Turn the waiting files away, let those in hand finish, stop the workers."""
        self._closed = True
        for worker in [self._idle.get() for _ in self._workers]:
            worker.stop()
            self._idle.put(worker)  # wakes whoever still waits, to be turned away
