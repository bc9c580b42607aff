"""Batches of requests and their lines."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from register.batches.records import LineState
from register.tables.checks import at_least, digest, filled, holds, one_of, values
from register.tables.metadata import metadata


class _Batch(TypedColumns):
    id: Named[UUID] = Column(primary_key=True)
    client_id: Named[str] = Column(Text)
    idempotency_key: Named[str] = Column(Text)
    body_sha256: Named[bytes] = Column(LargeBinary)
    """Of the body byte for byte: what the key belongs to."""
    lines: Named[int]
    opened_at: Named[datetime] = Column(DateTime(timezone=True))
    paused_at: Named[datetime | None] = Column(DateTime(timezone=True))
    cancelled_at: Named[datetime | None] = Column(DateTime(timezone=True))
    held_until: Named[datetime | None] = Column(DateTime(timezone=True))
    """No line is begun before this, because a part was away; null once a line was issued."""
    held_for: Named[str | None] = Column(Text)
    """Error code of the part that was away."""
    outages: Named[int]
    """Attempts in a row that met an outage: the more, the longer the next hold."""


class _BatchLine(TypedColumns):
    batch_id: Named[UUID] = Column(ForeignKey("batch.id"), primary_key=True)
    line: Named[int] = Column(primary_key=True, autoincrement=False)
    """Place in the body, from 1 on, empty lines counted."""
    request: Named[str | None] = Column(Text)
    """Canonical JSON as it was sent; null if it was refused when it came."""
    state: Named[str] = Column(Text)
    attempts: Named[int]
    """How often a worker has taken it; 0 means that it has not begun."""
    due_at: Named[datetime] = Column(DateTime(timezone=True))
    """From when on a worker may take it while it waits."""
    leased_until: Named[datetime | None] = Column(DateTime(timezone=True))
    """Until when the worker that works on it holds it."""
    number: Named[str | None] = Column(Text, ForeignKey("intent.number"), unique=True)
    error: Named[str | None] = Column(Text)
    """Error code of the last attempt, or of the refusal."""
    problems: Named[list[dict[str, Any]]] = Column(JSONB)
    """What a refusal consists of: each with its code, its field or rule, and parameters."""
    ended_at: Named[datetime | None] = Column(DateTime(timezone=True))


batch = Table(
    "batch",
    metadata,
    _Batch,
    UniqueConstraint("client_id", "idempotency_key"),
    *filled("client_id"),
    holds("length(idempotency_key) BETWEEN 1 AND 255"),
    *digest("body_sha256"),
    holds("lines > 0"),
    *at_least(0, "outages"),
    holds("paused_at IS NULL OR cancelled_at IS NULL"),
    holds("(held_until IS NULL) = (held_for IS NULL) AND (held_until IS NULL) = (outages = 0)"),
)
batch_line = Table(
    "batch_line",
    metadata,
    _BatchLine,
    holds("line > 0"),
    holds("jsonb_typeof(request::jsonb) = 'object'"),
    one_of("state", LineState),
    *at_least(0, "attempts"),
    *filled("error"),
    holds("jsonb_typeof(problems) = 'array'"),
    holds(f"request IS NOT NULL OR state = {values(LineState.REFUSED)}"),
    holds(f"(state = {values(LineState.WORKING)}) = (leased_until IS NOT NULL)"),
    holds(f"(state IN ({values(LineState.WAITING, LineState.WORKING)})) = (ended_at IS NULL)"),
    holds(f"state <> {values(LineState.ISSUED)} OR number IS NOT NULL"),
    holds(f"state NOT IN ({values(LineState.REFUSED, LineState.FAILED)}) OR error IS NOT NULL"),
    holds(f"state <> {values(LineState.CANCELLED)} OR attempts = 0"),
)
Index(
    "batch_line_waiting",
    batch_line.c.batch_id,
    batch_line.c.attempts,
    batch_line.c.line,
    postgresql_where=batch_line.c.state == "waiting",
)
Index(
    "batch_line_leased_until",
    batch_line.c.leased_until,
    postgresql_where=batch_line.c.leased_until.is_not(None),
)
