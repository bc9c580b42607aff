"""Collections of premium, their due times, warnings and breaches."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Named,
    Table,
    Text,
    TypedColumns,
)

from clearance.deadline import DeadlineEventKind, DeadlineRule
from register.tables.checks import at_least, filled, holds, one_of
from register.tables.metadata import metadata


class _Collection(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    branch_code: Named[str] = Column(Text)
    contract_row: Named[str] = Column(Text)
    contract_sequence: Named[str] = Column(Text)
    sum_of_debits: Named[int] = Column(BigInteger)
    amount: Named[int] = Column(BigInteger)
    """What the receipts add up to."""
    assessed_at: Named[datetime | None] = Column(DateTime(timezone=True))
    collected_at: Named[datetime] = Column(DateTime(timezone=True))
    """When the clock started."""
    deadline_rule: Named[str] = Column(Text)
    """The rule that ``due_at`` was computed under; a later setting changes neither."""
    warn_at: Named[datetime] = Column(DateTime(timezone=True))
    due_at: Named[datetime] = Column(DateTime(timezone=True))
    recorded_at: Named[datetime] = Column(DateTime(timezone=True))
    recorded_by: Named[str] = Column(Text)
    number: Named[str | None] = Column(Text, ForeignKey("clearance.number"), unique=True)
    """The clearance that was issued for it; written once."""
    settled_at: Named[datetime | None] = Column(DateTime(timezone=True))
    """When that was."""


class _CollectionReceipt(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    collection_id: Named[str] = Column(Text, ForeignKey("collection.id"))
    amount: Named[int] = Column(BigInteger)
    collected_at: Named[datetime] = Column(DateTime(timezone=True))


class _DeadlineEvent(TypedColumns):
    collection_id: Named[str] = Column(Text, ForeignKey("collection.id"), primary_key=True)
    kind: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(DateTime(timezone=True))
    """When it came to pass: the collection's ``warn_at`` or ``due_at``."""
    raised_at: Named[datetime] = Column(DateTime(timezone=True))
    """When the register noticed: later after an outage."""


collection = Table(
    "collection",
    metadata,
    _Collection,
    ForeignKeyConstraint(
        ["branch_code", "contract_row", "contract_sequence"],
        [
            "contract_row.branch_code",
            "contract_row.contract_row",
            "contract_row.contract_sequence",
        ],
    ),
    holds("id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'"),
    *at_least(0, "sum_of_debits"),
    holds("amount >= sum_of_debits"),
    one_of("deadline_rule", DeadlineRule),
    holds("warn_at > collected_at"),
    holds("due_at > warn_at"),
    *filled("recorded_by"),
    holds("assessed_at IS NULL OR (assessed_at = collected_at AND amount = 0)"),
    holds("(number IS NULL) = (settled_at IS NULL)"),
)
Index(
    "collection_row",
    collection.c.branch_code,
    collection.c.contract_row,
    collection.c.contract_sequence,
)
Index("collection_open", collection.c.warn_at, postgresql_where=collection.c.number.is_(None))
collection_receipt = Table(
    "collection_receipt",
    metadata,
    _CollectionReceipt,
    *filled("id"),
    *at_least(0, "amount"),
)
Index("collection_receipt_collection", collection_receipt.c.collection_id)
deadline_event = Table(
    "deadline_event",
    metadata,
    _DeadlineEvent,
    one_of("kind", DeadlineEventKind),
    holds("raised_at >= at"),
)
Index("deadline_event_at", deadline_event.c.kind, deadline_event.c.at)
