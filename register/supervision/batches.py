"""The batches of all clients, for who sees the whole country: they belong to no branch.

A function over one connection; the caller owns the transaction.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from register.batches.reading import batch_of
from register.batches.records import Batch
from register.supervision.attention import counted
from register.supervision.records import Page
from register.tables.batches import batch


def batches(connection: Connection, now: datetime, *, limit: int, offset: int) -> Page[Batch]:
    """Return the batches with their lines counted, the newest first."""
    wanted = select(batch.c.id)
    shown = wanted.order_by(batch.c.opened_at.desc(), batch.c.id).limit(limit).offset(offset)
    ids = connection.execute(shown).scalars().all()
    return Page(
        rows=tuple(batch_of(connection, each, now) for each in ids),
        total=counted(connection, wanted),
    )
