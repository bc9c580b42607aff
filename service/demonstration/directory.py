"""What the directory must hold so that a request may be issued, derived from the request itself.

This is for the demo, the examples and the tests: elsewhere the directory is the judge of a request
and never follows it.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from clearance.certificate import ClearanceRequest
from clearance.deadline import Collection
from clearance.directory import (
    BranchRecord,
    ContractRowRecord,
    InspectionUndertaking,
    RowState,
    Workshop,
)
from clearance.roles import Officer, Reach, Role
from clearance.rules import key_of
from register.collections import Collections
from register.directory import Directory

ACTOR = "demonstration"
OFFICER = Officer(id=ACTOR, name="نمونه", role=Role.BRANCH_OFFICER, reach=Reach())
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
    """Answer entries by which a request fulfils the rules, all in their first version."""
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
    code = entries.branch.code
    directory.put_branch(
        _newer(entries.branch, _known(lambda: directory.branch(code))), actor=ACTOR
    )
    for workshop in entries.workshops:
        known = _known(lambda number=workshop.number: directory.workshop(number))
        directory.put_workshop(_newer(workshop, known), actor=ACTOR)
    key = entries.contract_row.key
    row = _newer(entries.contract_row, _known(lambda: directory.contract_row(key)))
    directory.put_contract_row(row, actor=ACTOR)
    _review(row, directory)
    if entries.undertaking is not None:
        directory.file_undertaking(entries.undertaking, actor=ACTOR)
    collections.record(entries.collection, actor=ACTOR)
