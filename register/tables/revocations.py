"""Requests to revoke, their decisions, replacements, published status lists."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from register.records import RevocationReason, RevocationState
from register.tables.checks import at_least, filled, holds, one_of, values
from register.tables.metadata import metadata


class _RevocationRequest(TypedColumns):
    id: Named[int] = Column(BigInteger, Identity(always=True), primary_key=True)
    number: Named[str] = Column(Text)
    """Of a sealed document, of whatever kind."""
    ordinal: Named[int]
    """Which request for this document it is, from 1 on: the next one needs the one before it to
    be rejected."""
    reason: Named[str] = Column(Text)
    remark: Named[str | None] = Column(Text)
    """Personal: for officers within reach only, never for the public or the audit trail."""
    requested_by: Named[str] = Column(Text)
    requested_at: Named[datetime] = Column(DateTime(timezone=True))


class _RevocationDecision(TypedColumns):
    request_id: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    requested_by: Named[str] = Column(Text)
    """As in the request, so that a constraint can hold it against ``decided_by``."""
    outcome: Named[str] = Column(Text)
    decided_by: Named[str] = Column(Text)
    decided_at: Named[datetime] = Column(DateTime(timezone=True))


class _Replacement(TypedColumns):
    number: Named[str] = Column(Text, ForeignKey("revocation.number"), primary_key=True)
    """The revoked clearance."""
    replacement: Named[str] = Column(Text, ForeignKey("clearance.number"), unique=True)
    """The one that stands in its place."""
    recorded_at: Named[datetime] = Column(DateTime(timezone=True))


class _StatusListPublication(TypedColumns):
    id: Named[int] = Column(BigInteger, Identity(always=True), primary_key=True)
    list_number: Named[int]
    revoked: Named[int]
    """How many places of the list are set. Revocations are never taken back, so of two lists the
    one with more is the younger."""
    issued_at: Named[datetime] = Column(DateTime(timezone=True))
    expires_at: Named[datetime] = Column(DateTime(timezone=True))
    ttl: Named[int]
    """Seconds."""
    kid: Named[bytes] = Column(LargeBinary)
    token: Named[bytes] = Column(LargeBinary)
    """The signed list, as it is served."""


revocation_request = Table(
    "revocation_request",
    metadata,
    _RevocationRequest,
    UniqueConstraint("number", "ordinal"),
    UniqueConstraint("id", "requested_by"),
    *at_least(1, "ordinal"),
    one_of("reason", RevocationReason),
    holds("length(remark) BETWEEN 1 AND 1000"),
    *filled("requested_by"),
)
revocation_decision = Table(
    "revocation_decision",
    metadata,
    _RevocationDecision,
    ForeignKeyConstraint(
        ["request_id", "requested_by"], ["revocation_request.id", "revocation_request.requested_by"]
    ),
    holds(f"outcome IN ({values(RevocationState.CONFIRMED, RevocationState.REJECTED)})"),
    *filled("decided_by"),
    holds("decided_by <> requested_by", name="decided_by_another_officer"),
)
replacement = Table(
    "replacement",
    metadata,
    _Replacement,
    holds("replacement <> number", name="replaced_by_another"),
)
status_list_publication = Table(
    "status_list_publication",
    metadata,
    _StatusListPublication,
    *at_least(0, "list_number", "revoked"),
    holds("expires_at > issued_at"),
    holds("ttl > 0"),
    holds("length(kid) = 8"),
    holds("length(token) > 0"),
)
Index(
    "status_list_publication_newest",
    status_list_publication.c.list_number,
    status_list_publication.c.revoked,
    status_list_publication.c.issued_at,
)
