"""What the directory must hold so that a request may be issued, derived from the request itself.

This is for the demo, the examples and the tests: elsewhere the directory is the judge of a request
and never follows it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from clearance.certificate import ClearanceRequest, UndertakingBasis
from clearance.deadline import Collection
from clearance.directory import (
    CONTRACT_FIELDS,
    BranchRecord,
    ContractData,
    ContractRowRecord,
    InspectionUndertaking,
    ReviewOutcome,
    RowState,
    Workshop,
)
from clearance.directory_shapes import ReviewStatement
from clearance.errors import NotFound
from clearance.parties import Party
from clearance.roles import Officer, Reach, Role
from clearance.rules import key_of
from demonstration.invented import WORDS
from register.collections import Collections
from register.directory import Directory

ACTOR = "demonstration"
OFFICER = Officer(id=ACTOR, name=WORDS["officer"], role=Role.BRANCH_OFFICER, reach=Reach())
ACCEPTED_AT = datetime(2020, 12, 1, 8, tzinfo=UTC)
"""When all of these workshops accepted the undertaking for electronic services."""

Record = TypeVar("Record", BranchRecord, Workshop, ContractRowRecord)


@dataclass(frozen=True, kw_only=True)
class Entries:
    """What one request needs."""

    branch: BranchRecord
    workshops: tuple[Workshop, ...]
    contract_row: ContractRowRecord
    undertaking: InspectionUndertaking | None
    """Only where the request rests on one."""
    collection: Collection


def directory_for(request: ClearanceRequest) -> Entries:
    """Return entries by which a request fulfils the rules, all in their first version."""
    branch, contract, premium = request.branch, request.contract, request.premium
    parties = (request.work_assigner, request.contractor)
    receipts = tuple(
        replace(each, collected_at=each.collected_at.astimezone(UTC).replace(microsecond=0))
        for each in premium.receipts
    )
    approved_at = request.approvals.head_of_premium_collection.approved_at
    key = key_of(request)
    told = "\n".join([str(key), str(premium.sum_of_debits), *(each.id for each in receipts)])
    return Entries(
        branch=BranchRecord(
            code=branch.code, name=branch.name, province=branch.province, version=1
        ),
        workshops=tuple(_workshop(party, request) for party in parties),
        contract_row=ContractRowRecord(
            key=key,
            contract_number=contract.number,
            contract_date=contract.date,
            subject=contract.subject,
            start=contract.start,
            end=contract.end,
            initial_amount=contract.initial_amount,
            work_assigner_workshop=request.work_assigner.workshop_number,
            contractor_workshop=request.contractor.workshop_number,
            contract_address=request.work_assigner.address,
            state=RowState.ACTIVE,
            version=1,
        ),
        undertaking=_undertaking(request, received_at=approved_at.astimezone(UTC)),
        collection=Collection(
            id=f"C-{hashlib.sha256(told.encode()).hexdigest()[:20]}",
            key=key,
            sum_of_debits=premium.sum_of_debits,
            receipts=receipts,
            assessed_at=None if receipts else approved_at.astimezone(UTC).replace(microsecond=0),
        ),
    )


def enter(entries: Entries, directory: Directory, collections: Collections) -> None:
    """Bring entries into the directory, over what stands there; entering them again does nothing.

    Raises what the directory refuses, such as a second undertaking for one fiscal period.
    """
    branch = _newer(entries.branch, _known(partial(directory.branch, entries.branch.code)))
    directory.put_branch(branch, actor=ACTOR)
    for workshop in entries.workshops:
        known = _known(partial(directory.workshop, workshop.number))
        directory.put_workshop(_newer(workshop, known), actor=ACTOR)
    known_row = _known(partial(directory.contract_row, entries.contract_row.key))
    row = _newer(entries.contract_row, known_row)
    directory.put_contract_row(row, actor=ACTOR)
    _review(row, directory)
    if entries.undertaking is not None:
        directory.file_undertaking(entries.undertaking, actor=ACTOR)
    collections.record(entries.collection, actor=ACTOR)


def _workshop(party: Party, request: ClearanceRequest) -> Workshop:
    return Workshop(
        number=party.workshop_number,
        name=party.name,
        branch_code=request.branch.code,
        address=party.address,
        postal_code=party.postal_code,
        owner_identifier=party.identifier,
        account_id=f"account-{party.workshop_number}",
        undertaking_accepted_at=ACCEPTED_AT,
        version=1,
    )


def _undertaking(
    request: ClearanceRequest, *, received_at: datetime
) -> InspectionUndertaking | None:
    basis = request.basis
    if not isinstance(basis, UndertakingBasis):
        return None
    return InspectionUndertaking(
        id=basis.undertaking_id,
        branch_code=request.branch.code,
        contractor_identifier=request.contractor.identifier,
        period_start=basis.fiscal_period_start,
        period_end=basis.fiscal_period_end,
        received_at=received_at,
    )


def _known(find: Callable[[], Record]) -> Record | None:
    try:
        return find()
    except NotFound:
        return None


def _newer(record: Record, known: Record | None) -> Record:
    """Return the record with the version under which the directory takes it."""
    if known is None:
        return record
    changed = replace(record, version=known.version) != known
    return replace(record, version=known.version + changed)


def _review(row: ContractRowRecord, directory: Directory) -> None:
    """Have the row's present version reviewed, with a claims file that says the same."""
    newest = next(iter(directory.reviews(row.key)), None)
    if (
        newest is not None
        and newest.row_version == row.version
        and newest.outcome is ReviewOutcome.MATCHING
    ):
        return
    claims_file = ContractData(**{name: getattr(row, name) for name in CONTRACT_FIELDS})
    statement = ReviewStatement(
        sequence=row.key.sequence, row_version=row.version, claims_file=claims_file
    )
    directory.review(row.key.branch_code, row.key.row, statement, OFFICER)
