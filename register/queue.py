"""The queue of requests that wait for a part that was away; procrastinate's tables hold it.

The register stays the source of truth: an intent's ``resume_at`` says from when on a worker may go
on with it, and a job is only the alarm clock for that. A lost job is set again from the intents, a
superfluous one finds nothing to do.
Functions over one connection; the caller owns the transaction, and the job stands or falls with it.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

QUEUE: Final = "issuing"
"""Where the jobs wait."""
RESUME: Final = "resume"
"""Task that goes on with one number; its one argument is ``number``."""

LONGEST_DELAY: Final = timedelta(minutes=5)
_DOUBLINGS: Final = 9
"""Enough to reach ``LONGEST_DELAY``, however many attempts there were."""

# Whoever sets a job holds the row of its intent, so that two cannot both find none waiting. The
# unique index of procrastinate on the queueing lock stands behind this.
_SET = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        :queue, :task, 0, NULL, :number, jsonb_build_object('number', CAST(:number AS text)), :at
    )]::procrastinate_job_to_defer_v1[])
    WHERE NOT EXISTS (
        SELECT FROM procrastinate_jobs WHERE queueing_lock = :number AND status = 'todo'
    )
    """
)

_OVERDUE = text(
    """
    SELECT number, attempts FROM intent
    WHERE resume_at <= :now AND NOT EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE queueing_lock = intent.number AND status = 'todo'
    )
    ORDER BY resume_at LIMIT 1000
    FOR UPDATE OF intent SKIP LOCKED
    """
)


def delay(attempts: int) -> timedelta:
    """Answer how long to wait after so many attempts: 2, 4, 8 … seconds, at most five minutes."""
    return min(timedelta(seconds=2 ** min(attempts, _DOUBLINGS)), LONGEST_DELAY)


def set_job(connection: Connection, number: str, *, at: datetime) -> None:
    """Have a worker go on with ``number`` from ``at`` on, unless a job waits to do so already.

    The caller holds the lock on the row of the intent.
    """
    connection.execute(_SET, {"queue": QUEUE, "task": RESUME, "number": number, "at": at})


def set_lost_jobs(connection: Connection, *, now: datetime) -> None:
    """Set a job for each intent that should be under way by now and has none.

    That is what a process leaves behind that was killed while it issued. The delay keeps a request
    that kills its process from doing so without a pause.
    """
    for number, attempts in connection.execute(_OVERDUE, {"now": now}).all():
        set_job(connection, number, at=now + delay(attempts))
