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
    """``warning`` or ``breached``."""
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
)
Index(
    "collection_row",
    collection.c.branch_code,
    collection.c.contract_row,
    collection.c.contract_sequence,
)
Index("collection_open", collection.c.warn_at, postgresql_where=collection.c.number.is_(None))
collection_receipt = Table("collection_receipt", metadata, _CollectionReceipt)
Index("collection_receipt_collection", collection_receipt.c.collection_id)
deadline_event = Table("deadline_event", metadata, _DeadlineEvent)
Index("deadline_event_at", deadline_event.c.kind, deadline_event.c.at)
