"""The lanes of a batch: jobs that issue one line each and then set themselves again.

A batch has a few lanes instead of a job a line, so that batches take turns, whatever is more
urgent passes after each line, and a pause leaves no thousands of jobs behind. The lines are the
truth; a lane is only the alarm for the next one.
Functions over one connection; the caller owns the transaction.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from register import queue

TASK: Final = "batch"
"""Task that works on one line; its arguments are ``batch`` and ``lane``."""
LANES: Final = 32
"""As many lines of one batch are worked on at once, given enough workers."""
PRIORITY: Final = 0
"""Behind whatever else the workers do."""

_HAVE_A_JOB = text(
    """
    SELECT CAST(args ->> 'lane' AS integer) FROM procrastinate_jobs
    WHERE task_name = :task AND status IN ('todo', 'doing') AND args ->> 'batch' = :batch
    """
)


def open_lane(
    connection: Connection, batch_id: UUID, lane: int, *, at: datetime | None = None
) -> None:
    """Have a worker take the batch's next line in this lane, from ``at`` on."""
    queue.defer(
        connection,
        TASK,
        {"batch": str(batch_id), "lane": lane},
        at=at,
        lock=f"{batch_id}:{lane}",
        priority=PRIORITY,
    )


def open_lanes(
    connection: Connection, batch_id: UUID, *, lines: int, at: datetime | None = None
) -> None:
    """Open the lanes that ``lines`` waiting lines need and that are not under way already."""
    found = connection.execute(_HAVE_A_JOB, {"task": TASK, "batch": str(batch_id)})
    under_way = set(found.scalars())
    # In one order, so that two who do this at once wait for each other instead of deadlocking.
    for lane in range(min(lines, LANES)):
        if lane not in under_way:
            open_lane(connection, batch_id, lane, at=at)
