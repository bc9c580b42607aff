"""Issues the lines of batches, one a job.

1. *Take* the next line (a short transaction); if there is none, the lane ends.
2. Issue it as a single request is issued, under an idempotency key of its own. Whatever became of
   an earlier attempt, a killed one included, the same key leads to the same clearance.
3. *End* the line or put it back (a second short transaction), which opens the lane again.

A crash in between leaves a line in the hands of nobody; when its lease is over a round hands it to
another worker, who begins with step 1.
"""

import hashlib
import json
import logging
from datetime import timedelta
from uuid import UUID

from clearance.clock import Clock
from clearance.errors import (
    Conflict,
    InProgress,
    InternalFault,
    InvalidRequest,
    InvalidValue,
    MohrError,
    NotFound,
    Refused,
    RulesNotMet,
    Unavailable,
)
from clearance.request import parse_request
from register.batches.records import LineState, TakenLine
from register.batches.work import BatchLines
from register.queue import delay
from register.records import PendingClearance
from signer.issuing import Issue

_log = logging.getLogger("mohr.batches")

_REFUSALS = (InvalidRequest, InvalidValue, RulesNotMet, Conflict, NotFound)
"""What the same request would meet again."""


class BatchWork:
    """The workers' task and round for batches; safe to use from several threads."""

    def __init__(self, lines: BatchLines, *, issue: Issue, clock: Clock) -> None:
        self._lines = lines
        self._issue = issue
        self._clock = clock

    def work(self, batch: str, lane: int) -> None:
        """Issue the next line of a batch, if there is one to be taken now: the task.

        Raises ``Unavailable`` if the register does not answer; the round then leads on.
        """
        taken = self._lines.take(UUID(batch), lane)
        if taken is None:
            return
        try:
            self.issue_line(taken)
        except (Unavailable, Refused) as error:
            # A key that may not sign is the operator's to mend, and no other line's luck.
            _log.warning("batch %s line %d waits on: %s", batch, taken.line, error.code)
            self._lines.put_back(taken, error.code)
        except _REFUSALS as error:
            self._put_back_or_refuse(taken, error)
        except Exception as error:  # noqa: BLE001 - told in the log and on the line
            _log.exception("batch %s line %d failed", batch, taken.line)
            fault = error if isinstance(error, MohrError) else InternalFault("internal.fault")
            self._lines.end(taken, LineState.FAILED, error=fault)

    def set_lost_jobs(self) -> None:
        """Go on with what killed workers left behind: the round."""
        self._lines.set_lost_jobs()

    def issue_line(self, taken: TakenLine) -> None:
        """Issue one line and end it, or put it back if it was accepted and a part is away.

        Raises what issuing raises, with the line still in hand.
        """
        parsed = json.loads(taken.request)
        issued = self._issue(
            parse_request(parsed, now=self._clock()),
            idempotency_key=taken.idempotency_key,
            request_hash=hashlib.sha256(taken.request.encode()).digest(),
            client_id=taken.client_id,
        )
        if isinstance(issued, PendingClearance):
            away = issued.last_error or "register.unavailable"
            self._lines.put_back(taken, away, number=issued.number)
        else:
            self._lines.end(taken, LineState.ISSUED, number=issued.clearance.number)

    def _put_back_or_refuse(self, taken: TakenLine, error: MohrError) -> None:
        if isinstance(error, InProgress):
            # Whoever has it is done before long, or was killed: then its lease has to end.
            lease = timedelta(seconds=error.seconds)
            self._lines.put_back(taken, error.code, after=min(delay(taken.attempt), lease))
        else:
            self._lines.end(taken, LineState.REFUSED, error=error)
