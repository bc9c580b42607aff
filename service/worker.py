"""Does the jobs of the register's queue, and what is to be looked after again and again.

A worker of procrastinate over the register's database, in a thread of its own. Any number of
processes on any number of machines may have one: the queue hands each job to one of them.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.worker import Worker as QueueWorker

from clearance.errors import Conflict, RulesNotMet, Unavailable
from register.queue import ARCHIVE, NOTICES, QUEUE

_log = logging.getLogger("mohr.worker")

CONCURRENCY: Final = {QUEUE: 2, NOTICES: 2, ARCHIVE: 1}
"""Jobs of each queue that one worker does at once."""
CONNECTIONS: Final = 4
"""Of the worker itself; one more for each queue listens for new jobs."""
EVERY_15_SECONDS: Final = "* * * * * */15"
CONNECTION_SECONDS: Final = 5
"""How long the worker waits for one of them."""
RESTART_SECONDS: Final = 2

Task = Callable[..., object]
"""What a job calls, with the job's arguments by name; its answer is not kept."""


class Worker:
    """Works in a thread of its own as long as the context is open.

    ``connection`` holds the parameters of the database with the queue. ``tasks`` are called by
    their names with the arguments of a job; ``rounds`` one after the other every 15 seconds, by one
    of all the workers. Each runs in a thread and bears being called again for what it did already.

    A task or round that fails is logged and hinders no other. What is still to be done after that
    is for the register to know: a task sets its next job itself, in the transaction that records
    the failure, or a round finds what has none.

    An outage of the database stops the work and is waited for. Leaving the context ends the jobs
    under way first, so it can take as long as the longest of them.
    """

    def __init__(
        self,
        *,
        connection: Mapping[str, Any],
        tasks: Mapping[str, Task],
        rounds: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._connection = dict(connection)
        self._tasks = dict(tasks)
        self._rounds = tuple(rounds)
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._started = threading.Event()
        self._stop: Callable[[], object] = lambda: None

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._work_until_stopped())

    async def _work_until_stopped(self) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)
        self._started.set()
        while not stop.is_set():
            try:
                await self._work(stop)
            except ConnectorException:
                _log.warning("the database does not answer the worker")
            except Exception:  # noqa: BLE001 - logged; the worker outlives whatever happens
                _log.exception("the worker broke off")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RESTART_SECONDS)

    async def _work(self, stop: asyncio.Event) -> None:
        """Work until stopped; answer or raise sooner if the database goes away.

        A single cancellation can be lost within the driver (before Python 3.12, ``wait_for`` drops
        one that comes just as it ends), so the work is never cancelled but told to stop.
        """
        app = self._application()
        workers = [
            QueueWorker(
                app,
                queues=[queue],
                concurrency=concurrency,
                delete_jobs="always",
                install_signal_handlers=False,
            )
            for queue, concurrency in CONCURRENCY.items()
        ]
        stopping = asyncio.create_task(stop.wait())
        try:
            opening = asyncio.ensure_future(app.open_async())
            await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            while not opening.done():
                opening.cancel()
                await asyncio.wait({opening}, timeout=0.1)
            if opening.cancelled():
                return
            opening.result()
            running = [
                asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
                for worker in workers
            ]
            await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for worker in workers:
                worker.stop()  # type: ignore[no-untyped-call]
            for ended in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(ended, BaseException):
                    raise ended
        finally:
            stopping.cancel()
            await app.close_async()

    def _application(self) -> App:
        connector = PsycopgConnector(
            kwargs=self._connection, min_size=1, max_size=CONNECTIONS, timeout=CONNECTION_SECONDS
        )
        app = App(connector=connector)
        for name, task in self._tasks.items():
            app.task(name=name, queue=QUEUE)(_telling(name, task))

        @app.periodic(cron=EVERY_15_SECONDS)
        @app.task(name="recover", queue=QUEUE, queueing_lock="recover")
        async def _recover(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
            # What a killed worker was at: its job goes, and a round sets another.
            for job in await app.job_manager.get_stalled_jobs():
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
            for each in self._rounds:
                await asyncio.to_thread(_look_after, each)

        return app


def _telling(name: str, task: Task) -> Task:
    """Wrap a task so that what is bound to happen now and then is told in one line."""

    def run(**arguments: Any) -> None:
        try:
            task(**arguments)
        except Conflict as conflict:
            _log.info("%s %s: another is at it: %s", name, arguments, conflict.code)
        except RulesNotMet as refusal:
            codes = ", ".join(failure.code for failure in refusal.failures)
            _log.warning("%s %s may not be issued any more: %s", name, arguments, codes)
        except Unavailable as outage:
            _log.warning("%s %s waits on: %s", name, arguments, outage.code)

    return run


def _look_after(part: Callable[[], object]) -> None:
    try:
        part()
    except Unavailable as outage:
        _log.warning("a round waits on: %s", outage.code)
    except Exception:  # noqa: BLE001 - logged; the other rounds go on
        _log.exception("a round failed")
