"""What supervision searches: the facts of each issued clearance and its words."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Named,
    Table,
    Text,
    TypedColumns,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from clearance.certificate import ClearanceKind
from register.tables.checks import at_least, holds, one_of
from register.tables.metadata import metadata


class _ClearanceSearch(TypedColumns):
    number: Named[str] = Column(Text, ForeignKey("clearance.number"), primary_key=True)
    branch_code: Named[str] = Column(Text)
    contract_row: Named[str] = Column(Text)
    contract_sequence: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    issued_at: Named[datetime] = Column(DateTime(timezone=True))
    work_assigner: Named[str] = Column(Text)
    """The party's name as printed; so the next one."""
    contractor: Named[str] = Column(Text)
    amount_collected: Named[int] = Column(BigInteger)
    words: Named[str] = Column(TSVECTOR)
    """What it is found by, as ``register.supervision.entering`` folds it."""


clearance_search = Table(
    "clearance_search",
    metadata,
    _ClearanceSearch,
    holds("branch_code ~ '^[0-9]{4}$'"),
    one_of("kind", ClearanceKind),
    *at_least(0, "amount_collected"),
)
Index("clearance_search_words", clearance_search.c.words, postgresql_using="gin")
Index("clearance_search_issued_at", clearance_search.c.issued_at)
Index("clearance_search_branch", clearance_search.c.branch_code, clearance_search.c.issued_at)
