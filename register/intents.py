"""Intents: which number belongs to which request, and which attempt may finish it.

Functions over one connection; the caller owns the transaction.
"""

import json
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from clearance.canonical import canonical_bytes, request_object
from clearance.certificate import ClearanceRequest
from clearance.errors import InternalFault, InvalidRequest
from clearance.identifiers import BranchCode, ClearanceNumber, VerificationCode
from clearance.request import parse_request
from clearance.status_list import LIST_SIZE
from register.records import RandomBytes
from register.tables.core import intent, number_counter, places_given

LEASE: Final = timedelta(seconds=60)
"""How long an attempt to issue holds its number at a time."""
_LIST_FILL: Final = LIST_SIZE // 2
"""Places of a status list that are given before the next list begins."""


def lock_by_key(
    connection: Connection, client_id: str, idempotency_key: str
) -> Row[*tuple[Any, ...]] | None:
    """Find and lock the intent of a client's idempotency key; None if the key is new.

    Until the transaction ends no other can look up or begin the same key, so a key never gets a
    second number; the unique constraint stands behind this. The row lock holds off an older
    attempt that wants to finish meanwhile.
    """
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"{client_id}\n{idempotency_key}"},
    )
    return connection.execute(
        select(intent)
        .where(intent.c.client_id == client_id, intent.c.idempotency_key == idempotency_key)
        .with_for_update()
    ).one_or_none()


def lock_by_number(connection: Connection, number: str) -> Row[*tuple[Any, ...]] | None:
    """Find and lock the intent of a number; None if the number was never given."""
    return connection.execute(
        select(intent).where(intent.c.number == number).with_for_update()
    ).one_or_none()


def take_number(connection: Connection, jalali_year: int, branch: BranchCode) -> ClearanceNumber:
    """Take the next number of a branch and year; it is given back if the transaction fails.

    The counter row stays locked until then, so serials follow each other without a gap, and
    prepares of one branch queue: the caller's transaction must be short.
    """
    counter = upsert(number_counter).values(
        jalali_year=jalali_year, branch_code=branch, last_serial=1
    )
    serial = connection.execute(
        counter.on_conflict_do_update(
            index_elements=[number_counter.c.jalali_year, number_counter.c.branch_code],
            set_={"last_serial": number_counter.c.last_serial + 1},
        ).returning(number_counter.c.last_serial)
    ).scalar_one()
    return ClearanceNumber.make(jalali_year, branch, serial)


def begin(
    connection: Connection,
    number: ClearanceNumber,
    *,
    client_id: str,
    idempotency_key: str,
    request_hash: bytes,
    request: ClearanceRequest,
    random_bytes: RandomBytes,
    now: datetime,
) -> Row[*tuple[Any, ...]]:
    """Bind a number to a client's key and request; no attempt holds it yet.

    Its place in the status list is drawn anew while it is taken; a list is left half empty, so that
    a few draws are enough.
    """
    list_number = connection.execute(select(places_given.next_value())).scalar_one() // _LIST_FILL
    values = dict(
        number=number,
        jalali_year=number.jalali_year,
        branch_code=number.branch_code,
        serial=number.serial,
        verification_code=VerificationCode.from_bytes(random_bytes(10)),
        client_id=client_id,
        idempotency_key=idempotency_key,
        request_hash=request_hash,
        request=canonical_bytes(request_object(request)).decode(),
        **_row_and_kind(request),
        prepared_at=now,
        attempts=0,
    )
    while True:
        place = int.from_bytes(random_bytes(8)) % LIST_SIZE
        row = connection.execute(
            upsert(intent)
            .values(status_list_index=list_number * LIST_SIZE + place, **values)
            .on_conflict_do_nothing(index_elements=[intent.c.status_list_index])
            .returning(intent)
        ).one_or_none()
        if row is not None:
            return row


def lease(
    connection: Connection,
    number: str,
    attempt_id: UUID,
    *,
    request: ClearanceRequest,
    until: datetime,
) -> int:
    """Hand the intent to an attempt; whichever held it before can no longer finish.

    Returns how many attempts there have been, this one included.
    """
    return connection.execute(
        update(intent)
        .where(intent.c.number == number)
        .values(
            attempts=intent.c.attempts + 1,
            attempt_id=attempt_id,
            leased_until=until,
            resume_at=until,
            **_row_and_kind(request),
            content_hash=None,
            token_sha256=None,
        )
        .returning(intent.c.attempts)
    ).scalar_one()


def extend(connection: Connection, number: str, attempt_id: UUID, *, until: datetime) -> bool:
    """Let an attempt hold its intent for longer; False if it holds it no more."""
    return (
        connection.execute(
            update(intent)
            .where(intent.c.number == number, intent.c.attempt_id == attempt_id)
            .values(leased_until=until, resume_at=until)
        ).rowcount
        == 1
    )


def record_content(
    connection: Connection,
    number: str,
    attempt_id: UUID,
    *,
    content_hash: bytes,
    token_sha256: bytes,
) -> bool:
    """Write down what an attempt is about to seal, once; False if it may not."""
    return (
        connection.execute(
            update(intent)
            .where(
                intent.c.number == number,
                intent.c.attempt_id == attempt_id,
                intent.c.content_hash.is_(None),
            )
            .values(content_hash=content_hash, token_sha256=token_sha256)
        ).rowcount
        == 1
    )


def close(
    connection: Connection,
    number: str,
    attempt_id: UUID,
    *,
    error: str | None,
    resume_at: datetime | None,
) -> Row[*tuple[Any, ...]] | None:
    """End an attempt's hold; None if it holds the intent no more (or never did).

    ``resume_at`` is when a worker shall go on, None if it shall not.
    """
    return connection.execute(
        update(intent)
        .where(intent.c.number == number, intent.c.attempt_id == attempt_id)
        .values(attempt_id=None, leased_until=None, last_error=error, resume_at=resume_at)
        .returning(intent)
    ).one_or_none()


def request_of(row: Row[*tuple[Any, ...]]) -> ClearanceRequest:
    """Return the request that an intent keeps; it was checked when it came."""
    try:
        return parse_request(json.loads(row.request), now=row.prepared_at)
    except InvalidRequest as error:
        raise InternalFault("register.unreadable", parameters={"number": row.number}) from error


def _row_and_kind(request: ClearanceRequest) -> dict[str, str]:
    return {
        "contract_row": request.contract.row,
        "contract_sequence": request.contract.sequence,
        "kind": request.kind.value,
    }
