"""What can be wrong with register and store while both answer: cheap questions, without effect."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, Engine, func, select, text

from clearance.clock import Clock
from clearance.errors import InternalFault, NotFound, Unavailable
from register import database
from register.records import RandomBytes
from register.tables.sealed import sealed_document

SAMPLE_SIZE: Final = 3
"""Documents that one look at the store reads."""


def require_writable(engine: Engine) -> None:
    """Ask whether the database takes entries.

    Raises ``Unavailable``: ``register.read_only`` (a standby, or set to read only), and as
    ``database.transaction`` does.
    """
    with database.transaction(engine) as connection:
        if connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on":
            raise Unavailable("register.read_only")


def clock_ahead(engine: Engine, clock: Clock) -> timedelta:
    """Return how far the database's clock is ahead of ours; negative if it is behind.

    Half of the time that the answer took is allowed for. Raises as ``database.transaction`` does.
    """
    with database.transaction(engine) as connection:
        asked = clock()
        theirs = connection.execute(select(func.clock_timestamp())).scalar_one()
        answered = clock()
    ahead: timedelta = theirs - (asked + (answered - asked) / 2)
    return ahead


def check_sample(
    engine: Engine,
    read: Callable[[str], bytes],
    *,
    random_bytes: RandomBytes,
    size: int = SAMPLE_SIZE,
) -> None:
    """Compare up to ``size`` registered files, drawn at random, with what the store holds.

    ``read`` returns the file of a SHA-256 as ``DocumentStore.get`` does. Raises ``InternalFault``:
    ``documents.registered_missing`` and ``documents.registered_damaged``, with the digest, and
    ``Unavailable`` if register or store does not answer.
    """
    with database.transaction(engine) as connection:
        drawn = {_drawn(connection, random_bytes(32).hex()) for _ in range(size)} - {None}
    for sha256 in filter(None, drawn):
        _compare(sha256, read)


def _drawn(connection: Connection, start: str) -> str | None:
    """Return the first registered digest from ``start`` on, of all if there is none after it.

    Digests are spread evenly, so this draws fairly, and walks one index entry where a random order
    would walk the table.
    """
    first = select(sealed_document.c.sha256).order_by(sealed_document.c.sha256).limit(1)
    after = connection.execute(first.where(sealed_document.c.sha256 >= start)).scalar()
    return after or connection.execute(first).scalar()


def _compare(sha256: str, read: Callable[[str], bytes]) -> None:
    parameters = {"sha256": sha256}
    try:
        intact = hashlib.sha256(read(sha256)).hexdigest() == sha256
    except NotFound:
        raise InternalFault("documents.registered_missing", parameters=parameters) from None
    except InternalFault:
        intact = False
    if not intact:
        raise InternalFault("documents.registered_damaged", parameters=parameters)
