"""Verifies the files of one request, a few at a time, while others get their answers too."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import anyio
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.toolkit.dependencies import Context
from api.verification.file_spool import ReceivedFile, ReceivedFiles
from api.verification.results import disclosed
from clearance.errors import Busy, Unavailable
from clearance.verdict import Outcome, Reason, Stage, Verdict
from register.records import IssuedClearance

FILES_AT_ONCE: Final = 2
"""Of one request. More would not be sooner done, and would keep single callers waiting."""

HEARTBEAT_SECONDS: Final = 5.0
"""After which a caller who waits for a file is told that the work goes on."""

BUSY_SECONDS: Final = 60.0
"""How long one file tries again while all workers are taken."""
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 2.0

READER_SECONDS: Final = 60.0
"""How long a caller may leave an answer untaken before the work ends."""

_log = logging.getLogger("mohr.api")


@dataclass(frozen=True, kw_only=True)
class JudgedFile:
    """One file and what was found."""

    place: int
    """In the order in which the files came, from 1 on."""
    name: str
    verdict: Verdict
    clearance: IssuedClearance | None
    """The register's facts, where the file proves that its holder may have them."""


class FileBatch:
    """The verification of many files under way; ``close`` ends it, whoever still waits."""

    def __init__(self, received: ReceivedFiles, context: Context) -> None:
        self.files = received.files
        self.left_out = received.left_out
        self._received = received
        self._services = context.services
        self._metrics = context.metrics
        self._verify = (
            self._services.verification.verify_in_bulk or self._services.verification.verify_file
        )
        self._stop = threading.Event()
        self._workers = ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="files")

    async def judged(self) -> AsyncGenerator[JudgedFile | None, None]:
        """Yield each file as soon as it is done, ``None`` whenever that takes long."""
        loop = asyncio.get_running_loop()
        waiting = iter(enumerate(self.files, 1))
        running: set[asyncio.Future[JudgedFile]] = set()
        while True:
            while len(running) < FILES_AT_ONCE and (following := next(waiting, None)):
                judge = partial(self._judge, *following)
                running.add(loop.run_in_executor(self._workers, judge))
            if not running:
                return
            done, running = await asyncio.wait(
                running, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                yield None
            for each in done:
                yield each.result()

    def close(self) -> None:
        """End the work after the files that are just being examined; free what came."""
        self._stop.set()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._received.close()

    def _judge(self, place: int, file: ReceivedFile) -> JudgedFile:
        verdict, clearance = self._found(file)
        self._metrics.verdict_reached("file", verdict.outcome)
        return JudgedFile(place=place, name=file.name, verdict=verdict, clearance=clearance)

    def _found(self, file: ReceivedFile) -> tuple[Verdict, IssuedClearance | None]:
        try:
            content = file.read()
            if isinstance(content, Reason):
                return self._without_content(Outcome.UNREADABLE, content), None
            verdict = self._patiently(content)
            return verdict, disclosed(verdict, self._services)
        except Unavailable as error:
            busy = isinstance(error, Busy)
            reason = Reason.CHECK_CROWDED_OUT if busy else Reason.REGISTER_UNAVAILABLE
            return self._without_content(Outcome.COULD_NOT_CHECK, reason), None
        except Exception:  # noqa: BLE001 - as a last resort; told and logged
            # A mistake of ours with one file must not keep the others from their answers.
            if not self._stop.is_set():  # else what came is closed, and nobody waits
                _log.exception("one of many files could not be verified")
            return self._without_content(Outcome.COULD_NOT_CHECK, Reason.CHECK_FAILED), None

    def _patiently(self, content: bytes) -> Verdict:
        """Verify, again and again while all workers are taken."""
        until = time.monotonic() + BUSY_SECONDS
        pause = _FIRST_PAUSE
        while True:
            try:
                return self._verify(content)
            except Busy:
                if time.monotonic() > until or self._stop.wait(pause):
                    raise
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _without_content(self, outcome: Outcome, reason: Reason) -> Verdict:
        stage = Stage.SIZE_AND_TYPE if outcome is Outcome.UNREADABLE else Stage.STANDING
        at = self._services.clock()
        return Verdict.unseen(outcome, reason, stage.failed(reason), at=at)


class AnswerInPieces(StreamingResponse):
    """An answer that is sent while it is made; ``close`` is called at its end, also a bad one."""

    def __init__(
        self, content: AsyncGenerator[str, None], *, media_type: str, close: Callable[[], None]
    ) -> None:
        # A proxy that collects the answer first would hide the progress.
        super().__init__(content, media_type=media_type, headers={"X-Accel-Buffering": "no"})
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until the caller goes or does not take it any more."""

        async def send_in_time(message: Message) -> None:
            with anyio.fail_after(READER_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        except TimeoutError as error:
            raise ClientDisconnect from error
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._close)
