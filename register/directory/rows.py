"""Between the directory's records and the rows that keep them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Table

from clearance.directory import (
    CONTRACT_FIELDS,
    BranchRecord,
    ContractData,
    ContractRowKey,
    ContractRowRecord,
    InspectionUndertaking,
    Review,
    ReviewOutcome,
    RowState,
    Workshop,
)
from clearance.directory_shapes import Fed, Kind
from clearance.identifiers import (
    BranchCode,
    ContractRow,
    ContractSequence,
    PostalCode,
    WorkshopNumber,
    parse_party_identifier,
)
from clearance.money import Rials
from register.tables import directory as tables

AnyRow = Row[*tuple[Any, ...]]

_COLUMN_OF = {
    "start": "starts_on",
    "end": "ends_on",
    "row": "contract_row",
    "sequence": "contract_sequence",
}
"""Members whose names SQL keeps for itself, or that would not say enough beside others."""

_CONTRACT_TYPES: dict[str, Callable[[Any], Any]] = {
    "contract_date": date.fromisoformat,
    "start": date.fromisoformat,
    "end": date.fromisoformat,
    "initial_amount": Rials,
    "work_assigner_workshop": WorkshopNumber,
    "contractor_workshop": WorkshopNumber,
}


@dataclass(frozen=True, kw_only=True)
class Storage:
    """How records of one kind are kept."""

    table: Table
    key: tuple[str, ...]
    """The columns that tell one record from another."""
    build: Callable[[AnyRow], Fed]
    demands_branch: bool
    """Whether its branch must be known before it."""


def columns_of(record: Fed) -> dict[str, Any]:
    """Return what is kept of a record, by column."""
    members = dict(vars(record))
    key = members.pop("key", None)
    if key is not None:
        members = {**vars(key), **members}
    return {_COLUMN_OF.get(name, name): value for name, value in members.items()}


def branch_record(row: AnyRow) -> BranchRecord:
    """Read a row of ``branch``."""
    return BranchRecord(
        code=BranchCode(row.code), name=row.name, province=row.province, version=row.version
    )


def workshop_record(row: AnyRow) -> Workshop:
    """Read a row of ``workshop``."""
    return Workshop(
        number=WorkshopNumber(row.number),
        name=row.name,
        branch_code=BranchCode(row.branch_code),
        address=row.address,
        postal_code=PostalCode(row.postal_code),
        owner_identifier=parse_party_identifier(row.owner_identifier),
        account_id=row.account_id,
        undertaking_accepted_at=row.undertaking_accepted_at,
        version=row.version,
    )


def key_of(row: AnyRow) -> ContractRowKey:
    """Read the key of a contract row out of any row that bears it."""
    return ContractRowKey(
        branch_code=BranchCode(row.branch_code),
        row=ContractRow(row.contract_row),
        sequence=ContractSequence(row.contract_sequence),
    )


def contract_row_record(row: AnyRow) -> ContractRowRecord:
    """Read a row of ``contract_row``."""
    return ContractRowRecord(
        key=key_of(row),
        contract_number=row.contract_number,
        contract_date=row.contract_date,
        subject=row.subject,
        start=row.starts_on,
        end=row.ends_on,
        initial_amount=_read(Rials, row.initial_amount),
        work_assigner_workshop=_read(WorkshopNumber, row.work_assigner_workshop),
        contractor_workshop=_read(WorkshopNumber, row.contractor_workshop),
        contract_address=row.contract_address,
        state=RowState(row.state),
        version=row.version,
    )


def undertaking_record(row: AnyRow) -> InspectionUndertaking:
    """Read a row of ``inspection_undertaking``."""
    return InspectionUndertaking(
        id=row.id,
        branch_code=BranchCode(row.branch_code),
        contractor_identifier=parse_party_identifier(row.contractor_identifier),
        period_start=row.period_start,
        period_end=row.period_end,
        received_at=row.received_at,
    )


def review_record(row: AnyRow) -> Review:
    """Read a row of ``contract_row_review``."""
    return Review(
        id=row.id,
        key=key_of(row),
        row_version=row.row_version,
        record=_contract_data(row.record),
        claims_file=_contract_data(row.claims_file),
        differences=tuple(row.differences),
        outcome=ReviewOutcome(row.outcome),
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
    )


def contract_data(data: ContractData) -> dict[str, Any]:
    """Write a contract's data as the JSON that a review keeps."""
    values = {name: getattr(data, name) for name in CONTRACT_FIELDS}
    read_back: dict[str, Any] = json.loads(as_json(values))
    return read_back


def as_json(value: object) -> str:
    """Write column values as JSON that PostgreSQL reads into its own types."""
    return json.dumps(value, default=_iso, ensure_ascii=False)


STORAGES: dict[Kind, Storage] = {
    Kind.BRANCHES: Storage(
        table=tables.branch, key=("code",), build=branch_record, demands_branch=False
    ),
    Kind.WORKSHOPS: Storage(
        table=tables.workshop, key=("number",), build=workshop_record, demands_branch=True
    ),
    Kind.CONTRACT_ROWS: Storage(
        table=tables.contract_row,
        key=("branch_code", "contract_row", "contract_sequence"),
        build=contract_row_record,
        demands_branch=True,
    ),
    Kind.UNDERTAKINGS: Storage(
        table=tables.inspection_undertaking,
        key=("id",),
        build=undertaking_record,
        demands_branch=True,
    ),
}


def _contract_data(kept: dict[str, Any]) -> ContractData:
    return ContractData(
        **{name: _read(_CONTRACT_TYPES.get(name, str), kept.get(name)) for name in CONTRACT_FIELDS}
    )


def _read(read: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else read(value)


def _iso(value: Any) -> str:
    text: str = value.isoformat()
    return text
