"""What a payer's own record says of a clearance, and how that compares with what was issued.

An expectation names any of the single values of a certificate, nested as in its canonical JSON,
and is read by the same shapes as a request: amounts as JSON integers, dates Jalali or Gregorian,
digits in any script. Not among them: the lists, what is the same on every certificate, and the
verification code, which is a secret and no fact.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from clearance.canonical import certificate_object, plain_value
from clearance.certificate import ClearanceCertificate
from clearance.clock import parse_moment
from clearance.errors import InvalidRequest, InvalidValue
from clearance.fields import DIGIT, digits
from clearance.identifiers import ClearanceNumber
from clearance.request import REQUEST_MEMBERS
from clearance.shapes import Choice, Leaf, Reading, Record, Schema, Shape, one_of
from clearance.text import match_key

Plain = str | int
"""A single value as the certificate's canonical JSON writes it."""


@dataclass(frozen=True, kw_only=True)
class ExpectedField:
    """One value that the payer holds."""

    field: str
    """Its place in the certificate's canonical JSON (JSON Pointer, RFC 6901)."""
    value: Plain


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What a payer's record says of one clearance; at least one value."""

    fields: tuple[ExpectedField, ...]


class Agreement(StrEnum):
    """How one value of the payer's record stands to the register."""

    EQUAL = "equal"
    """The same value; of texts also another spelling of it (``clearance.text.match_key``)."""
    DIFFERENT = "different"
    """The clearance states something else."""
    ABSENT = "absent"
    """The clearance has no such value, or there is no clearance that may be compared with."""


@dataclass(frozen=True, kw_only=True)
class ComparedField:
    """One value of the payer's record beside the register's."""

    field: str
    expected: Plain
    found: Plain | None
    """``None`` exactly where the result is ``ABSENT``."""
    result: Agreement


def parse_expectation(obj: object, *, pointer: str = "") -> Expectation:
    """Read an expectation out of parsed JSON.

    A member that is left out or ``null`` is not held and not compared. Raises ``InvalidRequest``
    with every problem found (the first hundred): the codes of ``parse_request``, and
    ``expectation.empty`` where nothing is left to compare. ``pointer`` says where ``obj`` stands
    in the caller's request and begins the ``field`` of each problem.
    """
    reading = Reading(None)
    nested = _EXPECTATION.read(obj, pointer, reading)
    if reading.problems:
        raise InvalidRequest(tuple(reading.problems))
    fields = tuple(_flat(cast("Mapping[str, Any]", nested), ""))
    if not fields:
        raise InvalidRequest((InvalidValue("expectation.empty", field=pointer),))
    return Expectation(fields=fields)


def compare(
    expectation: Expectation, certificate: ClearanceCertificate | None
) -> tuple[ComparedField, ...]:
    """Compare field by field, in the certificate's own order; without one, all is ``ABSENT``."""
    facts = certificate_object(certificate) if certificate else {}
    return tuple(_compared(each, _at(facts, each.field)) for each in expectation.fields)


def expectation_schema() -> Schema:
    """Return the JSON Schema (2020-12) of an expectation, for OpenAPI and integrators."""
    return _EXPECTATION.schema()


def expectable_fields() -> Mapping[str, Leaf]:
    """Return every value that may be expected, by JSON Pointer, with the shape that reads it."""
    return dict(_leaves(_EXPECTATION, ""))


def _compared(expected: ExpectedField, found: Plain | None) -> ComparedField:
    return ComparedField(
        field=expected.field,
        expected=expected.value,
        found=found,
        result=_agreement(expected.value, found),
    )


def _agreement(expected: Plain, found: Plain | None) -> Agreement:
    if found is None:
        return Agreement.ABSENT
    if isinstance(expected, str) and isinstance(found, str):
        same = match_key(expected) == match_key(found)
    else:
        same = expected == found
    return Agreement.EQUAL if same else Agreement.DIFFERENT


def _at(facts: Mapping[str, Any], pointer: str) -> Plain | None:
    found: Any = facts
    for name in pointer.split("/")[1:]:
        # A section that may be missing is null in the canonical JSON: the referring letter.
        found = found.get(name) if isinstance(found, dict) else None
    return cast("Plain | None", found)


def _flat(nested: Mapping[str, Any], pointer: str) -> Iterator[ExpectedField]:
    for name, value in nested.items():
        place = f"{pointer}/{name}"
        if isinstance(value, dict):
            yield from _flat(value, place)
        elif value is not None:
            yield ExpectedField(field=place, value=plain_value(value))


def _leaves(record: Record, pointer: str) -> Iterator[tuple[str, Leaf]]:
    for name, shape in record.members.items():
        place = f"{pointer}/{name}"
        if isinstance(shape, Record):
            yield from _leaves(shape, place)
        elif isinstance(shape, Leaf):
            yield place, shape


def _optional(members: Mapping[str, Shape], describes: Schema) -> Record:
    """Make a record of which everything may be missing, and which contradicts nothing."""
    taken = {name: _part(shape) for name, shape in members.items()}
    kept = {name: shape for name, shape in taken.items() if shape is not None}
    # Said of a whole request, such as that its amounts add up, and not of a part of one.
    described = {key: value for key, value in describes.items() if key == "title"}
    return Record(members=kept, optional=frozenset(kept), build=dict, describes=described)


def _part(shape: Shape) -> Shape | None:
    match shape:
        case Record():
            return _optional(shape.members, shape.describes)
        case Choice():
            members: dict[str, Shape] = {"type": one_of(*shape.variants)}
            for variant in shape.variants.values():
                members |= variant.members
            return _optional(members, shape.describes)
        case Leaf():
            return shape
        case _:
            return None


_EXPECTATION = _optional(
    {
        "number": digits(
            ClearanceNumber.parse,
            f"{DIGIT}{{4}}-{DIGIT}{{4}}-{DIGIT}{{6}}-{DIGIT}",
            "Number of the clearance.",
        ),
        "issued_at": Leaf(
            json_type=str,
            parse=parse_moment,
            describes={
                "type": "string",
                "format": "date-time",
                "description": "When it was issued: RFC 3339 with offset.",
            },
        ),
        **{name: shape for name, shape in REQUEST_MEMBERS.items() if name != "schema"},
    },
    {"title": "Expectation: what a payer's own record says of a clearance"},
)
