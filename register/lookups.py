"""Reading issued clearances. Functions over one connection; the caller owns the transaction."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from clearance.canonical import certificate_from_object
from clearance.errors import InternalFault, InvalidRequest, InvalidValue
from clearance.identifiers import ClearanceNumber, VerificationCode
from register.records import (
    IssuedClearance,
    PendingClearance,
    Standing,
    StandingState,
    WithdrawalReason,
)
from register.tables.core import clearance, document, intent, withdrawal
from register.tables.revocations import replacement

_ISSUED = (
    select(
        clearance.c.number,
        clearance.c.certificate,
        clearance.c.content_hash,
        clearance.c.token_text,
        clearance.c.issued_at,
        document.c.sha256,
        document.c.size,
        document.c.layout,
        document.c.sealed_at,
        intent.c.status_list_index,
        withdrawal.c.at,
        withdrawal.c.reason,
        replacement.c.replacement,
    )
    .join(intent, intent.c.number == clearance.c.number)
    .join(document, (document.c.number == clearance.c.number) & (document.c.role == "original"))
    .outerjoin(withdrawal, withdrawal.c.number == clearance.c.number)
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


def issued_by_digests(connection: Connection, digests: Iterable[str]) -> dict[str, IssuedClearance]:
    """Return the issued clearances that registered documents belong to, by document digest."""
    numbers = dict(
        connection.execute(
            select(document.c.sha256, document.c.number).where(document.c.sha256.in_(digests))
        ).all()
    )
    issued = issued_where(connection, clearance.c.number.in_(numbers.values()))
    return {digest: issued[number] for digest, number in numbers.items()}


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
        document_sha256=row.sha256,
        document_size=row.size,
        layout=row.layout,
        issued_at=row.issued_at,
        sealed_at=row.sealed_at,
        status_list_index=row.status_list_index,
        standing=_standing(row),
    )


def _standing(row: Row[*tuple[Any, ...]]) -> Standing:
    if row.at is None:
        return Standing(state=StandingState.IN_FORCE)
    return Standing(
        state=StandingState.REVOKED if row.replacement is None else StandingState.REPLACED,
        at=row.at,
        reason=WithdrawalReason(row.reason),
        replacement=None if row.replacement is None else ClearanceNumber(row.replacement),
    )
