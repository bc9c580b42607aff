"""Reviews of contract rows (R6): the mechanised record held against the claims file.

Functions over one connection; the caller owns the transaction.
"""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from clearance.directory import ContractRowKey, ContractRowRecord, Review, differences, outcome
from clearance.directory_shapes import ReviewStatement
from clearance.errors import Conflict
from register import events
from register.directory import rows
from register.events import EventName
from register.tables.directory import contract_row_review


def record_review(
    connection: Connection,
    row: ContractRowRecord,
    statement: ReviewStatement,
    *,
    officer_id: str,
    now: datetime,
) -> Review:
    """Record what an officer found; the row is locked by the caller.

    Raises ``Conflict("review.row_changed")`` if the officer held another version of the record
    against the claims file than the one on file.
    """
    if statement.row_version != row.version:
        raise Conflict(
            "review.row_changed", field="/row_version", parameters={"version": str(row.version)}
        )
    found = differences(row, statement.claims_file)
    judged = outcome(row, statement.claims_file)
    recorded = connection.execute(
        insert(contract_row_review)
        .values(
            branch_code=row.key.branch_code,
            contract_row=row.key.row,
            contract_sequence=row.key.sequence,
            row_version=row.version,
            record=rows.contract_data(row),
            claims_file=rows.contract_data(statement.claims_file),
            differences=list(found),
            outcome=judged.value,
            reviewed_by=officer_id,
            reviewed_at=now,
        )
        .returning(contract_row_review)
    ).one()
    events.record(
        connection,
        EventName.CONTRACT_ROW_REVIEWED,
        at=now,
        actor=officer_id,
        subject=str(row.key),
        details={
            "outcome": judged.value,
            "row_version": row.version,
            "differences": " ".join(found),
        },
    )
    return rows.review_record(recorded)


def reviews_of(connection: Connection, key: ContractRowKey) -> tuple[Review, ...]:
    """Return all reviews of a contract row, the newest first."""
    found = connection.execute(
        select(contract_row_review)
        .where(
            contract_row_review.c.branch_code == key.branch_code,
            contract_row_review.c.contract_row == key.row,
            contract_row_review.c.contract_sequence == key.sequence,
        )
        .order_by(contract_row_review.c.id.desc())
    )
    return tuple(map(rows.review_record, found))
