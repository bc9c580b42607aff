"""Delivers notices: one attempt of one notice by one channel, whichever channels there are."""

import logging
from collections.abc import Sequence
from uuid import UUID

from register.deliveries import Attempt, Channel, Deliveries, Outcome

_log = logging.getLogger("mohr.notices")


class Courier:
    """Does the job ``notice``: one attempt to deliver one notice.

    Without channels a notice is delivered by lying in the inbox.
    """

    def __init__(self, deliveries: Deliveries, channels: Sequence[Channel]) -> None:
        self._deliveries = deliveries
        self._channels = channels

    def deliver(self, notice: str) -> None:
        """Deliver the notice with this id if it is due; its failure sets the next job."""
        identifier = UUID(notice)
        if not self._channels:
            self._deliveries.place(identifier)
            return
        attempt = self._deliveries.begin(identifier, self._channels)
        if attempt is not None:
            self._deliveries.finish(attempt, _tried(attempt))


def _tried(attempt: Attempt) -> Outcome:
    outcome = attempt.channel.send(attempt.notice, attempt.began_at)
    if outcome.error is not None:
        _log.warning(
            "notice %s, attempt %d by %s: %s %s",
            attempt.notice.id,
            attempt.number,
            attempt.channel.name,
            outcome.error,
            outcome.status or "",
        )
    return outcome
