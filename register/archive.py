"""Archival revisions: what the register holds of them, and which are due.

One row of ``archive`` says for each sealed document which revision is the newest and what its
timestamp depends on. Whether another is due follows from that row, the policy and the clock; a job
is only the alarm for it, and one too many finds nothing to do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Engine,
    Row,
    and_,
    insert,
    or_,
    select,
    text,
    update,
)

from clearance.clock import Clock
from clearance.errors import Conflict
from clearance.long_life import Strength, TrustHistory
from register import database, events, queue
from register.archive_records import ArchivalRevision, Cause, Due
from register.events import EventName
from register.kinds import CLEARANCE
from register.sealed_documents import DOCUMENT_COLUMNS, document_of
from register.tables.archive import archive
from register.tables.sealed import sealed_document

TASK: Final = "archive"
"""Task that makes the next revision of one document; its one argument is ``number``."""
LAYOUT: Final = "archival"
PER_ROUND: Final = 50
"""Jobs that a round sets; the next one comes 15 seconds later."""
LONGEST_DELAY: Final = timedelta(days=1)
_DOUBLINGS: Final = 11
"""Of a minute: enough to reach ``LONGEST_DELAY``."""
_ACTOR: Final = "archive"

_ISSUING = text(
    """
    SELECT EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE queue_name = :queue AND status IN ('todo', 'doing')
            AND task_name NOT IN ('recover', 'status-list')
            AND coalesce(scheduled_at, '-infinity') <= :now
    )
    """
)


@dataclass(frozen=True, kw_only=True)
class RenewalRule:
    """When revisions are due."""

    first_after: timedelta
    """How long after sealing the first one is made: then the evidence is newer than the seal."""
    renew_before: timedelta
    """How long before the end of the newest timestamp the next one is made."""
    history: Callable[[], TrustHistory]
    """Answers which algorithms and anchors are trusted no longer, or soon."""


class ArchiveReader:
    """Reads archival revisions; needs no right to write.

    Each method is one short transaction, may be called from several threads, processes and
    machines at once, and raises ``Unavailable("register.unavailable")`` if the database does not
    answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(self, number: str) -> ArchivalRevision | None:
        """Return the newest archival revision of a document; None while there is none."""
        query = (
            select(sealed_document)
            .where(sealed_document.c.number == number, sealed_document.c.revision > 0)
            .order_by(sealed_document.c.revision.desc())
            .limit(1)
        )
        with database.transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return ArchivalRevision(
            number=number,
            revision=row.revision,
            sha256=row.sha256,
            size=row.size,
            made_at=row.sealed_at,
        )


