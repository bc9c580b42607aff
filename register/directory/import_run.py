"""Taking in whole files of records, chunk by chunk.

A chunk of records, its refusals and the place in the file are written in one transaction. After
an interruption the same sender goes on with the same file behind the last chunk; since records
have versions, a chunk that was written although nobody heard of it does no harm either.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, update

from clearance.clock import Clock
from clearance.directory_files import FileFormat, FileReader, Line
from clearance.directory_shapes import subject_of
from clearance.errors import Conflict, MohrError
from register import events
from register.database import transaction
from register.directory.import_records import ImportReport, Refusal, refusal_columns
from register.directory.record_upsert import Put, put_all
from register.directory.rehearsal import Rehearsal
from register.events import EventName
from register.tables.directory import directory_import, directory_import_refusal

CHUNK: Final = 1000
"""Lines that are written in one transaction."""


class Import:
    """One file on its way in; made by ``Imports``, used by one thread at a time.

    ``feed`` it the file in pieces of any size, then ``finish``. One that is dropped in between
    can be taken up again. Errors of the file as a whole are ``clearance.directory_files``'s; what
    is wrong with a line becomes a ``Refusal``. Both methods raise
    ``Conflict("import.other_content")`` if the file is not the one that was interrupted, and
    ``Conflict("import.taken_over")`` if somebody else went on with it meanwhile.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        report: ImportReport,
        file_format: FileFormat,
        prefix: bytes,
        on_refused: Callable[[Refusal], None],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._prefix = prefix
        self._on_refused = on_refused
        self._chunk: list[Line] = []
        self._reader = FileReader(
            report.kind, file_format, now=now_of(clock), skip=report.resumed_after
        )
        self._rehearsal = Rehearsal() if report.id is None else None
        self.report = report
        """How it stands after the last chunk."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file; writes each chunk that is full."""
        for line in self._reader.feed(data):
            self._take(line)

    def finish(self) -> ImportReport:
        """Take what is left and answer the final report."""
        for line in self._reader.finish():
            self._take(line)
        self._demand_same_beginning()
        if self.report.finished_at is None:
            self._write(finished_at=now_of(self._clock))
        elif self._reader.lines != self.report.lines:
            raise Conflict("import.other_content")
        return self.report

    def _take(self, line: Line) -> None:
        self._demand_same_beginning()
        if self.report.finished_at is not None:
            raise Conflict("import.other_content")
        self._chunk.append(line)
        if len(self._chunk) == CHUNK:
            self._write(finished_at=None)

    def _demand_same_beginning(self) -> None:
        if self._reader.skipped_digest != self._prefix:
            raise Conflict("import.other_content")

    def _write(self, *, finished_at: datetime | None) -> None:
        lines, self._chunk = self._chunk, []
        now = now_of(self._clock)
        with transaction(self._engine) as connection:
            if self.report.id is not None:
                self._demand_mine(connection)
            answers, refusals = self._put(connection, lines, now)
            counts = {put.value: answers.count(put) for put in Put} | {"refused": len(refusals)}
            report = replace(
                self.report,
                lines=self._reader.lines,
                finished_at=finished_at,
                **{name: getattr(self.report, name) + more for name, more in counts.items()},
            )
            if report.id is None:
                connection.rollback()
            else:
                self._record(connection, report, refusals, counts, now)
        self.report = report
        for refusal in refusals:
            self._on_refused(refusal)

    def _demand_mine(self, connection: Connection) -> None:
        """Lock the run; whoever else goes on with it is told to stop."""
        run = connection.execute(
            select(directory_import.c.lines_done, directory_import.c.finished_at)
            .where(directory_import.c.id == self.report.id)
            .with_for_update()
        ).one()
        if run.lines_done != self.report.lines or run.finished_at is not None:
            raise Conflict("import.taken_over")

    def _put(
        self, connection: Connection, lines: list[Line], now: datetime
    ) -> tuple[list[Put], list[Refusal]]:
        good = [(line, line.record) for line in lines if line.record is not None]
        records = [record for _, record in good]
        answers = put_all(connection, self.report.kind, records, actor=self.report.actor, now=now)
        if self._rehearsal is not None:
            answers = self._rehearsal.judged(records, answers)
        refused = [
            Refusal(line=line.number, subject=line.subject, problems=line.problems)
            for line in lines
            if line.record is None
        ] + [
            Refusal(line=line.number, subject=subject_of(record), problems=(answer,))
            for (line, record), answer in zip(good, answers, strict=True)
            if isinstance(answer, MohrError)
        ]
        taken = [answer for answer in answers if isinstance(answer, Put)]
        return taken, sorted(refused, key=lambda refusal: refusal.line)

    def _record(
        self,
        connection: Connection,
        report: ImportReport,
        refusals: list[Refusal],
        counts: Mapping[str, int],
        now: datetime,
    ) -> None:
        connection.execute(
            update(directory_import)
            .where(directory_import.c.id == report.id)
            .values(
                lines_done=report.lines,
                prefix_sha256=self._reader.digest,
                finished_at=report.finished_at,
                **{name: getattr(report, name) for name in counts},
            )
        )
        if refusals:
            connection.execute(
                insert(directory_import_refusal),
                [refusal_columns(report, refusal) for refusal in refusals],
            )
        record_event(
            connection, EventName.IMPORT_WENT_ON, report, now, lines=report.lines, **counts
        )
        if report.finished_at is not None:
            totals = {name: getattr(report, name) for name in counts}
            record_event(
                connection, EventName.IMPORT_FINISHED, report, now, lines=report.lines, **totals
            )


def record_event(
    connection: Connection,
    name: EventName,
    report: ImportReport,
    now: datetime,
    **details: str | int,
) -> None:
    """Record an event of an import."""
    events.record(
        connection, name, at=now, actor=report.actor, subject=str(report.id), details=details
    )


def now_of(clock: Clock) -> datetime:
    """Return the time in whole seconds, UTC."""
    return clock().astimezone(UTC).replace(microsecond=0)
