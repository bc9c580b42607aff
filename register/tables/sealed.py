"""Sealed documents of every kind, with their archival revisions."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from register.tables.checks import at_least, filled, holds
from register.tables.metadata import metadata


class _SealedDocument(TypedColumns):
    sha256: Named[str] = Column(Text, primary_key=True)
    kind: Named[str] = Column(Text)
    """Name of its ``register.kinds.DocumentKind``."""
    number: Named[str] = Column(Text)
    """Of the record that it shows; spelt differently in each kind, and unique in all of them."""
    revision: Named[int]
    """0: the file as sealed. From 1 on: its archival revisions."""
    layout: Named[str] = Column(Text)
    template_version: Named[int]
    """Which version of the kind's template printed it."""
    size: Named[int] = Column(BigInteger)
    sealed_at: Named[datetime] = Column(DateTime(timezone=True))


sealed_document = Table(
    "sealed_document",
    metadata,
    _SealedDocument,
    UniqueConstraint("number", "revision"),
    holds("sha256 ~ '^[0-9a-f]{64}$'"),
    holds("kind ~ '^[a-z][a-z_]*$'"),
    *filled("number", "layout"),
    *at_least(0, "revision"),
    *at_least(1, "template_version", "size"),
)
