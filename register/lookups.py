"""Reading issued clearances. Functions over one connection; the caller owns the transaction."""

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from clearance.canonical import certificate_from_object
from clearance.errors import InternalFault, InvalidRequest, InvalidValue
from clearance.identifiers import ClearanceNumber, VerificationCode
from register.records import IssuedClearance, PendingClearance
from register.sealed_documents import DOCUMENT_COLUMNS, document_of, standing_of
from register.tables.core import clearance, intent, revocation
from register.tables.revocations import replacement
from register.tables.sealed import sealed_document

_ISSUED = (
    select(
        clearance.c.certificate,
        clearance.c.content_hash,
        clearance.c.token_text,
        clearance.c.issued_at,
        *DOCUMENT_COLUMNS,
        intent.c.status_list_index,
        revocation.c.at,
        revocation.c.reason,
        replacement.c.replacement,
    )
    .join(intent, intent.c.number == clearance.c.number)
    .join(
        sealed_document,
        (sealed_document.c.number == clearance.c.number) & (sealed_document.c.revision == 0),
    )
    .outerjoin(revocation, revocation.c.number == clearance.c.number)
    .outerjoin(replacement, replacement.c.number == clearance.c.number)
)


def issued_where(
    connection: Connection, condition: ColumnElement[bool]
) -> dict[str, IssuedClearance]:
    """Return the issued clearances that satisfy a condition, by number."""
    rows = connection.execute(_ISSUED.where(condition))
    return {row.number: _issued(row) for row in rows}


def issued_by_number(connection: Connection, number: str) -> IssuedClearance | None:
    """Return the issued clearance of a number."""
    return issued_where(connection, clearance.c.number == number).get(number)


def issued_by_digest(connection: Connection, sha256: str) -> IssuedClearance | None:
    """Return the issued clearance that a registered file belongs to, by the file's digest."""
    number = select(sealed_document.c.number).where(sealed_document.c.sha256 == sha256)
    found = issued_where(connection, clearance.c.number == number.scalar_subquery())
    return next(iter(found.values()), None)


def pending_by_number(connection: Connection, number: str) -> PendingClearance | None:
    """Return a number that is given and not issued."""
    row = connection.execute(
        select(intent)
        .outerjoin(clearance, clearance.c.number == intent.c.number)
        .where(intent.c.number == number, clearance.c.number.is_(None))
    ).one_or_none()
    if row is None:
        return None
    return PendingClearance(
        number=ClearanceNumber(row.number),
        verification_code=VerificationCode(row.verification_code),
        client_id=row.client_id,
        prepared_at=row.prepared_at,
        attempts=row.attempts,
        leased_until=row.leased_until,
        last_error=row.last_error,
        resume_at=row.resume_at,
    )


def _issued(row: Row[*tuple[Any, ...]]) -> IssuedClearance:
    try:
        certificate = certificate_from_object(json.loads(row.certificate))
    except (InvalidRequest, InvalidValue) as error:
        # It was good when it was issued: a newer program must still be able to read it.
        raise InternalFault("register.unreadable", parameters={"number": row.number}) from error
    return IssuedClearance(
        number=certificate.number,
        certificate=certificate,
        content_hash=row.content_hash,
        token_text=row.token_text,
        document=document_of(row),
        issued_at=row.issued_at,
        status_list_index=row.status_list_index,
        standing=standing_of(row),
    )