class Archive(ArchiveReader):
    """What is due, and the entering of what was made; otherwise as ``ArchiveReader``."""

    def __init__(self, engine: Engine, *, clock: Clock, rule: RenewalRule) -> None:
        super().__init__(engine)
        self._clock = clock
        self._rule = rule

    def due(self, limit: int) -> tuple[Due, ...]:
        """Return up to ``limit`` revisions that are due: renewals first, since their time ends."""
        now = self._now()
        found: dict[str, Due] = {}
        with database.transaction(self._engine) as connection:
            for cause, condition in self._causes(now):
                if len(found) >= limit:
                    break
                query = (
                    _WITH_BASE.where(condition, self._ripe(now))
                    .order_by(archive.c.next_at if cause is Cause.NONE_YET else archive.c.ends_at)
                    .limit(limit)
                )
                for row in connection.execute(query):
                    found.setdefault(row.number, _due(row, cause))
        return tuple(found.values())[:limit]

    def due_of(self, number: str) -> Due | None:
        """Return the revision that is due of one document; None if nothing is."""
        now = self._now()
        with database.transaction(self._engine) as connection:
            for cause, condition in self._causes(now):
                query = _WITH_BASE.where(archive.c.number == number, condition, self._ripe(now))
                row = connection.execute(query).one_or_none()
                if row is not None:
                    return _due(row, cause)
        return None

    def set_jobs(self) -> None:
        """Have workers make what is due, a part of it; stands back while anything is issued."""
        now = self._now()
        with database.transaction(self._engine) as connection:
            busy = connection.execute(_ISSUING, {"queue": queue.QUEUE, "now": now}).scalar_one()
        if busy:
            return
        due = self.due(PER_ROUND)
        with database.transaction(self._engine) as connection:
            for each in due:
                queue.defer(
                    connection,
                    TASK,
                    {"number": each.number},
                    lock=each.number,
                    queue=queue.ARCHIVE,
                )

    def record(self, due: Due, *, sha256: str, size: int, strength: Strength) -> ArchivalRevision:
        """Enter a revision, which must lie in the document store already.

        Raises ``Conflict("archive.overtaken")`` if another was entered meanwhile.
        """
        now = self._now()
        with database.transaction(self._engine) as connection:
            before = (archive.c.number == due.number) & (archive.c.revision == due.revision - 1)
            held = connection.execute(select(archive.c.number).where(before).with_for_update())
            if held.one_or_none() is None:
                raise Conflict("archive.overtaken", parameters={"number": due.number})
            file = replace(due.document, sha256=sha256, size=size, layout=LAYOUT, sealed_at=now)
            connection.execute(insert(sealed_document).values(revision=due.revision, **vars(file)))
            connection.execute(
                update(archive)
                .where(before)
                .values(
                    revision=due.revision,
                    ends_at=strength.certificate_ends_at,
                    algorithms=list(strength.algorithms),
                    anchor=strength.anchor,
                    attempts=0,
                    next_at=now,
                    last_error=None,
                )
            )
            events.record(
                connection,
                EventName.ARCHIVED
                if due.document.kind == CLEARANCE.name
                else EventName.DOCUMENT_ARCHIVED,
                at=now,
                actor=_ACTOR,
                subject=due.number,
                details={
                    "revision": due.revision,
                    "cause": due.cause.value,
                    "document_sha256": sha256,
                },
            )
        return ArchivalRevision(
            number=due.number, revision=due.revision, sha256=sha256, size=size, made_at=now
        )

    def failed(self, due: Due, error_code: str) -> None:
        """Note that a revision could not be made; it is tried again, later each time."""
        wait = min(timedelta(minutes=2 ** min(due.attempts, _DOUBLINGS)), LONGEST_DELAY)
        with database.transaction(self._engine) as connection:
            connection.execute(
                update(archive)
                .where(archive.c.number == due.number, archive.c.revision == due.revision - 1)
                .values(
                    attempts=due.attempts + 1, last_error=error_code, next_at=self._now() + wait
                )
            )

    def _causes(self, now: datetime) -> Iterator[tuple[Cause, ColumnElement[bool]]]:
        soon = now + self._rule.renew_before
        yield Cause.CERTIFICATE_ENDS, archive.c.ends_at <= soon
        history = self._rule.history()
        if weak := history.weak_by(soon):
            yield Cause.ALGORITHM_WEAK, archive.c.algorithms.overlap(list(weak))
        if retired := history.retired_by(soon):
            yield Cause.ANCHOR_RETIRES, archive.c.anchor.in_(retired)
        yield Cause.NONE_YET, archive.c.revision == 0

    def _ripe(self, now: datetime) -> ColumnElement[bool]:
        """After a failure ``next_at`` says when; a document just sealed waits a while, too."""
        table = archive.c
        return and_(
            table.next_at <= now,
            or_(
                table.revision > 0,
                table.attempts > 0,
                table.next_at <= now - self._rule.first_after,
            ),
        )

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


_BASE = sealed_document.alias("base")
_WITH_BASE = (
    select(
        *(each for each in archive.c if each.name != "number"),
        _BASE.c.sha256.label("base_sha256"),
        *DOCUMENT_COLUMNS,
    )
    .select_from(archive)
    .join(_BASE, (_BASE.c.number == archive.c.number) & (_BASE.c.revision == archive.c.revision))
    .join(
        sealed_document,
        (sealed_document.c.number == archive.c.number) & (sealed_document.c.revision == 0),
    )
)
"""What is owed, with the file that the next revision continues and the document as sealed."""


def _due(row: Row[*tuple[Any, ...]], cause: Cause) -> Due:
    return Due(
        document=document_of(row),
        revision=row.revision + 1,
        base_sha256=row.base_sha256,
        strength=None
        if row.anchor is None
        else Strength(
            certificate_ends_at=row.ends_at,
            algorithms=tuple(row.algorithms),
            anchor=row.anchor,
        ),
        cause=cause,
        attempts=row.attempts,
    )
