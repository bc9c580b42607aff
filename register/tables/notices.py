"""Notices to the assigner's account and their deliveries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Named,
    Sequence,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from clearance.notices import NoticeEvent
from register.tables.checks import at_least, filled, holds, one_of, values
from register.tables.metadata import metadata


class _Notice(TypedColumns):
    id: Named[UUID] = Column(primary_key=True)
    number: Named[str] = Column(Text, ForeignKey("clearance.number"))
    event: Named[str] = Column(Text)
    branch_code: Named[str] = Column(Text)
    contract_row: Named[str] = Column(Text)
    contract_sequence: Named[str] = Column(Text)
    occurred_at: Named[datetime] = Column(DateTime(timezone=True))
    reason: Named[str | None] = Column(Text)
    replacement: Named[str | None] = Column(Text, ForeignKey("clearance.number"))
    opened_at: Named[datetime] = Column(DateTime(timezone=True))
    workshop_number: Named[str | None] = Column(Text)
    """With ``account_id`` and ``position``: written together, once."""
    account_id: Named[str | None] = Column(Text)
    position: Named[int | None] = Column(BigInteger, unique=True)
    delivered_at: Named[datetime | None] = Column(DateTime(timezone=True))
    """Written once, as is ``first_viewed_at``."""
    delivered_by: Named[str | None] = Column(Text)
    """The name of the channel that confirmed, or ``inbox`` or ``view``."""
    first_viewed_at: Named[datetime | None] = Column(DateTime(timezone=True))
    attempts: Named[int]
    """Deliveries begun; one that is not in ``notice_attempt`` was cut off with its process."""
    failures: Named[int]
    """Attempts that failed since ``tried_since``: the pause grows with them."""
    last_error: Named[str | None] = Column(Text)
    tried_since: Named[datetime] = Column(DateTime(timezone=True))
    """When the span began within which it is tried: at the opening, or when it was sent again."""
    due_at: Named[datetime | None] = Column(DateTime(timezone=True))
    """From when on a worker may try; null once delivered or given up."""
    gave_up_at: Named[datetime | None] = Column(DateTime(timezone=True))


class _NoticeAttempt(TypedColumns):
    notice_id: Named[UUID] = Column(ForeignKey("notice.id"), primary_key=True)
    attempt: Named[int] = Column(primary_key=True, autoincrement=False)
    channel: Named[str | None] = Column(Text)
    """By which it was tried; null where no account was found."""
    began_at: Named[datetime] = Column(DateTime(timezone=True))
    ended_at: Named[datetime] = Column(DateTime(timezone=True))
    status: Named[int | None] = Column(Integer)
    """The receiver's status (HTTP or its like), if one came back."""
    error: Named[str | None] = Column(Text)
    """Null if the receiver confirmed."""


class _NoticeView(TypedColumns):
    notice_id: Named[UUID] = Column(ForeignKey("notice.id"), primary_key=True)
    viewer: Named[str] = Column(Text, primary_key=True)
    """Opaque id of the user of the e-services system."""
    viewed_at: Named[datetime] = Column(DateTime(timezone=True))
    client_id: Named[str] = Column(Text)
    """API client that reported it."""


notice_position = Sequence("notice_position", metadata=metadata)
notice = Table(
    "notice",
    metadata,
    _Notice,
    UniqueConstraint("number", "event"),
    one_of("event", NoticeEvent),
    *filled("account_id", "delivered_by"),
    *at_least(0, "attempts", "failures"),
    holds(f"(event = {values(NoticeEvent.REVOKED)}) = (reason IS NOT NULL)"),
    holds(f"(event = {values(NoticeEvent.REPLACED)}) = (replacement IS NOT NULL)"),
    holds("num_nulls(workshop_number, account_id, position) IN (0, 3)", name="addressed_at_one_go"),
    holds("(delivered_at IS NULL) = (delivered_by IS NULL)"),
    holds("delivered_at IS NULL OR account_id IS NOT NULL", name="delivered_to_an_account"),
    holds("first_viewed_at IS NULL OR delivered_at IS NOT NULL", name="viewed_means_delivered"),
    holds("num_nonnulls(delivered_at, due_at, gave_up_at) = 1", name="delivered_due_or_given_up"),
)
Index("notice_inbox", notice.c.workshop_number, notice.c.position)
Index("notice_due", notice.c.due_at, postgresql_where=notice.c.due_at.is_not(None))
Index(
    "notice_undelivered",
    notice.c.opened_at,
    notice.c.id,
    postgresql_where=notice.c.delivered_at.is_(None),
)
notice_attempt = Table(
    "notice_attempt",
    metadata,
    _NoticeAttempt,
    *at_least(1, "attempt"),
    *filled("channel", "error"),
)
notice_view = Table(
    "notice_view",
    metadata,
    _NoticeView,
    holds("length(viewer) BETWEEN 1 AND 100"),
    *filled("client_id"),
)
