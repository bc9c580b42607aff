"""Reading collections. Functions over one connection; the caller owns the transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, exists, select

from clearance.certificate import PaymentReceipt
from clearance.deadline import Collection, DeadlineEventKind, DeadlineRule, in_time
from clearance.directory import ContractRowKey
from clearance.identifiers import BranchCode, ClearanceNumber, ContractRow, ContractSequence
from clearance.money import Rials
from register.tables.collections import collection, collection_receipt, deadline_event


@dataclass(frozen=True, kw_only=True)
class CollectionRecord:
    """A collection as it stands on record; moments in UTC."""

    collection: Collection
    rule: DeadlineRule
    """The rule that was set when it was recorded."""
    due_at: datetime
    """The last second at which the issue is in time."""
    recorded_at: datetime
    settled_at: datetime | None
    """When its clearance was issued; ``None`` as long as there is none."""
    breached: bool
    """Whether the deadline passed without the clearance; that stays so for good."""

    @property
    def in_time(self) -> bool | None:
        """Whether the deadline was kept; ``None`` while that is open."""
        if self.breached:
            return False
        return None if self.settled_at is None else in_time(self.settled_at, self.due_at)


def ordered(receipts: tuple[PaymentReceipt, ...]) -> tuple[PaymentReceipt, ...]:
    """Return receipts in the one order in which they are read back."""
    return tuple(sorted(receipts, key=lambda receipt: (receipt.collected_at, receipt.id)))


def same_row(table: Table, key: ContractRowKey) -> ColumnElement[bool]:
    """Return the condition that a row of ``table`` belongs to a contract row."""
    return (
        (table.c.branch_code == key.branch_code)
        & (table.c.contract_row == key.row)
        & (table.c.contract_sequence == key.sequence)
    )


def record_where(connection: Connection, condition: ColumnElement[bool]) -> CollectionRecord | None:
    """Return the one collection that satisfies a condition."""
    breached = exists().where(
        deadline_event.c.collection_id == collection.c.id,
        deadline_event.c.kind == DeadlineEventKind.BREACHED,
    )
    row = connection.execute(
        select(collection, breached.label("breached")).where(condition)
    ).one_or_none()
    if row is None:
        return None
    receipts = connection.execute(
        select(collection_receipt).where(collection_receipt.c.collection_id == row.id)
    ).all()
    return CollectionRecord(
        collection=_collection(row, tuple(map(_receipt, receipts))),
        rule=DeadlineRule(row.deadline_rule),
        due_at=row.due_at,
        recorded_at=row.recorded_at,
        settled_at=row.settled_at,
        breached=row.breached,
    )


def _collection(row: Row[*tuple[Any, ...]], receipts: tuple[PaymentReceipt, ...]) -> Collection:
    return Collection(
        id=row.id,
        key=ContractRowKey(
            branch_code=BranchCode(row.branch_code),
            row=ContractRow(row.contract_row),
            sequence=ContractSequence(row.contract_sequence),
        ),
        sum_of_debits=Rials(row.sum_of_debits),
        receipts=ordered(receipts),
        assessed_at=row.assessed_at,
        number=None if row.number is None else ClearanceNumber(row.number),
    )


def _receipt(row: Row[*tuple[Any, ...]]) -> PaymentReceipt:
    return PaymentReceipt(id=row.id, amount=Rials(row.amount), collected_at=row.collected_at)
