"""The parent's side of a worker (``verifier.worker``): starts, asks, ends and replaces it."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clearance.errors import Busy
from clearance.verdict import Reason
from verifier.tasks import Result, Task
from verifier.time_limit import ProcessorTimeError, WallTimeError, time_limit
from verifier.worker import LENGTH

if TYPE_CHECKING:
    from io import FileIO

START_SECONDS = 20
"""Processor time for a worker to load what it needs; two are usual."""

START_WALL_SECONDS = 120.0
WALL_SECONDS = 60.0
"""For one file: only a worker that a file has taken over does nothing for so long."""

FILES_PER_WORKER = 500
"""After so many files a worker is replaced by a fresh one."""

ANSWER_LIMIT = 1024 * 1024
"""Bytes of one answer; a few thousand are usual."""

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


class WorkerProcess:
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
        """Do a task; says afterwards whether the process is fit for another.

        Raises ``Busy`` if it is not done after ``WALL_SECONDS`` though it had processor time left.
        """
        self._files += 1
        self.is_used_up = self._files >= FILES_PER_WORKER
        try:
            answer = self._answer_to(task)
            if "exceeded" not in answer:
                return task.understood(answer)
            reason, parameters = Reason.CHECK_TIMED_OUT, {"exceeded": "memory"}
        except ProcessorTimeError:
            reason, parameters = Reason.CHECK_TIMED_OUT, {"exceeded": "time"}
        except WallTimeError:
            self.is_used_up = True
            raise Busy from None
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
        seconds = min(self._seconds, task.most_seconds)
        limit = time_limit(process, processor_seconds=seconds, wall_seconds=WALL_SECONDS)
        try:
            with limit:
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
                with time_limit(
                    process, processor_seconds=START_SECONDS, wall_seconds=START_WALL_SECONDS
                ):
                    unfiltered = _receive(process)["unfiltered"]
            except ProcessorTimeError as error:
                raise RuntimeError("a worker does not start") from error
            self._ready = True
            if unfiltered:
                logger.warning("files are examined without a system call filter: %s", unfiltered)
        return process


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
