"""What officers send to the ledger of paper forms, from JSON to domain values.

Each function raises ``InvalidRequest`` that names every problem by JSON Pointer.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from clearance.errors import InvalidValue
from clearance.fields import DIGIT, LONGEST_NAME, LONGEST_TEXT, digits, text
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.minutes import Attendee, Despatch, MinutesKind, MinutesNumber
from clearance.paper_forms import MOST_DIGITS, FormEntry, FormSerial, SerialRange, SerialState
from clearance.request import read_whole
from clearance.shapes import Leaf, ListOf, Record, Schema, one_of
from clearance.text import clean

MOST_ENTRIES = 500
MOST_ATTENDEES = 12
MOST_PACKAGES = 100_000

# What the typefaces of the minutes can draw: letters of Persian and Arabic words, Latin ones,
# digits, and the marks that go with them.
_PRINTABLE = re.compile("[ -~«»،؛؟ء-غف-ٕپچژکگۀی۰-۹–—‘’“”…\u200c\u200d]*")


@dataclass(frozen=True, kw_only=True)
class Allotment:
    """Serials that a province gives to one of its branches."""

    branch_code: BranchCode
    serials: SerialRange


@dataclass(frozen=True, kw_only=True)
class MinutesDraft:
    """Which minutes to draw up: ``branch_code``, ``province`` or ``consolidated`` by kind."""

    kind: MinutesKind
    branch_code: BranchCode | None
    province: str | None
    consolidated: MinutesNumber | None


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What is added to minutes when they are closed."""

    attendees: tuple[Attendee, ...]
    despatch: Despatch | None
    """Exactly for a despatch."""


def parse_allotment(obj: object) -> Allotment:
    """Read ``{"branch_code", "first", "last"}``."""
    return cast("Allotment", read_whole(_ALLOTMENT, obj, now=None))


def parse_entries(obj: object) -> tuple[FormEntry, ...]:
    """Read ``{"entries": [{"first", "last"?, "state", …}, …]}``, at most ``MOST_ENTRIES``."""
    return cast("tuple[FormEntry, ...]", read_whole(_ENTRIES, obj, now=None))


def parse_draft(obj: object) -> MinutesDraft:
    """Read ``{"kind", …}`` with the one member that the kind asks for."""
    return cast("MinutesDraft", read_whole(_DRAFT, obj, now=None))


def parse_closing(obj: object) -> Closing:
    """Read ``{"attendees", "despatch"?}``."""
    return cast("Closing", read_whole(_CLOSING, obj, now=None))


def allotment_schema() -> Schema:
    """Return the JSON Schema of an allotment."""
    return _ALLOTMENT.schema()


def entries_schema() -> Schema:
    """Return the JSON Schema of entries."""
    return _ENTRIES.schema()


def draft_schema() -> Schema:
    """Return the JSON Schema of the order to draw up minutes."""
    return _DRAFT.schema()


def closing_schema() -> Schema:
    """Return the JSON Schema of a closing."""
    return _CLOSING.schema()


def printable(value: str, *, limit: int) -> str:
    """Clean a text and demand that the minutes can print it.

    Raises as ``clearance.text.clean``, and ``InvalidValue("paper.letter_not_printable")``.
    """
    cleaned = clean(value, limit=limit)
    if _PRINTABLE.fullmatch(cleaned) is None:
        raise InvalidValue("paper.letter_not_printable")
    return cleaned


def _printed(limit: int, description: str) -> Leaf:
    return Leaf(
        json_type=str,
        parse=lambda value: printable(value, limit=limit),
        describes=text(limit, description).schema(),
    )


def _serial(description: str) -> Leaf:
    return digits(FormSerial.parse, f"{DIGIT}{{1,{MOST_DIGITS}}}", description)


def _identifier(parse: Callable[[str], object], description: str) -> Leaf:
    return Leaf(
        json_type=str, parse=parse, describes={"type": "string", "description": description}
    )


