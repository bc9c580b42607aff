"""The records that the handing over of paper forms leaves (R12, R13).

Minutes are drawn up, closed once their totals balance, and sealed. Closing freezes their content,
and its canonical JSON is what the register keeps and the sealed PDF shows and has attached.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from clearance.canonical import canonical_bytes
from clearance.clock import format_moment, parse_moment
from clearance.errors import InvalidValue
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.paper_forms import ACCOUNTED, Balance, FormSerial, SerialRange
from clearance.text import ascii_digits

SCHEMA_VERSION = 1


class MinutesKind(StrEnum):
    """Which of the four records it is, in the order in which they follow each other."""

    BRANCH = "branch"
    """A branch hands its unused forms and their holograms over to its province (R12)."""
    CONSOLIDATED = "consolidated"
    """A province brings the minutes of its branches together (R13)."""
    DESPATCH = "despatch"
    """The province sends the forms to Services and Support (R13)."""
    REPORT = "report"
    """The province reports that to Premium Collection (R13)."""


class MinutesNumber(str):
    """``22-YYYY-NNNNNN``: the Jalali year and a serial that runs through it without a gap."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Raise ``InvalidValue("minutes_number.invalid")`` for another form."""
        if re.fullmatch("22-[0-9]{4}-[0-9]{6}", text) is None:
            raise InvalidValue("minutes_number.invalid")
        return super().__new__(cls, text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the number in any digits."""
        return cls(ascii_digits(text).strip())

    @classmethod
    def make(cls, jalali_year: int, serial: int) -> Self:
        """Return the number of a year's serial, from 1 on."""
        return cls(f"22-{jalali_year:04}-{serial:06}")


@dataclass(frozen=True, kw_only=True)
class Attendee:
    """One who is present when minutes are closed, and answers for them."""

    name: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Despatch:
    """How forms were sent on, securely (clause 5)."""

    packages: int
    security: str
    """The numbers of the packages' seals, the carrier, the waybill: what makes it traceable."""


@dataclass(frozen=True, kw_only=True)
class CancelledForm:
    """A form that was used and never issued, with what stands in its place (R14)."""

    serial: FormSerial
    clearance: ClearanceNumber


@dataclass(frozen=True, kw_only=True)
class BranchPart:
    """What consolidated minutes take from one branch's minutes."""

    number: MinutesNumber
    branch_code: BranchCode
    branch_name: str
    closed_at: datetime
    unused: int
    """Forms with their holograms that these minutes hand over."""


@dataclass(frozen=True, kw_only=True)
class Minutes:
    """Everything that closed minutes say; what does not concern a kind is empty there."""

    number: MinutesNumber
    kind: MinutesKind
    province: str
    branch_code: BranchCode | None
    """Set exactly for ``branch``."""
    branch_name: str | None
    closed_at: datetime
    """UTC, whole seconds."""
    attendees: tuple[Attendee, ...]
    balance: Balance
    """Of the branch, or of all branches of the province, at the moment of closing."""
    unused: tuple[SerialRange, ...]
    """The forms, each with its hologram, that are handed over."""
    cancelled: tuple[CancelledForm, ...] = ()
    missing: tuple[SerialRange, ...] = ()
    used: tuple[SerialRange, ...] = ()
    """Used, never issued, and not cancelled yet."""
    parts: tuple[BranchPart, ...] = ()
    despatch: Despatch | None = None
    consolidated: MinutesNumber | None = None
    """The consolidated minutes that a despatch or report is about."""
    despatched_by: MinutesNumber | None = None
    """The despatch that a report tells of."""


def minutes_object(minutes: Minutes) -> dict[str, Any]:
    """Return minutes as JSON data; serials are text, moments RFC 3339 in UTC."""
    return {
        "schema": SCHEMA_VERSION,
        "number": minutes.number,
        "kind": minutes.kind.value,
        "province": minutes.province,
        "branch_code": minutes.branch_code,
        "branch_name": minutes.branch_name,
        "closed_at": format_moment(minutes.closed_at),
        "attendees": [{"name": each.name, "role": each.role} for each in minutes.attendees],
        "balance": balance_object(minutes.balance),
        "unused": [range_object(each) for each in minutes.unused],
        "cancelled": [
            {"serial": str(each.serial), "clearance": each.clearance} for each in minutes.cancelled
        ],
        "missing": [range_object(each) for each in minutes.missing],
        "used": [range_object(each) for each in minutes.used],
        "parts": [
            {
                "number": each.number,
                "branch_code": each.branch_code,
                "branch_name": each.branch_name,
                "closed_at": format_moment(each.closed_at),
                "unused": each.unused,
            }
            for each in minutes.parts
        ],
        "despatch": minutes.despatch
        and {"packages": minutes.despatch.packages, "security": minutes.despatch.security},
        "consolidated": minutes.consolidated,
        "despatched_by": minutes.despatched_by,
    }


def minutes_bytes(minutes: Minutes) -> bytes:
    """Return the canonical JSON (RFC 8785) of minutes."""
    return canonical_bytes(minutes_object(minutes))


def minutes_from_object(obj: Mapping[str, Any]) -> Minutes:
    """Read what ``minutes_object`` wrote; the register checked it when it was written."""
    return Minutes(
        number=MinutesNumber(obj["number"]),
        kind=MinutesKind(obj["kind"]),
        province=obj["province"],
        branch_code=obj["branch_code"] and BranchCode(obj["branch_code"]),
        branch_name=obj["branch_name"],
        closed_at=parse_moment(obj["closed_at"]),
        attendees=tuple(Attendee(**each) for each in obj["attendees"]),
        balance=_balance(obj["balance"]),
        unused=_ranges(obj["unused"]),
        cancelled=tuple(
            CancelledForm(
                serial=FormSerial.parse(each["serial"]),
                clearance=ClearanceNumber(each["clearance"]),
            )
            for each in obj["cancelled"]
        ),
        missing=_ranges(obj["missing"]),
        used=_ranges(obj["used"]),
        parts=tuple(
            BranchPart(
                number=MinutesNumber(each["number"]),
                branch_code=BranchCode(each["branch_code"]),
                branch_name=each["branch_name"],
                closed_at=parse_moment(each["closed_at"]),
                unused=each["unused"],
            )
            for each in obj["parts"]
        ),
        despatch=obj["despatch"] and Despatch(**obj["despatch"]),
        consolidated=obj["consolidated"] and MinutesNumber(obj["consolidated"]),
        despatched_by=obj["despatched_by"] and MinutesNumber(obj["despatched_by"]),
    )


def balance_object(balance: Balance) -> dict[str, int]:
    """Return a balance as JSON data."""
    counts = {state.value: balance.count(state) for state in ACCOUNTED}
    return {"allotted": balance.allotted, **counts, "difference": balance.difference}


def range_object(serials: SerialRange) -> dict[str, Any]:
    """Return a range as JSON data."""
    return {
        "first": str(serials.first),
        "last": str(serials.last),
        "count": serials.count,
    }


def _balance(obj: Mapping[str, int]) -> Balance:
    states = {state: obj[state.value] for state in ACCOUNTED}
    return Balance(allotted=obj["allotted"], states=states)


def _ranges(objects: list[Mapping[str, Any]]) -> tuple[SerialRange, ...]:
    return tuple(
        SerialRange(first=FormSerial.parse(each["first"]), last=FormSerial.parse(each["last"]))
        for each in objects
    )
