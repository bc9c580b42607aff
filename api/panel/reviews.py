"""The form of a review: the mechanised record beside what an officer reads in the claims file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from api.panel.forms import Form
from api.panel.words import CONTRACT_FIELDS
from clearance.directory import CONTRACT_FIELDS as FIELDS
from clearance.directory import ContractData, ContractRowRecord
from clearance.directory_shapes import REVIEW, ReviewStatement
from clearance.errors import InvalidRequest
from clearance.jalali import format_date
from clearance.money import Rials, grouped_digits
from clearance.request import read_whole
from clearance.text import ascii_digits, match_key, paper_digits
from templates.catalogues import Message, error_text

_GROUPING = re.compile(r"[\s\N{ARABIC THOUSANDS SEPARATOR},\N{ARABIC COMMA}]")
_LEFT_TO_RIGHT = frozenset(
    {
        "contract_date",
        "start",
        "end",
        "initial_amount",
        "work_assigner_workshop",
        "contractor_workshop",
        "contract_number",
    }
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One field of both records, as text."""

    name: str
    word: str
    record: str
    """Empty where the mechanised record lacks it."""
    claims_file: str
    differs: bool
    left_to_right: bool


def plain_fields(data: ContractData) -> dict[str, str]:
    """Write a contract's data as an officer reads and types them."""
    return {name: _plain(getattr(data, name)) for name in FIELDS}


def compared(record: ContractData, claims_file: Mapping[str, str]) -> tuple[Comparison, ...]:
    """Put both records beside each other, in the order of the fields."""
    known = plain_fields(record)
    return tuple(
        Comparison(
            name=name,
            word=CONTRACT_FIELDS[name],
            record=known[name],
            claims_file=claims_file.get(name, ""),
            differs=_differ(known[name], claims_file.get(name, "")),
            left_to_right=name in _LEFT_TO_RIGHT,
        )
        for name in FIELDS
    )


def fields_of(form: Form) -> dict[str, str]:
    """Return what was typed, by field."""
    return {name: form.text(name) for name in FIELDS}


def read_statement(form: Form, record: ContractRowRecord, now: datetime) -> ReviewStatement:
    """Read the form as what an officer states; an empty field is one that the file lacks.

    Raises ``InvalidRequest`` that names every problem.
    """
    typed = {name: text for name, text in fields_of(form).items() if text}
    claims_file: dict[str, Any] = dict(typed)
    if "initial_amount" in typed:
        claims_file["initial_amount"] = _amount(typed["initial_amount"])
    version = form.text("row_version")
    stated = {
        "sequence": str(record.key.sequence),
        "row_version": int(version) if re.fullmatch("[0-9]{1,16}", version) else 0,
        "claims_file": claims_file,
    }
    return cast("ReviewStatement", read_whole(REVIEW, stated, now=now))


def wrong_fields(error: InvalidRequest) -> dict[str, Message]:
    """Return what is wrong by the name of its field in the form."""
    return {each.field.rpartition("/")[2]: error_text(each) for each in error.problems}


def _amount(typed: str) -> int | str:
    digits = ascii_digits(_GROUPING.sub("", typed))
    return int(digits) if re.fullmatch("[0-9]{1,18}", digits) else typed


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case date():
            return format_date(value)
        case int():
            return grouped_digits(Rials(value))
        case _:
            return paper_digits(str(value))


def _differ(one: str, other: str) -> bool:
    return not one or not other or _folded(one) != _folded(other)


def _folded(text: str) -> str:
    return _GROUPING.sub("", match_key(text))
