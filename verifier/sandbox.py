"""Examines foreign files in worker processes that can do nothing else (``verifier.confinement``).

Hostile PDFs make a reader run for seconds, fill the memory or raise anything; none of that may
reach the process that serves others.
"""

import importlib
import logging
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType

from pebble import ProcessFuture, ProcessPool

from clearance.errors import Unavailable
from clearance.verdict import Finding, Level, Reason, Stage
from verifier.confinement import confine
from verifier.examination import Examination, examine
from verifier.trust import TrustPolicy

FILES_WAITING_PER_WORKER = 8
"""How many files may wait or be examined for each worker before callers are turned away."""

GRACE_SECONDS = 20
"""Beyond a file's own time: for a worker to start, and for one that hangs to be killed."""

FILES_PER_WORKER = 500
"""After so many files a worker is replaced by a fresh one."""

logger = logging.getLogger(__name__)


class Sandbox:
    """A pool of confined workers; safe to use from several threads.

    ``workers`` processes start at once and load what they need in the background.
    ``memory_bytes`` bounds the address space of each, ``seconds`` the wall-clock time of one
    file, counted from when a worker takes it up. A worker that exceeds its time is killed and
    replaced; the others go on. Nothing is written to disk.
    """

    def __init__(self, *, workers: int, memory_bytes: int, seconds: float) -> None:
        self._workers = workers
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(workers * FILES_WAITING_PER_WORKER)
        self._turns = threading.BoundedSemaphore(workers)
        self._closed = False
        self._renewal = threading.Lock()
        self._pool = self._start()

    def examine(self, pdf: bytes, trust: TrustPolicy) -> Examination:
        """Examine ``pdf`` in a worker; blocks until the worker is done or out of time.

        Time, memory and our own faults become findings of their own. Raises only
        ``Unavailable`` with code ``verifier.busy`` if too many files are waiting, or if the
        sandbox is closing.
        """
        if not self._places.acquire(blocking=False):
            raise Unavailable("verifier.busy")
        try:
            # The pool gets no more files than it has workers: it would hold them in a pipe.
            with self._turns:
                if self._closed:
                    raise Unavailable("verifier.busy")
                return self._examine_now(pdf, trust)
        finally:
            self._places.release()

    def close(self) -> None:
        """Let the files being examined finish, turn the waiting ones away, stop the workers."""
        self._closed = True
        patience = self._seconds + GRACE_SECONDS
        finished = [self._turns.acquire(timeout=patience) for _ in range(self._workers)]
        for _ in filter(None, finished):
            self._turns.release()
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _examine_now(self, pdf: bytes, trust: TrustPolicy) -> Examination:
        future = self._schedule(pdf, trust)
        try:
            return future.result(timeout=self._seconds + GRACE_SECONDS)
        except TimeoutError:
            if not future.done():
                logger.exception("no worker took up the file")
                return _unfinished(Reason.CHECK_FAILED, error="no worker")
            return _unfinished(Reason.CHECK_TIMED_OUT, exceeded="time")
        except MemoryError:
            return _unfinished(Reason.CHECK_TIMED_OUT, exceeded="memory")
        except Exception as error:
            # Not the document's fault: a worker that died, or a mistake of ours.
            logger.exception("examination failed")
            return _unfinished(Reason.CHECK_FAILED, error=type(error).__name__)

    def _schedule(self, pdf: bytes, trust: TrustPolicy) -> "ProcessFuture[Examination]":
        pool = self._pool
        try:
            return pool.schedule(examine, args=(pdf, trust), timeout=self._seconds)
        except (RuntimeError, BrokenProcessPool):
            # The pool gave up, for instance after an idle worker was killed from outside.
            renewed = self._renewed(pool)
            return renewed.schedule(examine, args=(pdf, trust), timeout=self._seconds)

    def _renewed(self, broken: ProcessPool) -> ProcessPool:
        with self._renewal:
            if self._pool is broken:
                logger.warning("verifier sandbox starts anew")
                self._pool = self._start()
            return self._pool

    def _start(self) -> ProcessPool:
        pool = ProcessPool(
            max_workers=self._workers,
            max_tasks=FILES_PER_WORKER,
            initializer=_prepare_worker,
            initargs=(self._memory_bytes, int(self._seconds * FILES_PER_WORKER) + 1),
            context=_Context(),
        )
        pool.schedule(os.getpid)  # pebble starts its workers with the first task
        return pool


def _prepare_worker(memory_bytes: int, processor_seconds: int) -> None:
    """Run in each worker before its first file: load pyHanko, then give up everything else."""
    importlib.import_module("verifier.cryptographic")
    logging.disable(logging.CRITICAL)  # a hostile file must not write our log
    sys.dont_write_bytecode = True
    os.environ.clear()
    confine(memory_bytes=memory_bytes, processor_seconds=processor_seconds)


def _unfinished(reason: Reason, **parameters: str) -> Examination:
    finding = Finding(
        stage=Stage.STRUCTURE, level=Level.FAILED, reason=reason, parameters=parameters
    )
    return Examination(findings=(finding,), bears_our_seal=False, content_hash=None)


class _Process(SpawnProcess):
    """A spawned process that does not load the program of its parent.

    The standard library would import the parent's main module into each worker: the whole
    command line with the keys' code, or nothing at all where the parent reads standard input.
    """

    def start(self) -> None:
        with _hidden_main_module():
            super().start()


class _Context(SpawnContext):
    Process = _Process


_main_module = threading.Lock()


@contextmanager
def _hidden_main_module() -> Iterator[None]:
    """Show ``multiprocessing`` an empty main module for the moment of starting a process."""
    with _main_module:
        real = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = real
