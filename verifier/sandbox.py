"""Examines foreign files in worker processes that can do nothing else (``verifier.worker``).

Hostile PDFs make a reader run for seconds, fill the memory or raise anything; none of that may
reach the process that serves others, nor may the strangers' files delay those that we issued.
"""

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clearance.errors import Unavailable
from clearance.verdict import Reason
from verifier.examination import Examination
from verifier.reading import Reading
from verifier.tasks import Result, Task, examining, reading
from verifier.trust import TrustPolicy
from verifier.worker import LENGTH

if TYPE_CHECKING:
    from io import FileIO

FILES_WAITING_PER_WORKER = 8
"""How many files may wait or be examined for each worker before callers are turned away."""

STRANGERS_WAIT_SECONDS = 1.0
REGISTERED_WAIT_SECONDS = 2.0
MANY_WAIT_SECONDS = 30.0
"""How long a file waits for a worker before its caller is turned away. With the time for one file,
and half a second before a large one (``verifier.crowd``), it stays well below the five seconds
within which everyone gets an answer; who sends many at once waits for them as a whole."""

START_SECONDS = 20
"""For a worker to load what it needs, on a busy machine."""

FILES_PER_WORKER = 500
"""After so many files a worker is replaced by a fresh one."""

ANSWER_LIMIT = 1024 * 1024
"""Bytes of one answer; a few thousand are usual."""

STRANGERS_NICENESS = 10
"""How far the workers for unregistered files stand back when processors are short."""

_CRASHES = frozenset(
    {signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP}
)
"""How a library ends a process that has no more memory or stack for a file. It is the file's doing:
else a sender could buy the mild *could not check*."""

logger = logging.getLogger(__name__)

_PROGRAM = """
import sys
sys.path[:] = sys.argv[4:]
from verifier.worker import serve
serve(*map(int, sys.argv[1:4]))
"""


class Sandbox:
    """Sets of confined workers; safe to use from several threads.

    ``workers`` examine unregistered files, ``reserved`` those that the register knows: strangers'
    files neither delay these nor share a process with them. ``many`` examine unregistered files
    that come many at once, so that a thousand bad ones keep no single caller waiting. The first
    of the first two sets starts at once and loads what it needs in the background, the others
    when they are first needed, so that their number does not slow the start. ``memory_bytes``
    bounds the address space of each, ``seconds`` the wall-clock time of one file, counted from
    when a worker takes it up. A worker that exceeds its time is killed and replaced in the
    background; the others go on. Nothing is written to disk.
    """

    def __init__(
        self, *, workers: int, memory_bytes: int, seconds: float, reserved: int = 1, many: int = 1
    ) -> None:
        self._reserved = _Workers(
            [_Worker(memory_bytes, seconds, 0) for _ in range(reserved)],
            wait_seconds=REGISTERED_WAIT_SECONDS,
        )
        self._strangers = _Workers(
            [_Worker(memory_bytes, seconds, STRANGERS_NICENESS) for _ in range(workers)],
            wait_seconds=STRANGERS_WAIT_SECONDS,
        )
        self._many = _Workers(
            [_Worker(memory_bytes, seconds, STRANGERS_NICENESS) for _ in range(many)],
            wait_seconds=MANY_WAIT_SECONDS,
            starts_at_once=False,
        )

    def examine(
        self,
        pdf: bytes,
        trust: TrustPolicy,
        *,
        registered: bool = False,
        one_of_many: bool = False,
    ) -> Examination:
        """Examine ``pdf`` in a worker; blocks until the worker is done or out of time.

        ``registered`` says that the register knows the file's digest; of the others,
        ``one_of_many`` that its sender waits for more than this one. Time, memory and our own
        faults become findings of their own. Raises only ``Unavailable`` with code
        ``verifier.busy`` if too many files of that kind are waiting, if no worker gets free in
        time, or if the sandbox is closing.
        """
        workers = self._reserved if registered else self._for_strangers(one_of_many)
        return workers.do(examining(pdf, trust))

    def read(self, content: bytes, *, codes: bool, one_of_many: bool = False) -> Reading:
        """Read an unregistered file as a paper, in a worker for strangers' files.

        Raises as ``examine`` does; time, memory and our own faults become the reading's failure.
        """
        return self._for_strangers(one_of_many).do(reading(content, codes=codes))

    def close(self) -> None:
        """Let the files being examined finish, turn the waiting ones away, stop the workers."""
        for workers in (self._reserved, self._strangers, self._many):
            workers.close()

    def _for_strangers(self, one_of_many: bool) -> "_Workers":  # noqa: FBT001
        return self._many if one_of_many else self._strangers


