"""Joins the worker with the parts whose jobs it does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from clearance.clock import system_clock
from clearance.identifiers import ClearanceNumber
from register import archive, notices, queue, status_lists
from register.batches import lanes
from register.batches.work import BatchLines
from register.collections import Deadlines
from register.database import connection_parameters
from register.future_times import cap_future_times
from register.paper_forms.ledger import SEAL_MINUTES
from register.records import IssuedClearance, Ticket
from register.repository import Register
from register.staff.sessions import remove_old_sessions
from service.batch_work import BatchWork
from service.settings import Settings
from service.wiring.issuing import Issuing, open_issuing
from service.wiring.memory import Memory, open_memory
from service.wiring.notifying import open_courier, open_deliveries
from service.wiring.paper_forms import open_ledger
from service.wiring.trust import Trust
from service.worker import Task, Worker


def tasks_and_rounds(
    settings: Settings, memory: Memory, issuing: Issuing
) -> tuple[dict[str, Task], tuple[Callable[[], object], ...]]:
    """Return what a worker does: the tasks by name, and the rounds it makes every 15 seconds."""
    batches = BatchWork(
        BatchLines(memory.engine, clock=system_clock), issue=issuing.issue, clock=system_clock
    )
    deliveries = open_deliveries(settings, memory)
    tasks: dict[str, Task] = {
        queue.RESUME: resuming(memory.register, issuing.issuance.issue),
        lanes.TASK: batches.work,
        notices.TASK: open_courier(settings, deliveries).deliver,
        SEAL_MINUTES: issuing.minutes.seal,
        status_lists.PUBLISH: issuing.status_lists.publish,
        archive.TASK: issuing.archiving.work,
    }
    rounds = (
        partial(cap_future_times, memory.engine, clock=system_clock),
        memory.register.set_lost_jobs,
        batches.set_lost_jobs,
        deliveries.set_lost_jobs,
        open_ledger(settings, memory).set_lost_jobs,
        Deadlines(memory.engine, clock=system_clock).watch,
        issuing.status_lists.publish,
        issuing.archiving.archive.set_jobs,
        partial(remove_old_sessions, memory.engine, clock=system_clock),
    )
    return tasks, rounds


def resuming(register: Register, issue: Callable[[Ticket], IssuedClearance]) -> Task:
    """Make the task that tries once more to issue a number.

    ``issue`` issues for a ticket and gives it back if that fails, as ``Issuance.issue`` does: that
    sets the next job. Without a register to give it back to, the end of the lease leads there.
    """

    def resume(number: str) -> None:
        ticket = register.resume(ClearanceNumber(number))
        if isinstance(ticket, Ticket):
            issue(ticket)

    return resume


def make_worker(settings: Settings, memory: Memory, issuing: Issuing) -> Worker:
    """Make what does the jobs of the queue while it is open."""
    tasks, rounds = tasks_and_rounds(settings, memory, issuing)
    return Worker(connection=connection_parameters(memory.engine), tasks=tasks, rounds=rounds)


@contextmanager
def open_worker_command(settings: Settings) -> Iterator[Worker]:
    """Open a worker of its own, without web server or sandbox."""
    with (
        open_memory(settings) as memory,
        open_issuing(settings, memory, Trust(settings)) as issuing,
        make_worker(settings, memory, issuing) as worker,
    ):
        yield worker
