"""The imports of the directory: begun, taken up again after an interruption, told of."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, insert, select

from clearance.clock import Clock
from clearance.directory_files import FileFormat
from clearance.directory_shapes import Kind
from clearance.errors import Conflict, NotFound
from register.database import transaction
from register.directory.import_records import (
    ImportReport,
    Refusal,
    refusal_of,
    report_of,
)
from register.directory.import_run import Import, now_of, record_event
from register.directory.record_upsert import lock_kind
from register.directory.rows import AnyRow
from register.events import EventName
from register.tables.directory import directory_import, directory_import_refusal

MOST_REFUSALS: Final = 1000
"""As many refusals are answered at once."""
_NOTHING: Final = hashlib.sha256().digest()
"""Of no lines at all."""


class Imports:
    """The imports of the directory: begins or resumes them, and tells how they stand."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def begin(
        self,
        kind: Kind,
        file_format: FileFormat,
        *,
        actor: str,
        key: str,
        replay: bool,
        on_refused: Callable[[Refusal], None] = lambda _: None,
    ) -> Import:
        """Begin an import, or go on with the one of this ``key`` (1-255 characters, by actor).

        If that one is finished, ``replay`` returns its report again for the same file; without,
        a new one begins. ``on_refused`` hears of each line that is refused from now on. Raises
        ``Conflict("idempotency.conflict")`` if the key belongs to an import of another kind.
        """
        now = now_of(self._clock)
        with transaction(self._engine) as connection:
            lock_kind(connection, kind)
            found = connection.execute(
                select(directory_import)
                .where(directory_import.c.actor == actor, directory_import.c.key == key)
                .order_by(directory_import.c.finished_at.desc().nulls_first())
                .limit(1)
            ).one_or_none()
            if found is not None and found.kind != kind:
                raise Conflict("idempotency.conflict")
            if found is None or (found.finished_at is not None and not replay):
                found = _start(connection, kind, actor, key, now)
                record_event(
                    connection, EventName.IMPORT_STARTED, report_of(found), now, kind=kind.value
                )
            elif found.finished_at is None:
                report = report_of(found)
                record_event(connection, EventName.IMPORT_RESUMED, report, now, lines=report.lines)
        return Import(
            self._engine,
            clock=self._clock,
            report=replace(report_of(found), resumed_after=found.lines_done),
            file_format=file_format,
            prefix=found.prefix_sha256,
            on_refused=on_refused,
        )

    def rehearse(
        self,
        kind: Kind,
        file_format: FileFormat,
        *,
        actor: str,
        on_refused: Callable[[Refusal], None] = lambda _: None,
    ) -> Import:
        """Begin a dry run: every line is judged as an import would, and nothing is kept.

        What earlier chunks of the file would have changed is known by key
        (``register.directory.rehearsal``).
        """
        report = ImportReport(
            id=None,
            kind=kind,
            actor=actor,
            started_at=now_of(self._clock),
            finished_at=None,
            lines=0,
            created=0,
            changed=0,
            unchanged=0,
            refused=0,
            resumed_after=0,
        )
        return Import(
            self._engine,
            clock=self._clock,
            report=report,
            file_format=file_format,
            prefix=_NOTHING,
            on_refused=on_refused,
        )

    def report(self, import_id: UUID, *, actor: str) -> ImportReport:
        """Return how an import of this actor stands; raises ``NotFound("import.not_found")``."""
        with transaction(self._engine) as connection:
            found = connection.execute(
                select(directory_import).where(
                    directory_import.c.id == import_id, directory_import.c.actor == actor
                )
            ).one_or_none()
        if found is None:
            raise NotFound("import.not_found")
        return report_of(found)

    def refusals(
        self, import_id: UUID, *, after: int = 0, limit: int = MOST_REFUSALS
    ) -> tuple[Refusal, ...]:
        """Return an import's refusals behind a line, at most ``limit``, in the file's order."""
        with transaction(self._engine) as connection:
            found = connection.execute(
                select(directory_import_refusal)
                .where(
                    directory_import_refusal.c.import_id == import_id,
                    directory_import_refusal.c.line > after,
                )
                .order_by(directory_import_refusal.c.line)
                .limit(min(limit, MOST_REFUSALS))
            ).all()
        return tuple(map(refusal_of, found))


def _start(connection: Connection, kind: Kind, actor: str, key: str, now: datetime) -> AnyRow:
    return connection.execute(
        insert(directory_import)
        .values(
            id=uuid4(),
            kind=kind.value,
            actor=actor,
            key=key,
            started_at=now,
            lines_done=0,
            prefix_sha256=_NOTHING,
            created=0,
            changed=0,
            unchanged=0,
            refused=0,
        )
        .returning(directory_import)
    ).one()
