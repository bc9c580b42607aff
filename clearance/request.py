"""Request schema version 1: the one way from JSON to ``ClearanceRequest``.

The table of shapes below is the schema: it reads requests and describes itself to integrators
(``docs/request.md`` explains it field by field).
"""

import datetime as dt
import json
from datetime import datetime
from typing import Any, cast

from clearance import consistency
from clearance.certificate import (
    Approval,
    Approvals,
    Branch,
    ClearanceKind,
    ClearanceRequest,
    Contract,
    InspectedBasis,
    PaymentReceipt,
    PerformedWork,
    Premium,
    ReferringLetter,
    UndertakingBasis,
)
from clearance.errors import InvalidRequest, InvalidValue, NotJson, RepeatedMember
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
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    PostalCode,
    WorkshopNumber,
    parse_party_identifier,
)
from clearance.parties import Party
from clearance.shapes import Choice, Leaf, ListOf, Reading, Record, Schema, Shape, one_of

SCHEMA_VERSION = 1

MOST_RECEIPTS = 100


def read_json(data: bytes) -> object:
    """Read UTF-8 JSON strictly: no byte order mark, no repeated member names, no NaN or Infinity.

    Raises ``InvalidRequest`` with ``request.not_json`` or ``request.repeated_member``. A parser
    that takes one of two equal names silently would let two readers of one body disagree.
    """
    try:
        # Decoded here: given bytes, the parser would guess UTF-16 and UTF-32 too.
        text = data.decode("utf-8")
        return json.loads(text, object_pairs_hook=_members, parse_constant=_no_constant)
    except RepeatedMember as problem:
        raise InvalidRequest((problem,)) from problem
    except (ValueError, RecursionError) as error:
        raise InvalidRequest((NotJson(),)) from error


def parse_request(obj: object, *, now: datetime) -> ClearanceRequest:
    """Read a request out of parsed JSON.

    ``now`` is the moment (aware) after which no receipt or approval may be dated. Raises
    ``InvalidRequest`` with every problem found (the first hundred), each an ``InvalidValue``
    whose ``field`` is a JSON Pointer into ``obj``.
    """
    return cast("ClearanceRequest", read_whole(_REQUEST, obj, now=now))


def read_whole(shape: Shape, obj: object, *, now: datetime | None) -> object:
    """Read a whole document by its shape, or raise ``InvalidRequest`` with every problem."""
    reading = Reading(now)
    value = shape.read(obj, "", reading)
    if reading.problems:
        raise InvalidRequest(tuple(reading.problems))
    return value


