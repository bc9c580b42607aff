"""The register of sealed documents: of which kind, record and template each file is.

One row for each file, archival revisions among them; ``enter`` makes the first one of a document in
the transaction that enters its record, or its seal.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select

from clearance.clock import Clock
from clearance.identifiers import ClearanceNumber
from register import database, events
from register.events import EventName
from register.records import (
    RegisteredDocument,
    RevocationReason,
    SealedDocument,
    Standing,
    StandingState,
)
from register.tables.archive import archive
from register.tables.core import revocation
from register.tables.revocations import replacement
from register.tables.sealed import sealed_document

_ACTOR = "sealing"


def enter(connection: Connection, document: SealedDocument, *, at: datetime) -> None:
    """Enter a document that was just sealed, and note that its archival revision is owed.

    The file must lie in the document store already. ``at`` is the moment of the transaction.
    """
    connection.execute(insert(sealed_document).values(revision=0, **vars(document)))
    connection.execute(
        insert(archive).values(
            number=document.number, revision=0, algorithms=[], attempts=0, next_at=at
        )
    )


class SealedDocuments:
    """Sealed documents of all kinds over one database.

    Each method is one short transaction, may be called from several threads, processes and
    machines at once, and raises ``Unavailable("register.unavailable")`` if the database does not
    answer. Finding needs no right to write.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def enter(self, document: SealedDocument) -> SealedDocument:
        """Enter a document of a kind whose record has nothing else to enter with it."""
        now = self._clock().astimezone(UTC)
        with database.transaction(self._engine) as connection:
            enter(connection, document, at=now)
            events.record(
                connection,
                EventName.DOCUMENT_SEALED,
                at=now,
                actor=_ACTOR,
                subject=document.number,
                details={"kind": document.kind, "sha256": document.sha256},
            )
        return document

    def find(self, sha256: str) -> RegisteredDocument | None:
        """Return the document of a registered file, by its SHA-256 in lowercase hexadecimal."""
        return self.find_all([sha256]).get(sha256)

    def find_all(self, digests: Iterable[str]) -> dict[str, RegisteredDocument]:
        """Return, for those digests that are registered, the document they belong to."""
        with database.transaction(self._engine) as connection:
            rows = connection.execute(_REGISTERED.where(_FILE.c.sha256.in_(list(digests))))
            return {row.file_sha256: _registered(row) for row in rows}


_FILE = sealed_document.alias("file")
DOCUMENT_COLUMNS = tuple(each for each in sealed_document.c if each.name != "revision")
"""What ``document_of`` reads."""
_REGISTERED = (
    select(
        _FILE.c.sha256.label("file_sha256"),
        _FILE.c.revision,
        _FILE.c.sealed_at.label("file_sealed_at"),
        *DOCUMENT_COLUMNS,
        revocation.c.at,
        revocation.c.reason,
        replacement.c.replacement,
    )
    .select_from(_FILE)
    .join(
        sealed_document,
        (sealed_document.c.number == _FILE.c.number) & (sealed_document.c.revision == 0),
    )
    .outerjoin(revocation, revocation.c.number == _FILE.c.number)
    .outerjoin(replacement, replacement.c.number == _FILE.c.number)
)


def document_of(row: Row[*tuple[Any, ...]]) -> SealedDocument:
    """Return the document of a row that holds ``DOCUMENT_COLUMNS`` of the file as sealed."""
    return SealedDocument(**{each.name: getattr(row, each.name) for each in DOCUMENT_COLUMNS})


def standing_of(row: Row[*tuple[Any, ...]]) -> Standing:
    """Return the standing that ``at``, ``reason`` and ``replacement`` of a row tell."""
    if row.at is None:
        return Standing(state=StandingState.IN_FORCE)
    return Standing(
        state=StandingState.REVOKED if row.replacement is None else StandingState.REPLACED,
        at=row.at,
        reason=RevocationReason(row.reason),
        replacement=None if row.replacement is None else ClearanceNumber(row.replacement),
    )


def _registered(row: Row[*tuple[Any, ...]]) -> RegisteredDocument:
    return RegisteredDocument(
        document=document_of(row),
        revision=row.revision,
        sealed_at=row.file_sealed_at,
        standing=standing_of(row),
    )
