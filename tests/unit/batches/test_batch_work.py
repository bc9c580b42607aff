"""What becomes of a line when issuing it answers, waits or fails."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from clearance.canonical import canonical_bytes
from clearance.errors import (
    Conflict,
    InProgress,
    InternalFault,
    InvalidRequest,
    InvalidValue,
    Refused,
    RulesNotMet,
    Unavailable,
)
from clearance.identifiers import ClearanceNumber, VerificationCode
from register.batches.records import LineState, TakenLine
from register.records import PendingClearance
from service.batch_work import BatchWork

NOW = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[3] / "examples" / "smallest.json"
NUMBER = ClearanceNumber.make(1404, "1234", 1)
BATCH = UUID(int=7)


class StandInLines:
    """One line to be taken, and what was done with it."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []
        self.waiting = [
            TakenLine(
                batch_id=BATCH,
                line=3,
                attempt=1,
                lane=5,
                client_id="client",
                request=canonical_bytes(json.loads(EXAMPLE.read_bytes())).decode(),
            )
        ]

    def take(self, batch_id: UUID, lane: int) -> TakenLine | None:
        assert (batch_id, lane) == (BATCH, 5)
        return self.waiting.pop() if self.waiting else None

    def end(
        self, taken: TakenLine, state: LineState, *, number: Any = None, error: Any = None
    ) -> None:
        self.done.append((state, number or error.code))

    def put_back(
        self, taken: TakenLine, error: str, *, number: Any = None, after: Any = None
    ) -> None:
        self.done.append((LineState.WAITING, error, number, after))


@pytest.fixture
def outcome() -> Callable[[Any], list[tuple[Any, ...]]]:
    """Return what is done with a line when issuing answers or raises this."""

    def outcome(result: Any) -> list[tuple[Any, ...]]:
        lines, asked = StandInLines(), []

        def issue(request: Any, **named: Any) -> Any:
            asked.append(named)
            if isinstance(result, Exception):
                raise result
            return result

        work = BatchWork(cast("Any", lines), issue=issue, clock=lambda: NOW)
        work.work(str(BATCH), 5)
        assert [(each["idempotency_key"], each["client_id"]) for each in asked] == [
            (f"batch-{BATCH}-3", "client")
        ]
        work.work(str(BATCH), 5)
        assert len(asked) == 1, "there was nothing more to take"
        return lines.done

    return outcome


def test_what_is_issued_ends_with_its_number(outcome: Any) -> None:
    issued = SimpleNamespace(clearance=SimpleNamespace(number=NUMBER))
    assert outcome(issued) == [(LineState.ISSUED, NUMBER)]


def test_what_was_accepted_waits_with_its_number(outcome: Any) -> None:
    pending = PendingClearance(
        number=NUMBER,
        verification_code=VerificationCode.from_bytes(bytes(10)),
        client_id="client",
        prepared_at=NOW,
        attempts=1,
        leased_until=None,
        last_error="tsa.unavailable",
        resume_at=NOW,
    )
    assert outcome(pending) == [(LineState.WAITING, "tsa.unavailable", NUMBER, None)]


@pytest.mark.parametrize(
    "error",
    [Unavailable("register.unavailable"), Refused("keys.certificate_expired")],
    ids=lambda error: error.code,
)
def test_what_a_part_or_an_operator_can_mend_waits(outcome: Any, error: Any) -> None:
    assert outcome(error) == [(LineState.WAITING, error.code, None, None)]


@pytest.mark.parametrize(("lease", "wait"), [("17", 2), ("1", 1)])
def test_what_another_attempt_is_at_waits_a_moment(outcome: Any, lease: str, wait: int) -> None:
    under_way = InProgress(seconds=int(lease))
    expected = (LineState.WAITING, under_way.code, None, timedelta(seconds=wait))
    assert outcome(under_way) == [expected]


@pytest.mark.parametrize(
    "error",
    [
        RulesNotMet(()),
        InvalidRequest((InvalidValue("text.not_printable", field="/contract/subject"),)),
        Conflict("undertaking.already_taken"),
    ],
    ids=lambda error: error.code,
)
def test_what_would_be_refused_again_is_refused(outcome: Any, error: Any) -> None:
    assert outcome(error) == [(LineState.REFUSED, error.code)]


def test_a_fault_of_ours_fails_the_line_and_says_no_more(outcome: Any) -> None:
    fault = InternalFault("issuance.own_check_failed")
    assert outcome(fault) == [(LineState.FAILED, fault.code)]
    assert outcome(ZeroDivisionError("unforeseen")) == [(LineState.FAILED, "internal.fault")]
