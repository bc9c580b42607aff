"""The directory's records as JSON: read from whoever feeds it, and written back the same way.

One flat object a record, whether it comes as the body of a PUT, as a line of JSON Lines or as a
line of CSV (``docs/directory.md`` explains the fields).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from clearance.clock import format_moment
from clearance.directory import (
    CONTRACT_FIELDS,
    BranchRecord,
    ContractData,
    ContractRowKey,
    ContractRowRecord,
    InspectionUndertaking,
    RowState,
    Workshop,
)
from clearance.errors import InvalidValue
from clearance.fields import (
    DIGIT,
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    day,
    digits,
    moment,
    rials,
    text,
)
from clearance.identifiers import (
    BranchCode,
    ContractRow,
    ContractSequence,
    PostalCode,
    WorkshopNumber,
    parse_party_identifier,
)
from clearance.shapes import Leaf, Record, Shape, one_of

HIGHEST_VERSION = 2**53 - 1
"""The largest integer that every JSON reader takes exactly."""

Fed = BranchRecord | Workshop | ContractRowRecord | InspectionUndertaking
"""What the issuance backend feeds."""


class Kind(StrEnum):
    """What a record is, as paths and commands name it."""

    BRANCHES = "branches"
    WORKSHOPS = "workshops"
    CONTRACT_ROWS = "contract-rows"
    UNDERTAKINGS = "inspection-undertakings"


@dataclass(frozen=True, kw_only=True)
class ReviewStatement:
    """What an officer states about a contract row after reading its claims file (R6)."""

    sequence: ContractSequence
    row_version: int
    """The version of the record that the officer held against the claims file."""
    claims_file: ContractData


def _version(version: int) -> int:
    if not 1 <= version <= HIGHEST_VERSION:
        raise InvalidValue("version.out_of_range", parameters={"limit": str(HIGHEST_VERSION)})
    return version


def _version_leaf(description: str) -> Leaf:
    return Leaf(
        json_type=int,
        parse=_version,
        describes={
            "type": "integer",
            "minimum": 1,
            "maximum": HIGHEST_VERSION,
            "description": description,
        },
    )


_VERSION = _version_leaf("Grows with each change in the source system; an older one is refused.")
_BRANCH_CODE = digits(BranchCode.parse, f"{DIGIT}{{4}}", "Branch code.")
_ROW = digits(
    ContractRow.parse, f"(?:{DIGIT}{{3}}|{DIGIT}{{8}})", "Contract row: 3 or 8 digits, as given."
)
_SEQUENCE = digits(ContractSequence.parse, f"{DIGIT}{{2}}", "Sequence of the row.")


def _workshop_number(description: str) -> Leaf:
    return digits(WorkshopNumber.parse, f"{DIGIT}{{10}}", description)


def _party_identifier(description: str) -> Leaf:
    return digits(parse_party_identifier, f"{DIGIT}{{10,11}}", description)


def _not_after(name: str) -> Callable[[Any, datetime | None], Iterator[InvalidValue]]:
    def check(record: object, now: datetime | None) -> Iterator[InvalidValue]:
        at = getattr(record, name)
        if at is not None and now is not None and at > now:
            yield InvalidValue("time.in_future", field=f"/{name}")

    return check


def _contract_period(data: ContractData, _now: datetime | None) -> Iterator[InvalidValue]:
    if data.start is not None and data.end is not None and data.end < data.start:
        yield InvalidValue("period.end_before_start", field="/end")


def _undertaking_times(
    undertaking: InspectionUndertaking, now: datetime | None
) -> Iterator[InvalidValue]:
    if undertaking.period_end < undertaking.period_start:
        yield InvalidValue("period.end_before_start", field="/period_end")
    yield from _not_after("received_at")(undertaking, now)


def _contract_row(
    branch_code: BranchCode, row: ContractRow, sequence: ContractSequence, **rest: Any
) -> ContractRowRecord:
    key = ContractRowKey(branch_code=branch_code, row=row, sequence=sequence)
    return ContractRowRecord(key=key, **rest)


_CONTRACT_DATA: dict[str, Shape] = {
    "contract_number": text(LONGEST_TEXT, "The parties' own number of the contract."),
    "contract_date": day("Date of the contract."),
    "subject": text(LONGEST_SUBJECT, "Subject of the contract."),
    "start": day("First day of the contract."),
    "end": day("Last day of the contract."),
    "initial_amount": rials("Initial contract amount."),
    "work_assigner_workshop": _workshop_number(
        "Workshop of the work assigner, allotted to the address in the contract."
    ),
    "contractor_workshop": _workshop_number("Workshop of the contractor."),
    "contract_address": text(LONGEST_ADDRESS, "Address in the contract."),
}

BRANCH = Record(
    build=BranchRecord,
    describes={"title": "Branch"},
    members={
        "code": _BRANCH_CODE,
        "name": text(LONGEST_NAME, "Name of the branch."),
        "province": text(LONGEST_TEXT, "Province of the branch."),
        "version": _VERSION,
    },
)

WORKSHOP = Record(
    build=Workshop,
    check=_not_after("undertaking_accepted_at"),
    optional=frozenset({"account_id", "undertaking_accepted_at"}),
    describes={"title": "Workshop"},
    members={
        "number": _workshop_number("Workshop number."),
        "name": text(LONGEST_NAME, "Full name of whoever holds it, as clearances print it."),
        "branch_code": digits(BranchCode.parse, f"{DIGIT}{{4}}", "Branch of the workshop."),
        "address": text(LONGEST_ADDRESS, "Address of the workshop."),
        "postal_code": digits(PostalCode.parse, f"{DIGIT}{{10}}", "Postal code."),
        "owner_identifier": _party_identifier(
            "National id (10 digits) or legal-entity id (11 digits) of whoever holds it."
        ),
        "account_id": text(LONGEST_TEXT, "Account in the e-services system, opaque."),
        "undertaking_accepted_at": moment("When the undertaking for e-services was accepted."),
        "version": _VERSION,
    },
)

CONTRACT_ROW = Record(
    build=_contract_row,
    check=_contract_period,
    optional=frozenset(CONTRACT_FIELDS),
    describes={"title": "Contract row"},
    members={
        "branch_code": _BRANCH_CODE,
        "row": _ROW,
        "sequence": _SEQUENCE,
        **_CONTRACT_DATA,
        "state": one_of(*RowState, makes=RowState),
        "version": _VERSION,
    },
)

UNDERTAKING = Record(
    build=InspectionUndertaking,
    check=_undertaking_times,
    describes={"title": "Undertaking before the inspection of the books"},
    members={
        "id": text(LONGEST_TEXT, "Id of the undertaking, opaque."),
        "branch_code": digits(BranchCode.parse, f"{DIGIT}{{4}}", "Branch that took it."),
        "contractor_identifier": _party_identifier(
            "National id or legal-entity id of the contractor."
        ),
        "period_start": day("First day of the fiscal period."),
        "period_end": day("Last day of the fiscal period."),
        "received_at": moment("When the branch received it."),
    },
)

REVIEW = Record(
    build=ReviewStatement,
    describes={"title": "Review of a contract row"},
    members={
        "sequence": _SEQUENCE,
        "row_version": _version_leaf("The version of the record that was reviewed."),
        "claims_file": Record(
            build=ContractData,
            check=_contract_period,
            optional=frozenset(CONTRACT_FIELDS),
            describes={"description": "What the claims file says; leave out what it does not."},
            members=_CONTRACT_DATA,
        ),
    },
)

RECORDS: dict[Kind, Record] = {
    Kind.BRANCHES: BRANCH,
    Kind.WORKSHOPS: WORKSHOP,
    Kind.CONTRACT_ROWS: CONTRACT_ROW,
    Kind.UNDERTAKINGS: UNDERTAKING,
}
"""The shape of each kind; CSV has these members as its columns."""


def as_object(record: object) -> dict[str, Any]:
    """Write a record (or what a claims file says) as the JSON object that reads back as it."""
    members = {name: _plain(value) for name, value in vars(record).items() if name != "key"}
    key = getattr(record, "key", None)
    if key is None:
        return members
    parts = {"branch_code": key.branch_code, "row": key.row, "sequence": key.sequence}
    return {**{name: str(part) for name, part in parts.items()}, **members}


def subject_of(record: Fed) -> str:
    """Return the key of a record as one text, such as ``0041/00000123/01``."""
    match record:
        case BranchRecord():
            return str(record.code)
        case Workshop():
            return str(record.number)
        case ContractRowRecord():
            return str(record.key)
        case InspectionUndertaking():
            return record.id


def _plain(value: object) -> object:
    match value:
        case dt.datetime():
            return format_moment(value)
        case dt.date():
            return value.isoformat()
        case bool() | None:
            return value
        case int():
            return int(value)
        case _:
            return str(value)
