"""Contradictions inside a request that is good field by field.

Each function is a ``clearance.shapes.Check``: it judges one part of the request and returns
problems whose ``field`` is relative to that part.
"""

from collections.abc import Iterator
from datetime import datetime

from clearance.certificate import (
    Approval,
    Contract,
    PaymentReceipt,
    PerformedWork,
    Premium,
    UndertakingBasis,
)
from clearance.errors import InvalidValue


def period(part: Contract | PerformedWork, _now: datetime | None) -> Iterator[InvalidValue]:
    """Judge the period of contract or performed work: it does not end before it starts."""
    if part.end < part.start:
        yield InvalidValue("period.end_before_start", field="/end")


def fiscal_period(basis: UndertakingBasis, _now: datetime | None) -> Iterator[InvalidValue]:
    """Judge the fiscal period of an undertaking: it does not end before it starts."""
    if basis.fiscal_period_end < basis.fiscal_period_start:
        yield InvalidValue("period.end_before_start", field="/fiscal_period/end")


def money(premium: Premium, _now: datetime | None) -> Iterator[InvalidValue]:
    """Judge the sums: Article 38 clears after everything that is due was collected."""
    due = premium.premium_due + premium.unemployment_premium
    if premium.sum_of_debits < due:
        yield InvalidValue(
            "premium.debits_below_due", field="/sum_of_debits", parameters={"due": f"{due:,}"}
        )
    if premium.amount_collected < premium.sum_of_debits:
        yield InvalidValue(
            "premium.not_fully_collected",
            field="/amount_collected",
            parameters={"debits": f"{int(premium.sum_of_debits):,}"},
        )
    receipts = sum(receipt.amount for receipt in premium.receipts)
    if receipts != premium.amount_collected:
        yield InvalidValue(
            "premium.receipts_do_not_add_up",
            field="/receipts",
            parameters={
                "receipts": f"{receipts:,}",
                "collected": f"{int(premium.amount_collected):,}",
            },
        )


def collected_by_now(receipt: PaymentReceipt, now: datetime | None) -> Iterator[InvalidValue]:
    """Judge the time of a receipt: it is not in the future."""
    if now is not None and receipt.collected_at > now:
        yield InvalidValue("time.in_future", field="/collected_at")


def approved_by_now(approval: Approval, now: datetime | None) -> Iterator[InvalidValue]:
    """Judge the time of an approval: it is not in the future."""
    if now is not None and approval.approved_at > now:
        yield InvalidValue("time.in_future", field="/approved_at")
