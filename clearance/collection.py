"""Reports of collected premium: the one way from JSON to ``Collection``."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from clearance import consistency
from clearance.certificate import PaymentReceipt
from clearance.deadline import Collection
from clearance.directory import ContractRowKey
from clearance.errors import InvalidValue
from clearance.fields import DIGIT, LONGEST_TEXT, digits, moment, rials, text
from clearance.identifiers import BranchCode, ContractRow, ContractSequence
from clearance.money import Rials
from clearance.request import MOST_RECEIPTS, read_whole
from clearance.shapes import Leaf, ListOf, Record, Schema

_ID = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def parse_collection(obj: object, *, now: datetime) -> Collection:
    """Read a report out of parsed JSON.

    ``now`` is the moment (aware) after which nothing can have been collected or assessed. Raises
    ``InvalidRequest`` with every problem found, as ``clearance.request.parse_request`` does.
    """
    return cast("Collection", read_whole(_COLLECTION, obj, now=now))


def collection_schema() -> Schema:
    """Return the JSON Schema (2020-12) of a report."""
    return _COLLECTION.schema()


def parse_collection_id(given: str) -> str:
    """Return the id of a collection; raise ``InvalidValue("collection.id_invalid")``."""
    if re.fullmatch(_ID, given) is None:
        raise InvalidValue("collection.id_invalid")
    return given


def _build(
    branch_code: BranchCode,
    row: ContractRow,
    sequence: ContractSequence,
    **members: Any,
) -> Collection:
    key = ContractRowKey(branch_code=branch_code, row=row, sequence=sequence)
    return Collection(key=key, **members)


def _check(collection: Collection, now: datetime | None) -> Iterator[InvalidValue]:
    """Judge a report: either everything due was paid, or nothing was due and that was approved."""
    if collection.receipts and collection.assessed_at is not None:
        yield InvalidValue("collection.assessed_and_collected", field="/assessed_at")
    if not collection.receipts and collection.assessed_at is None:
        yield InvalidValue("collection.nothing_collected", field="/receipts")
    if collection.amount < collection.sum_of_debits:
        yield InvalidValue(
            "collection.below_due",
            field="/receipts",
            parameters={
                "collected": f"{int(collection.amount):,}",
                "debits": f"{int(collection.sum_of_debits):,}",
            },
        )
    if len({receipt.id for receipt in collection.receipts}) < len(collection.receipts):
        yield InvalidValue("collection.receipt_repeated", field="/receipts")
    if now is not None and collection.assessed_at is not None and collection.assessed_at > now:
        yield InvalidValue("time.in_future", field="/assessed_at")


def _paid(value: object) -> Rials:
    amount = Rials.parse(value)
    if not amount:
        raise InvalidValue("collection.empty_receipt")
    return amount


_RECEIPT = Record(
    build=PaymentReceipt,
    check=consistency.collected_by_now,
    members={
        "id": text(LONGEST_TEXT, "Payment receipt id, opaque; belongs to one collection."),
        "amount": Leaf(
            json_type=None,
            parse=_paid,
            describes=rials("Amount paid.").schema() | {"minimum": 1},
        ),
        "collected_at": moment("When it was collected."),
    },
)

_COLLECTION = Record(
    build=_build,
    check=_check,
    optional=frozenset({"assessed_at"}),
    describes={
        "title": "Collection of the premium of one contract row",
        "description": "Either receipts that reach sum_of_debits, or, where nothing was to be "
        "collected, no receipts, sum_of_debits 0 and the moment the assessment was approved.",
    },
    members={
        "id": Leaf(
            json_type=str,
            parse=parse_collection_id,
            describes={
                "type": "string",
                "pattern": f"^{_ID}$",
                "description": "Chosen by the caller; repeating a report with its id changes "
                "nothing.",
            },
        ),
        "branch_code": digits(BranchCode.parse, f"{DIGIT}{{4}}", "Branch code."),
        "row": digits(
            ContractRow.parse,
            f"(?:{DIGIT}{{3}}|{DIGIT}{{8}})",
            "Contract row: 3 or 8 digits, as given.",
        ),
        "sequence": digits(ContractSequence.parse, f"{DIGIT}{{2}}", "Sequence of the row."),
        "sum_of_debits": rials("What was due altogether."),
        "receipts": ListOf(
            item=_RECEIPT,
            most=MOST_RECEIPTS,
            describes={"description": "The payments; empty if nothing was to be collected."},
        ),
        "assessed_at": moment("When an assessment of nothing due was approved."),
    },
)
