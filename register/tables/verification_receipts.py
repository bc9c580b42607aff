"""Receipts of verifications."""

from datetime import datetime

from sqlalchemy import (
    Column,
    DateTime,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from register.tables.checks import holds, numbered_yearly
from register.tables.metadata import metadata


class _Receipt(TypedColumns):
    number: Named[str] = Column(Text, primary_key=True)
    jalali_year: Named[int]
    serial: Named[int]
    content: Named[str] = Column(Text)
    """Canonical JSON (RFC 8785) of what the receipt says, exactly as hashed and attached."""
    content_hash: Named[bytes] = Column(LargeBinary, unique=True)
    made_at: Named[datetime] = Column(DateTime(timezone=True))


receipt = Table(
    "receipt",
    metadata,
    _Receipt,
    UniqueConstraint("jalali_year", "serial"),
    *numbered_yearly(),
    holds("content::jsonb ->> 'number' = number", name="receipts_bear_their_number"),
    holds(
        "content_hash = sha256(convert_to(content, 'UTF8'))", name="content_hash_is_the_receipts"
    ),
    holds(
        "number = 'R-' || jalali_year || '-' || lpad(serial::text, 6, '0')",
        name="receipt_number_spells_its_parts",
    ),
)
