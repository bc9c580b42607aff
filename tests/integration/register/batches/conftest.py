"""Batches over the test's own database, with a stand-in for what issues."""

import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from clearance.errors import InvalidRequest, InvalidValue
from register.batches.client_batches import Batches
from register.batches.records import Batch, NewLine
from register.batches.work import BatchLines

CLIENT = "client"


@pytest.fixture
def batches(engine: Engine, clock: Any) -> Batches:
    return Batches(engine, clock=clock, random_bytes=secrets.token_bytes)


@pytest.fixture
def lines(engine: Engine, clock: Any) -> BatchLines:
    return BatchLines(engine, clock=clock)


@pytest.fixture
def open_batch(batches: Batches) -> Callable[..., Batch]:
    """Open a batch of so many lines, some of them refused from the start."""

    def open_batch(count: int, *, refused: frozenset[int] = frozenset()) -> Batch:
        opened = batches.open(
            [_line(place, sound=place not in refused) for place in range(1, count + 1)],
            client_id=CLIENT,
            idempotency_key=uuid4().hex,
            body_sha256=hashlib.sha256(b"body").digest(),
        )
        assert not opened.replayed
        return opened.batch

    return open_batch


@pytest.fixture
def counts(batches: Batches) -> Callable[[UUID], dict[str, int]]:
    """Return how many lines of a batch are in each state that any is in."""

    def count(batch_id: UUID) -> dict[str, int]:
        found = batches.find(batch_id, client_id=CLIENT).counts
        return {state.value: lines for state, lines in found.items() if lines}

    return count


def _line(place: int, *, sound: bool) -> NewLine:
    if sound:
        return NewLine(line=place, request=json.dumps({"place": place}))
    problem = InvalidValue("field.missing", field="/kind")
    return NewLine(line=place, request=None, error=InvalidRequest((problem,)))


class Jobs:
    """The jobs of batches that stand in the queue."""

    def __init__(self, sql: Callable[..., list[tuple[Any, ...]]]) -> None:
        self._sql = sql

    def waiting(self) -> list[tuple[Any, ...]]:
        """Return the lanes that have a job, each with its time."""
        return self._sql(
            "SELECT (args ->> 'lane')::integer AS lane, scheduled_at FROM procrastinate_jobs "
            "WHERE task_name = 'batch' AND status = 'todo' ORDER BY lane"
        )

    def lanes(self) -> list[int]:
        return [lane for lane, _ in self.waiting()]

    def take_all(self) -> None:
        """Let them be done, as workers would."""
        self._sql("DELETE FROM procrastinate_jobs")


@pytest.fixture
def jobs(sql: Callable[..., list[tuple[Any, ...]]]) -> Jobs:
    return Jobs(sql)
