"""Notices: what the work assigner's account is told of a clearance, and when that was done (R4).

Clause 2 of the circular: the clearance is notified to the assigner's account, found through the
workshop number allotted to the address in the contract. Whoever was told that a clearance stands
is also told when it does not any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from clearance.directory import ContractRowKey
from clearance.identifiers import ClearanceNumber, WorkshopNumber

_NAMESPACE: Final = UUID("2b9e5a4e-6a0b-5f0e-9a59-0d3a6f1c7e11")


class NoticeEvent(StrEnum):
    """What a notice tells of a clearance; each is told once."""

    ISSUED = "issued"
    REVOKED = "revoked"
    """It counts no more."""
    REPLACED = "replaced"
    """Another clearance stands in the place of the revoked one."""


class DeliveryWay(str):
    """What shows that a notice has reached the account: a channel's name, or one of the two below.

    Channels are values of whoever delivers (``register.deliveries.Channel``): none is listed here.
    """

    __slots__ = ()


INBOX: Final = DeliveryWay("inbox")
"""It was placed in the account's inbox, and no channel is set that would tell of it."""
VIEW: Final = DeliveryWay("view")
"""Somebody viewed it in the inbox before any confirmation came."""


class NoticeState(StrEnum):
    """How far a notice has come."""

    WAITING = "waiting"
    """Not delivered yet; it is tried again by itself."""
    DEAD = "dead"
    """Not delivered, and no longer tried: a person must have it sent again."""
    DELIVERED = "delivered"
    VIEWED = "viewed"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One notice and what became of it; moments in UTC."""

    id: UUID
    """The same at every attempt to deliver it, so that a receiver can tell a repetition."""
    event: NoticeEvent
    number: ClearanceNumber
    key: ContractRowKey
    occurred_at: datetime
    """When the clearance was issued, revoked or replaced."""
    reason: str | None
    """Why it was revoked: one of the closed list."""
    replacement: ClearanceNumber | None
    """What replaced it."""
    opened_at: datetime
    workshop_number: WorkshopNumber | None
    """The assigner's, resolved by the register; empty while it finds no account (R2, R5)."""
    account_id: str | None
    """The workshop's account when the notice was addressed; a later change leaves it."""
    position: int | None
    """Place in the inbox: of one workshop's notices a later one has a higher one."""
    delivered_at: datetime | None
    delivered_by: DeliveryWay | None
    first_viewed_at: datetime | None
    attempts: int
    """How often a delivery began."""
    last_error: str | None
    """Code of what went wrong at the last attempt."""
    due_at: datetime | None
    """When it is tried next; empty once delivered or given up."""
    gave_up_at: datetime | None

    @property
    def state(self) -> NoticeState:
        """Return how far it has come."""
        if self.first_viewed_at is not None:
            return NoticeState.VIEWED
        if self.delivered_at is not None:
            return NoticeState.DELIVERED
        return NoticeState.WAITING if self.gave_up_at is None else NoticeState.DEAD


def notice_id(number: ClearanceNumber, event: NoticeEvent) -> UUID:
    """Return the id of the one notice that tells this event of this clearance."""
    return uuid5(_NAMESPACE, f"{event.value} {number}")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How a delivery that failed is tried again: the pause doubles, within limits."""

    first: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(hours=4)
    span: timedelta = timedelta(days=3)
    """From the first attempt to the last one; what is undelivered then is given up."""

    def next_attempt(
        self,
        *,
        failures: int,
        since: datetime,
        now: datetime,
        fraction: float,
        asked: timedelta | None = None,
    ) -> datetime | None:
        """Return when to try again after so many ``failures`` in a row; None to give up.

        ``since`` is when the span began. ``fraction`` (0 up to 1, random) spreads the attempts of
        many notices over the second half of the pause, so that a receiver that comes back is not
        met by all of them at once. ``asked`` is the pause that the receiver asked for, honoured up
        to ``longest``. The last attempt falls on the end of the span.
        """
        end = since + self.span
        if now >= end:
            return None
        doubled = self.first * (1 << min(failures - 1, 24))
        pause = min(doubled, self.longest) * (0.5 + fraction / 2)
        if asked is not None:
            pause = max(pause, min(asked, self.longest))
        return min(now + pause, end)
