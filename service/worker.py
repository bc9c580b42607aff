"""Goes on with accepted requests that wait for a part which was away.

A worker of procrastinate over the register's database, in a thread of its own. Any number of
processes on any number of machines may have one: the register hands each number to one attempt.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.worker import Worker as QueueWorker

from clearance.errors import Conflict, Unavailable
from clearance.identifiers import ClearanceNumber
from register.queue import QUEUE, RESUME
from register.records import IssuedClearance, Ticket
from register.repository import Register

_log = logging.getLogger("mohr.worker")

CONCURRENCY: Final = 2
"""Numbers that one worker works on at once."""
CONNECTIONS: Final = 4
"""Of the worker itself; one more listens for new jobs."""
EVERY_15_SECONDS: Final = "* * * * * */15"
CONNECTION_SECONDS: Final = 5
"""How long the worker waits for one of them."""
RESTART_SECONDS: Final = 2


class Worker:
    """Works in a thread of its own as long as the context is open.

    ``connection`` holds the parameters of the database in which the ``register`` lies; ``issue``
    issues for a ticket and gives it back if that fails, as ``Issuance.issue`` does. An outage of
    the database stops the work and is waited for. Leaving the context ends the jobs under way
    first, so it can take as long as one clearance.
    """

    def __init__(
        self,
        *,
        connection: Mapping[str, Any],
        register: Register,
        issue: Callable[[Ticket], IssuedClearance],
    ) -> None:
        self._connection = dict(connection)
        self._register = register
        self._issue = issue
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
        worker = QueueWorker(
            app,
            queues=[QUEUE],
            concurrency=CONCURRENCY,
            delete_jobs="always",
            install_signal_handlers=False,
        )
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
            running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            worker.stop()  # type: ignore[no-untyped-call]
            await running
        finally:
            stopping.cancel()
            await app.close_async()

    def _application(self) -> App:
        connector = PsycopgConnector(
            kwargs=self._connection, min_size=1, max_size=CONNECTIONS, timeout=CONNECTION_SECONDS
        )
        app = App(connector=connector)
        app.task(name=RESUME, queue=QUEUE)(self._resume)

        @app.periodic(cron=EVERY_15_SECONDS)
        @app.task(name="recover", queue=QUEUE, queueing_lock="recover")
        async def _recover(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
            # What a killed worker was at: its job goes, and the register sets another.
            for job in await app.job_manager.get_stalled_jobs():
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
            await asyncio.to_thread(self._register.set_lost_jobs)

        return app

    def _resume(self, number: str) -> None:
        """Try once more to issue a number; any other failure than these ends its jobs."""
        try:
            ticket = self._register.resume(ClearanceNumber(number))
            if isinstance(ticket, Ticket):
                self._issue(ticket)
        except Conflict:
            _log.info("%s is being issued by another", number)
        except Unavailable as outage:
            # Whoever gave the ticket back has set the next job; without a register to give it back
            # to, the end of the lease leads there.
            _log.warning("%s waits on: %s", number, outage.code)
