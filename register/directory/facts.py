"""What the directory knows about a request, for the rules at issue.

Functions over one connection; the caller owns the transaction. ``clearance.rules`` judges what is
read here.
"""

import hashlib
from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, select, text

from clearance.certificate import ClearanceRequest, UndertakingBasis
from clearance.directory import (
    BranchRecord,
    ContractRowKey,
    ContractRowRecord,
    InspectionUndertaking,
    Review,
    Workshop,
)
from clearance.facts import Facts
from clearance.identifiers import BranchCode, PartyIdentifier, WorkshopNumber
from clearance.rules import key_of
from register.collections import collection_for
from register.directory import rows
from register.tables.directory import (
    branch,
    contract_row,
    contract_row_review,
    inspection_undertaking,
    workshop,
)

_LOCK_IN_ORDER = text("SELECT pg_advisory_xact_lock(:key)")


def facts_for(connection: Connection, request: ClearanceRequest) -> Facts:
    """Return what directory and collections know about a request.

    Earlier clearances and the replaced one are the register's own and stay empty here. Locks the
    contract row and, where the basis is an undertaking, the contractor's undertakings until the
    transaction ends: in this order, as everybody who takes both must.
    """
    row = contract_row_of(connection, key_of(request), lock=True)
    undertaking: InspectionUndertaking | None = None
    of_period: tuple[InspectionUndertaking, ...] = ()
    if isinstance(basis := request.basis, UndertakingBasis):
        contractor = request.contractor.identifier
        lock_contractors(connection, [contractor])
        undertaking = undertaking_of(connection, basis.undertaking_id)
        of_period = undertakings_of_period(
            connection, contractor, basis.fiscal_period_start, basis.fiscal_period_end
        )
    return Facts(
        branch=branch_of(connection, request.branch.code),
        work_assigner_workshop=workshop_of(connection, request.work_assigner.workshop_number),
        contractor_workshop=workshop_of(connection, request.contractor.workshop_number),
        contract_row=row,
        review=None if row is None else review_of(connection, row.key, row.version),
        undertaking=undertaking,
        undertakings_of_period=of_period,
        collection=collection_for(connection, request),
    )


def branch_of(connection: Connection, code: BranchCode) -> BranchRecord | None:
    """Return a branch."""
    found = connection.execute(select(branch).where(branch.c.code == code)).one_or_none()
    return None if found is None else rows.branch_record(found)


def workshop_of(connection: Connection, number: WorkshopNumber) -> Workshop | None:
    """Return a workshop."""
    found = connection.execute(select(workshop).where(workshop.c.number == number)).one_or_none()
    return None if found is None else rows.workshop_record(found)


def contract_row_of(
    connection: Connection, key: ContractRowKey, *, lock: bool = False
) -> ContractRowRecord | None:
    """Return a contract row; with ``lock``, so that others who lock it wait for this transaction.

    Two requests for one row take turns by it, and no change of the row comes in between.
    """
    query = select(contract_row).where(
        contract_row.c.branch_code == key.branch_code,
        contract_row.c.contract_row == key.row,
        contract_row.c.contract_sequence == key.sequence,
    )
    # Key columns never change: whoever refers to the row need not wait.
    found = connection.execute(
        query.with_for_update(key_share=True) if lock else query
    ).one_or_none()
    return None if found is None else rows.contract_row_record(found)


def review_of(connection: Connection, key: ContractRowKey, version: int) -> Review | None:
    """Return the newest review of one version of a contract row."""
    found = connection.execute(
        select(contract_row_review)
        .where(
            contract_row_review.c.branch_code == key.branch_code,
            contract_row_review.c.contract_row == key.row,
            contract_row_review.c.contract_sequence == key.sequence,
            contract_row_review.c.row_version == version,
        )
        .order_by(contract_row_review.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else rows.review_record(found)


def undertaking_of(connection: Connection, undertaking_id: str) -> InspectionUndertaking | None:
    """Return an undertaking."""
    found = connection.execute(
        select(inspection_undertaking).where(inspection_undertaking.c.id == undertaking_id)
    ).one_or_none()
    return None if found is None else rows.undertaking_record(found)


def undertakings_of_period(
    connection: Connection, contractor: PartyIdentifier, start: date, end: date
) -> tuple[InspectionUndertaking, ...]:
    """Return a contractor's undertakings whose fiscal periods touch the days ``start``-``end``."""
    found = connection.execute(
        select(inspection_undertaking)
        .where(
            inspection_undertaking.c.contractor_identifier == contractor,
            inspection_undertaking.c.period_start <= end,
            inspection_undertaking.c.period_end >= start,
        )
        .order_by(inspection_undertaking.c.recorded_at, inspection_undertaking.c.id)
    )
    return tuple(map(rows.undertaking_record, found))


def lock_contractors(connection: Connection, contractors: Iterable[PartyIdentifier]) -> None:
    """Have whoever files or uses undertakings of these contractors wait for this transaction.

    That decides R8 between two who file at once: which fiscal periods touch is no matter of one
    row, so no row can be locked for it.
    """
    for contractor in sorted(set(contractors)):
        digest = hashlib.sha256(f"inspection_undertaking {contractor}".encode()).digest()
        connection.execute(_LOCK_IN_ORDER, {"key": int.from_bytes(digest[:8], signed=True)})
