"""What the archive holds of each sealed document, and what it owes."""

from datetime import datetime

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Named,
    Table,
    Text,
    TypedColumns,
)
from sqlalchemy.dialects.postgresql import ARRAY

from register.tables.checks import at_least, filled, holds
from register.tables.metadata import metadata


class _Archive(TypedColumns):
    number: Named[str] = Column(Text, primary_key=True)
    revision: Named[int]
    """The newest archival revision; 0 while there is none. The next three are its timestamp's."""
    ends_at: Named[datetime | None] = Column(DateTime(timezone=True))
    algorithms: Named[list[str]] = Column(ARRAY(Text))
    anchor: Named[str | None] = Column(Text)
    attempts: Named[int]
    """How often the next revision failed so far."""
    next_at: Named[datetime] = Column(DateTime(timezone=True))
    """When the document was entered, the newest revision made; or, after a failure, from when on it
    is tried again."""
    last_error: Named[str | None] = Column(Text)


archive = Table(
    "archive",
    metadata,
    _Archive,
    *at_least(0, "revision", "attempts"),
    holds("anchor ~ '^[0-9a-f]{64}$'"),
    *filled("last_error"),
    holds(
        "(revision > 0) = (ends_at IS NOT NULL) AND (revision > 0) = (anchor IS NOT NULL)",
        name="revisions_have_a_strength",
    ),
    ForeignKeyConstraint(
        ["number", "revision"], ["sealed_document.number", "sealed_document.revision"]
    ),
)
Index("archive_without", archive.c.next_at, postgresql_where=archive.c.revision == 0)
Index("archive_ends_at", archive.c.ends_at)
Index("archive_algorithms", archive.c.algorithms, postgresql_using="gin")
Index("archive_anchor", archive.c.anchor)