def request_schema() -> Schema:
    """Return the JSON Schema (2020-12) of a request, for OpenAPI and integrators."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_REQUEST.schema()}


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise RepeatedMember
    return members


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _schema_version(version: int) -> int:
    if version != SCHEMA_VERSION:
        raise InvalidValue("schema.unsupported", parameters={"supported": str(SCHEMA_VERSION)})
    return version


def _undertaking(undertaking_id: str, fiscal_period: tuple[dt.date, dt.date]) -> UndertakingBasis:
    start, end = fiscal_period
    return UndertakingBasis(
        undertaking_id=undertaking_id, fiscal_period_start=start, fiscal_period_end=end
    )


def _request(schema: int, **members: Any) -> ClearanceRequest:  # noqa: ARG001 - checked by its shape
    return ClearanceRequest(**members)


def _party(description: str) -> Record:
    return Record(
        build=Party,
        describes={"description": description},
        members={
            "name": text(LONGEST_NAME, "Full name."),
            "identifier": digits(
                parse_party_identifier,
                f"{DIGIT}{{10,11}}",
                "National id of a person (10 digits) or legal-entity id (11 digits).",
            ),
            "workshop_number": digits(WorkshopNumber.parse, f"{DIGIT}{{10}}", "Workshop number."),
            "address": text(LONGEST_ADDRESS, "Address as it stands in the contract."),
            "postal_code": digits(PostalCode.parse, f"{DIGIT}{{10}}", "Postal code."),
        },
    )


_BRANCH = Record(
    build=Branch,
    describes={"description": "The branch that issues."},
    members={
        "code": digits(BranchCode.parse, f"{DIGIT}{{4}}", "Branch code."),
        "name": text(LONGEST_NAME, "Name of the branch."),
        "province": text(LONGEST_TEXT, "Province of the branch."),
    },
)

_CONTRACT = Record(
    build=Contract,
    check=consistency.period,
    describes={"description": "The Article 38 contract."},
    members={
        "row": digits(
            ContractRow.parse,
            f"(?:{DIGIT}{{3}}|{DIGIT}{{8}})",
            "Contract row: 3 or 8 digits, as given.",
        ),
        "sequence": digits(ContractSequence.parse, f"{DIGIT}{{2}}", "Sequence of the row."),
        "number": text(LONGEST_TEXT, "The parties' own number of the contract."),
        "date": day("Date of the contract."),
        "subject": text(LONGEST_SUBJECT, "Subject of the contract."),
        "start": day("First day of the contract."),
        "end": day("Last day of the contract."),
        "initial_amount": rials("Initial contract amount."),
    },
)

_PERFORMED_WORK = Record(
    build=PerformedWork,
    check=consistency.period,
    describes={"description": "The gross performed amount and the period it belongs to."},
    members={
        "gross_amount": rials("Gross performed amount."),
        "start": day("First day of the performed work."),
        "end": day("Last day of the performed work."),
    },
)

_REFERRING_LETTER = Record(
    build=ReferringLetter,
    describes={"description": "The work assigner's letter that asked for the clearance."},
    members={
        "number": text(LONGEST_TEXT, "Number of the letter."),
        "date": day("Date of the letter."),
    },
)

_RECEIPT = Record(
    build=PaymentReceipt,
    check=consistency.collected_by_now,
    members={
        "id": text(LONGEST_TEXT, "Payment receipt id, opaque."),
        "amount": rials("Amount paid."),
        "collected_at": moment("When it was collected."),
    },
)

_PREMIUM = Record(
    build=Premium,
    check=consistency.money,
    describes={
        "description": "What was due and what was collected. sum_of_debits is at least "
        "premium_due + unemployment_premium, amount_collected at least sum_of_debits, and the "
        "receipts add up to amount_collected."
    },
    members={
        "premium_due": rials("Premium due."),
        "unemployment_premium": rials("Unemployment premium."),
        "sum_of_debits": rials("Sum of debits."),
        "amount_collected": rials("Amount collected."),
        "receipts": ListOf(
            item=_RECEIPT,
            most=MOST_RECEIPTS,
            describes={"description": "The payments; empty only if nothing was collected."},
        ),
    },
)

_BASIS = Choice(
    describes={"description": "What the clearance rests on."},
    variants={
        "inspected": Record(
            build=InspectedBasis,
            describes={"description": "The statutory books were inspected."},
            members={
                "report_number": text(LONGEST_TEXT, "Number of the inspection report."),
                "report_date": day("Date of the inspection report."),
            },
        ),
        "undertaking": Record(
            build=_undertaking,
            check=consistency.fiscal_period,
            describes={"description": "Issued before the inspection, against an undertaking."},
            members={
                "undertaking_id": text(LONGEST_TEXT, "Id of the undertaking, opaque."),
                "fiscal_period": Record(
                    build=lambda start, end: (start, end),
                    members={
                        "start": day("First day of the fiscal period."),
                        "end": day("Last day of the fiscal period."),
                    },
                ),
            },
        ),
    },
)

_APPROVAL = Record(
    build=Approval,
    check=consistency.approved_by_now,
    members={
        "name": text(LONGEST_NAME, "Name of the official."),
        "role": text(LONGEST_TEXT, "Role, as it is to be printed."),
        "approved_at": moment("When it was approved."),
    },
)

REQUEST_MEMBERS: dict[str, Shape] = {
    "schema": Leaf(
        json_type=int,
        parse=_schema_version,
        describes={"const": SCHEMA_VERSION, "description": "Version of this schema."},
    ),
    "kind": one_of(*ClearanceKind, makes=ClearanceKind),
    "branch": _BRANCH,
    "contract": _CONTRACT,
    "performed_work": _PERFORMED_WORK,
    "referring_letter": _REFERRING_LETTER,
    "work_assigner": _party("The work assigner."),
    "contractor": _party("The contractor."),
    "premium": _PREMIUM,
    "basis": _BASIS,
    "approvals": Record(
        build=Approvals,
        describes={"description": "The two approvals."},
        members={"head_of_premium_collection": _APPROVAL, "head_of_branch": _APPROVAL},
    ),
    "replaces": digits(
        ClearanceNumber.parse,
        f"{DIGIT}{{4}}-{DIGIT}{{4}}-{DIGIT}{{6}}-{DIGIT}",
        "Number of the revoked clearance that this one replaces.",
    ),
}
"""The members of a request; the certificate's canonical object carries them too."""

OPTIONAL_MEMBERS = frozenset({"referring_letter", "replaces"})

_REQUEST = Record(
    members=REQUEST_MEMBERS,
    optional=OPTIONAL_MEMBERS,
    build=_request,
    describes={"title": "Clearance request, schema version 1"},
)