class _Workers:
    """Some workers and the files that wait for them."""

    def __init__(
        self, workers: "list[_Worker]", *, wait_seconds: float, starts_at_once: bool = True
    ) -> None:
        self._workers = workers
        self._wait_seconds = wait_seconds
        self._places = threading.BoundedSemaphore(len(workers) * FILES_WAITING_PER_WORKER)
        # Last in, first out: whoever has loaded serves before another has to.
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._closed = False
        if starts_at_once:
            workers[-1].start()
        for worker in workers:
            self._idle.put(worker)

    def do(self, task: Task[Result]) -> Result:
        if not self._places.acquire(blocking=False):
            raise Unavailable("verifier.busy")
        try:
            worker = self._free_worker()
            try:
                return worker.do(task)
            finally:
                self._give_back(worker)
        finally:
            self._places.release()

    def _free_worker(self) -> "_Worker":
        """Wait for a worker that runs; one that never did loads meanwhile, and serves who comes."""
        until = time.monotonic() + self._wait_seconds
        while True:
            try:
                worker = self._idle.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise Unavailable("verifier.busy") from None
            if self._closed:
                self._idle.put(worker)
                raise Unavailable("verifier.busy")
            if worker.has_started:
                return worker
            self._renew_meanwhile(worker)

    def _give_back(self, worker: "_Worker") -> None:
        """Have a worker that is used up replaced; neither its last file nor the next waits."""
        if worker.is_used_up and not self._closed:
            self._renew_meanwhile(worker)
        else:
            self._idle.put(worker)

    def _renew_meanwhile(self, worker: "_Worker") -> None:
        threading.Thread(target=self._renew, args=(worker,), daemon=True).start()

    def _renew(self, worker: "_Worker") -> None:
        try:
            worker.renew()
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        self._closed = True
        for worker in [self._idle.get() for _ in self._workers]:
            worker.stop()
            self._idle.put(worker)  # wakes whoever still waits, to be turned away


class _Worker:
    """One worker process, replaced when it is used up; for one thread at a time."""

    def __init__(self, memory_bytes: int, seconds: float, niceness: int) -> None:
        self._seconds = seconds
        processor_seconds = int(seconds * FILES_PER_WORKER) + 1
        self._limits = (memory_bytes, processor_seconds, niceness)
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._files = 0
        self.is_used_up = False

    def do(self, task: Task[Result]) -> Result:
        """Do a task; says afterwards whether the process is fit for another."""
        self._files += 1
        self.is_used_up = self._files >= FILES_PER_WORKER
        try:
            answer = self._answer_to(task)
            if "exceeded" not in answer:
                return task.understood(answer)
            reason, parameters = Reason.CHECK_TIMED_OUT, {"exceeded": "memory"}
        except TimeoutError:
            reason, parameters = Reason.CHECK_TIMED_OUT, {"exceeded": "time"}
        except Exception:
            # Not the document's fault: a worker that died or does not start, a mistake of ours.
            logger.exception("examination failed")
            reason, parameters = Reason.CHECK_FAILED, {}
        self.is_used_up = True
        return task.unfinished(reason, parameters)

    def renew(self) -> None:
        """Replace the process by one that has loaded everything; the next file tries again."""
        try:
            self._restart()
            self._ready_process()
        except Exception:
            logger.exception("no worker can be started")

    @property
    def has_started(self) -> bool:
        """Whether there is a process, or was one."""
        return self._process is not None

    def start(self) -> None:
        """Start a process that inherits nothing: no environment, no open file, no folder."""
        path = [str(Path(entry).absolute()) for entry in sys.path]
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter with our own program
            [sys.executable, "-I", "-c", _PROGRAM, *map(str, self._limits), *path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=os.sep,
            env={},
        )
        self._ready = False
        self._files = 0
        self.is_used_up = False

    def stop(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:  # closes the pipes and waits
                pass

    def _answer_to(self, task: Task[Result]) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self._restart()
        process = self._ready_process()
        try:
            with _time_limit(process, min(self._seconds, task.most_seconds)):
                _send(process, task.request)
                answer = _receive(process)
        except (BrokenPipeError, EOFError):
            crash = -process.wait(1)
            if crash not in _CRASHES:
                raise
            logger.warning("a file made a worker crash: %s", signal.Signals(crash).name)
            return {"exceeded": "memory"}
        if "error" in answer:
            raise RuntimeError(f"a worker failed: {answer['error']!s:.200}")
        return answer

    def _restart(self) -> None:
        self.stop()
        self.start()

    def _ready_process(self) -> subprocess.Popen[bytes]:
        process = self._process
        if process is None:
            raise RuntimeError("no worker can be started")
        if not self._ready:
            try:
                with _time_limit(process, START_SECONDS):
                    unfiltered = _receive(process)["unfiltered"]
            except TimeoutError as error:
                raise RuntimeError("a worker does not start") from error
            self._ready = True
            if unfiltered:
                logger.warning("files are examined without a system call filter: %s", unfiltered)
        return process


@contextmanager
def _time_limit(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """Kill ``process`` after ``seconds``, which ends any wait for it; raise ``TimeoutError``."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        process.kill()

    timer = threading.Timer(seconds, expire)
    timer.start()
    try:
        yield
    except (OSError, EOFError):
        if not expired.is_set():
            raise
    finally:
        timer.cancel()
        timer.join()
    if expired.is_set():
        raise TimeoutError


def _send(process: subprocess.Popen[bytes], request: bytes) -> None:
    pipe = cast("FileIO", process.stdin)
    for part in (LENGTH.pack(len(request)), request):
        rest = memoryview(part)
        while rest:
            rest = rest[pipe.write(rest) :]


def _receive(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    (size,) = LENGTH.unpack(_read(process, LENGTH.size))
    if size > ANSWER_LIMIT:
        raise ValueError("an answer too long")
    answer: dict[str, Any] = json.loads(_read(process, size))
    return answer


def _read(process: subprocess.Popen[bytes], size: int) -> bytes:
    pipe = cast("FileIO", process.stdout)
    data = b""
    while len(data) < size:
        part = pipe.read(size - len(data))
        if not part:
            raise EOFError("a worker died")
        data += part
    return data