def _entry(first: FormSerial, last: FormSerial | None, **members: Any) -> FormEntry:
    return FormEntry(serials=SerialRange(first=first, last=last or first), **members)


def _allotment(branch_code: BranchCode, first: FormSerial, last: FormSerial) -> Allotment:
    return Allotment(branch_code=branch_code, serials=SerialRange(first=first, last=last))


_ASKED_FOR = {
    MinutesKind.BRANCH: "branch_code",
    MinutesKind.CONSOLIDATED: "province",
    MinutesKind.DESPATCH: "consolidated",
    MinutesKind.REPORT: "consolidated",
}
"""What drawing up minutes of a kind asks for."""


def _draft(kind: MinutesKind, **members: Any) -> MinutesDraft:
    asked_for = _ASKED_FOR[kind]
    for name, value in members.items():
        if name == asked_for and value is None:
            raise InvalidValue("field.missing", field=f"/{name}")
        if name != asked_for and value is not None:
            raise InvalidValue("field.unknown", field=f"/{name}")
    return MinutesDraft(kind=kind, **members)


def _packages(count: int) -> int:
    if not 1 <= count <= MOST_PACKAGES:
        raise InvalidValue("paper.packages_out_of_range")
    return count


_BRANCH_CODE = digits(BranchCode.parse, f"{DIGIT}{{4}}", "Branch code.")
_FIRST, _LAST = _serial("First serial."), _serial("Last serial, included.")

_ALLOTMENT = Record(
    members={"branch_code": _BRANCH_CODE, "first": _FIRST, "last": _LAST}, build=_allotment
)
_ENTRY = Record(
    members={
        "first": _FIRST,
        "last": _serial("Last serial, included; without it, `first` alone."),
        "state": one_of(*SerialState, makes=SerialState),
        "hologram": _serial(
            "Serial of the hologram attached to the first form, with `unused_returned` and "
            "`cancelled`: the form's own."
        ),
        "clearance": _identifier(
            ClearanceNumber.parse, "With `cancelled`: the electronic clearance in its place."
        ),
        "explanation": text(LONGEST_NAME, "Demanded with `missing` and `allotted`."),
    },
    optional=frozenset({"last", "hologram", "clearance", "explanation"}),
    build=_entry,
)
_ENTRIES = Record(
    members={"entries": ListOf(item=_ENTRY, most=MOST_ENTRIES, describes={"minItems": 1})},
    build=lambda entries: entries,
    check=lambda entries, _now: (
        () if entries else (InvalidValue("paper.nothing_to_record", field="/entries"),)
    ),
)
_DRAFT = Record(
    members={
        "kind": one_of(*MinutesKind, makes=MinutesKind),
        "branch_code": _BRANCH_CODE,
        "province": text(LONGEST_TEXT, "With `consolidated`."),
        "consolidated": _identifier(
            MinutesNumber.parse, "With `despatch` and `report`: the consolidated minutes."
        ),
    },
    optional=frozenset({"branch_code", "province", "consolidated"}),
    build=_draft,
)
_CLOSING = Record(
    members={
        "attendees": ListOf(
            item=Record(
                members={
                    "name": _printed(LONGEST_TEXT, "Name."),
                    "role": _printed(LONGEST_TEXT, "Office held."),
                },
                build=Attendee,
            ),
            most=MOST_ATTENDEES,
            describes={"minItems": 1},
        ),
        "despatch": Record(
            members={
                "packages": Leaf(
                    json_type=int,
                    parse=_packages,
                    describes={"type": "integer", "minimum": 1, "maximum": MOST_PACKAGES},
                ),
                "security": _printed(
                    LONGEST_NAME, "Numbers of the packages' seals, carrier, waybill."
                ),
            },
            build=Despatch,
        ),
    },
    optional=frozenset({"despatch"}),
    build=Closing,
    check=lambda closing, _now: (
        () if closing.attendees else (InvalidValue("paper.nobody_present", field="/attendees"),)
    ),
)
