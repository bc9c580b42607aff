"""The queue of what the workers do; procrastinate's tables hold it.

What is to be done stands in the register's own tables, and a job is only the alarm clock for it:
an intent's ``resume_at`` says from when on a worker may go on with it. A lost job is set again from
those tables, a superfluous one finds nothing to do.
Functions over one connection; the caller owns the transaction, and the job stands or falls with it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

QUEUE: Final = "issuing"
"""Where the jobs wait that need nothing but the register and the token."""
NOTICES: Final = "notices"
"""Where those wait that call receivers of notices: a slow one holds up nothing else."""
ARCHIVE: Final = "archive"
"""Where archival revisions wait, which nobody waits for."""
RESUME: Final = "resume"
"""Task that goes on with one number; its one argument is ``number``."""
RESUME_PRIORITY: Final = 10

LONGEST_DELAY: Final = timedelta(minutes=5)
_DOUBLINGS: Final = 9
"""Enough to reach ``LONGEST_DELAY``, however many attempts there were."""

# A worker that fetches the waiting job at this moment either comes first, and another job is set,
# or finds the row locked and sees it after the caller's transaction, together with its facts.
_SET = text(
    """
    INSERT INTO procrastinate_jobs
        (queue_name, task_name, priority, queueing_lock, args, scheduled_at)
    VALUES (:queue, :task, :priority, :lock, :arguments, :at)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE
        SET scheduled_at = excluded.scheduled_at
        WHERE procrastinate_jobs.scheduled_at > coalesce(excluded.scheduled_at, '-infinity')
    """
).bindparams(bindparam("arguments", type_=JSONB))

_OVERDUE = text(
    """
    SELECT number, attempts FROM intent
    WHERE resume_at <= :now AND NOT EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE queueing_lock = 'resume:' || intent.number AND status = 'todo'
    )
    ORDER BY resume_at LIMIT 1000
    FOR UPDATE OF intent SKIP LOCKED
    """
)


def delay(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 2, 4, 8 … seconds, at most five minutes."""
    return min(timedelta(seconds=2 ** min(attempts, _DOUBLINGS)), LONGEST_DELAY)


def defer(
    connection: Connection,
    task: str,
    arguments: Mapping[str, str | int],
    *,
    at: datetime | None = None,
    lock: str | None = None,
    priority: int = 0,
    queue: str = QUEUE,
) -> None:
    """Have a worker do ``task`` with ``arguments``, from ``at`` on (aware; None: at once).

    While a job of the task with the same ``lock`` waits, no second one is set, but the one that
    waits comes earlier if ``at`` does. One that is being worked on counts no more. Of jobs that are
    due, the one of higher ``priority`` comes first. ``arguments`` hold identifiers and counts: no
    secret and no personal data, because they are logged.
    """
    connection.execute(
        _SET,
        {
            "queue": queue,
            "task": task,
            "priority": priority,
            "lock": None if lock is None else f"{task}:{lock}",
            "arguments": dict(arguments),
            "at": at,
        },
    )


def set_job(connection: Connection, number: str, *, at: datetime) -> None:
    """Have a worker go on with ``number`` from ``at`` on, unless a job waits to do so already."""
    defer(connection, RESUME, {"number": number}, at=at, lock=number, priority=RESUME_PRIORITY)


def set_lost_jobs(connection: Connection, *, now: datetime) -> None:
    """Set a job for each intent that should be under way by now and has none.

    That is what a process leaves behind that was killed while it issued. The delay keeps a request
    that kills its process from doing so without a pause.
    """
    for number, attempts in connection.execute(_OVERDUE, {"now": now}).all():
        set_job(connection, number, at=now + delay(attempts))
