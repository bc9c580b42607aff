"""The deadline of R11: a clearance is issued at most one day after the premium was collected.

Source: circular, note 2. What "one day" means is a setting (``DeadlineRule``); days are those of
Asia/Tehran, by the time zone database, which knows the years with daylight saving time too.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from clearance.certificate import PaymentReceipt
from clearance.directory import ContractRowKey
from clearance.identifiers import ClearanceNumber
from clearance.jalali import day_begins, tehran_day
from clearance.money import Rials
from clearance.working_days import WorkingCalendar

WARN_AFTER = 0.8
"""The part of the time after which the approaching end is told."""


class DeadlineRule(StrEnum):
    """What "one day after collection" means."""

    NEXT_CALENDAR_DAY = "next_calendar_day"
    """Until the end of the next day in Tehran, whatever day that is."""
    TWENTY_FOUR_HOURS = "twenty_four_hours"
    """Exactly 24 hours."""
    NEXT_WORKING_DAY = "next_working_day"
    """Until the end of the next day in Tehran on which offices work."""


class DeadlineEventKind(StrEnum):
    """What the clock brought."""

    WARNING = "warning"
    """80 % of the time has passed."""
    BREACHED = "breached"
    """The deadline has passed, and there was no clearance."""


@dataclass(frozen=True, kw_only=True)
class Collection:
    """Premium of one contract row that was collected, or assessed with nothing to collect.

    One collection serves one clearance, and its replacement if it has one; an interim clearance
    and a later final one have one each.
    """

    id: str
    """Chosen by whoever reports it; letters, digits, ``.``, ``_`` and ``-``."""
    key: ContractRowKey
    sum_of_debits: Rials
    """What was due altogether."""
    receipts: tuple[PaymentReceipt, ...]
    """The payments; each belongs to one collection. Empty if nothing was to be collected."""
    assessed_at: dt.datetime | None
    """When the assessment was approved, if there are no receipts; ``None`` otherwise. UTC."""
    number: ClearanceNumber | None = None
    """The clearance that was issued for it; ``None`` as long as there is none."""

    @property
    def amount(self) -> Rials:
        """What was collected."""
        return Rials(sum(receipt.amount for receipt in self.receipts))

    @property
    def collected_at(self) -> dt.datetime:
        """The moment that starts the clock.

        That is when the payments first reached what was due (the last payment, if they never
        did), or the approval of the assessment if there was nothing to collect.
        """
        if self.assessed_at is not None:
            return self.assessed_at
        paid = 0
        payments = sorted(self.receipts, key=lambda receipt: receipt.collected_at)
        for receipt in payments:
            paid += receipt.amount
            if paid >= self.sum_of_debits:
                return receipt.collected_at
        return payments[-1].collected_at


def due_at(collected_at: dt.datetime, rule: DeadlineRule, calendar: WorkingCalendar) -> dt.datetime:
    """Return the last moment (UTC, whole seconds) at which an issue is in time.

    ``collected_at`` is aware and in whole seconds. The calendar matters to
    ``DeadlineRule.NEXT_WORKING_DAY`` only. Raises ``ValueError`` for a moment without time zone.
    """
    day = tehran_day(collected_at)
    match rule:
        case DeadlineRule.TWENTY_FOUR_HOURS:
            # In UTC: 24 hours pass also where Tehran changed its clocks in between.
            return collected_at.astimezone(dt.UTC) + dt.timedelta(hours=24)
        case DeadlineRule.NEXT_CALENDAR_DAY:
            return _end_of(day + dt.timedelta(days=1))
        case DeadlineRule.NEXT_WORKING_DAY:
            return _end_of(calendar.next_working_day(day))


def warn_at(collected_at: dt.datetime, due: dt.datetime) -> dt.datetime:
    """Return when 80 % of the time has passed, in whole seconds."""
    seconds = int((due - collected_at).total_seconds() * WARN_AFTER)
    return collected_at + dt.timedelta(seconds=seconds)


def in_time(issued_at: dt.datetime, due: dt.datetime) -> bool:
    """Return whether an issue at a moment keeps the deadline; the due second still does."""
    return issued_at.replace(microsecond=0) <= due


def _end_of(day: dt.date) -> dt.datetime:
    """Return the last second of a day in Tehran.

    Taken as the second before the next day begins: until 1401 the last hour of 30 Shahrivar came
    twice.
    """
    return day_begins(day + dt.timedelta(days=1)) - dt.timedelta(seconds=1)
