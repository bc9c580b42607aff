"""Receipts of verifications and their sealed PDFs."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from register.tables.metadata import metadata


class _Receipt(TypedColumns):
    number: Named[str] = Column(Text, primary_key=True)
    jalali_year: Named[int]
    serial: Named[int]
    content: Named[str] = Column(Text)
    """Canonical JSON (RFC 8785) of what the receipt says, exactly as hashed and attached."""
    content_hash: Named[bytes] = Column(LargeBinary, unique=True)
    made_at: Named[datetime] = Column(DateTime(timezone=True))


class _ReceiptDocument(TypedColumns):
    sha256: Named[str] = Column(Text, primary_key=True)
    number: Named[str] = Column(Text, ForeignKey("receipt.number"), unique=True)
    size: Named[int] = Column(BigInteger)
    layout: Named[str] = Column(Text)
    sealed_at: Named[datetime] = Column(DateTime(timezone=True))


receipt = Table("receipt", metadata, _Receipt, UniqueConstraint("jalali_year", "serial"))
receipt_document = Table("receipt_document", metadata, _ReceiptDocument)
