"""Shapes of JSON data: one table both reads a document and describes it as JSON Schema.

Reading goes on after a problem, so that a caller learns of all of them at once; a value is built
only if everything inside it was good. Whatever a shape does not name is refused.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from clearance.errors import InvalidValue

MOST_PROBLEMS = 100
"""As many problems are told; a document with more is not worth a longer answer."""

_LONGEST_SHOWN_NAME = 60

Schema = dict[str, Any]

Check = Callable[[Any, datetime | None], Iterable[InvalidValue]]
"""Judges a whole value at a moment (``None``: its times are not judged). The ``field`` of what it
returns is a JSON Pointer relative to the value."""


class Reading:
    """One reading of one document: the moment it is judged at and the problems found so far."""

    def __init__(self, now: datetime | None) -> None:
        self.now = now
        self.count = 0
        self.problems: list[InvalidValue] = []

    def refuse(self, pointer: str, code: str, **parameters: str) -> None:
        """Note a problem at the place that the JSON Pointer names."""
        self.count += 1
        if self.count <= MOST_PROBLEMS:
            self.problems.append(InvalidValue(code, field=pointer, parameters=parameters))


class Shape(Protocol):
    """What a JSON value must look like and what it becomes."""

    def read(self, value: object, pointer: str, reading: Reading) -> object:
        """Return the domain value; after a problem the answer means nothing."""

    def schema(self) -> Schema:
        """Return the JSON Schema (2020-12) of the value."""


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A string or an integer, read by one function that raises ``InvalidValue``."""

    json_type: type[str] | type[int] | None
    """``None`` leaves the type to ``parse``, where it has an error code of its own."""
    parse: Callable[[Any], object]
    describes: Schema = field(default_factory=dict)

    def read(self, value: object, pointer: str, reading: Reading) -> object:
        """See ``Shape``."""
        if self.json_type is not None and not _is(value, self.json_type):
            expected = "string" if self.json_type is str else "integer"
            reading.refuse(pointer, "field.wrong_type", expected=expected)
            return None
        try:
            return self.parse(value)
        except InvalidValue as problem:
            reading.refuse(pointer, problem.code, **problem.parameters)
            return None

    def schema(self) -> Schema:
        """See ``Shape``."""
        return dict(self.describes)


@dataclass(frozen=True, kw_only=True)
class Record:
    """An object with named members and no others."""

    members: Mapping[str, Shape]
    build: Callable[..., object]
    """Makes the value of the members, given by name; may raise ``InvalidValue``."""
    optional: frozenset[str] = frozenset()
    """Members that may be missing or ``null``; either way ``build`` gets ``None``."""
    check: Check = lambda _value, _now: ()
    """Looks for contradictions once the value is built."""
    describes: Schema = field(default_factory=dict)

    def read(self, value: object, pointer: str, reading: Reading) -> object:
        """See ``Shape``."""
        if not isinstance(value, dict):
            reading.refuse(pointer, "field.wrong_type", expected="object")
            return None
        before = reading.count
        members = {name: self._read_member(name, value, pointer, reading) for name in self.members}
        for name in value:
            if name not in self.members:
                reading.refuse(f"{pointer}/{_shown(name)}", "field.unknown")
        if reading.count > before:
            return None
        try:
            built = self.build(**members)
            problems = tuple(self.check(built, reading.now))
        except InvalidValue as contradiction:
            built, problems = None, (contradiction,)
        for problem in problems:
            reading.refuse(pointer + problem.field, problem.code, **problem.parameters)
        return built

    def _read_member(
        self, name: str, value: dict[str, object], pointer: str, reading: Reading
    ) -> object:
        if name in self.optional and value.get(name) is None:
            return None
        if name not in value:
            reading.refuse(f"{pointer}/{name}", "field.missing")
            return None
        return self.members[name].read(value[name], f"{pointer}/{name}", reading)

    def schema(self) -> Schema:
        """See ``Shape``."""
        return {
            "type": "object",
            "properties": {name: self._member_schema(name) for name in self.members},
            "required": [name for name in self.members if name not in self.optional],
            "additionalProperties": False,
            **self.describes,
        }

    def _member_schema(self, name: str) -> Schema:
        schema = self.members[name].schema()
        return {"oneOf": [schema, {"type": "null"}]} if name in self.optional else schema


@dataclass(frozen=True, kw_only=True)
class ListOf:
    """An array of one shape, read into a tuple."""

    item: Shape
    most: int
    describes: Schema = field(default_factory=dict)

    def read(self, value: object, pointer: str, reading: Reading) -> object:
        """See ``Shape``."""
        if not isinstance(value, list):
            reading.refuse(pointer, "field.wrong_type", expected="array")
            return None
        if len(value) > self.most:
            reading.refuse(pointer, "list.too_long", limit=str(self.most))
            return None
        return tuple(
            self.item.read(item, f"{pointer}/{place}", reading) for place, item in enumerate(value)
        )

    def schema(self) -> Schema:
        """See ``Shape``."""
        return {
            "type": "array",
            "items": self.item.schema(),
            "maxItems": self.most,
            **self.describes,
        }


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An object whose member ``type`` tells which of several records it is."""

    variants: Mapping[str, Record]
    describes: Schema = field(default_factory=dict)

    def read(self, value: object, pointer: str, reading: Reading) -> object:
        """See ``Shape``."""
        if not isinstance(value, dict):
            reading.refuse(pointer, "field.wrong_type", expected="object")
            return None
        if "type" not in value:
            reading.refuse(f"{pointer}/type", "field.missing")
            return None
        name = one_of(*self.variants).read(value["type"], f"{pointer}/type", reading)
        if not isinstance(name, str):
            return None
        rest = {key: member for key, member in value.items() if key != "type"}
        return self.variants[name].read(rest, pointer, reading)

    def schema(self) -> Schema:
        """See ``Shape``."""
        return {
            "oneOf": [_tagged(name, record) for name, record in self.variants.items()],
            **self.describes,
        }


def one_of(*allowed: str, makes: Callable[[str], object] = str) -> Leaf:
    """Return the shape of a string out of a fixed list, read by ``makes``."""

    def parse(text: str) -> object:
        if text not in allowed:
            raise InvalidValue("field.not_allowed", parameters={"allowed": ", ".join(allowed)})
        return makes(text)

    return Leaf(json_type=str, parse=parse, describes={"type": "string", "enum": list(allowed)})


def _tagged(name: str, record: Record) -> Schema:
    schema = record.schema()
    properties = {"type": {"const": name}, **schema["properties"]}
    return {**schema, "properties": properties, "required": ["type", *schema["required"]]}


def _is(value: object, json_type: type[str] | type[int]) -> bool:
    return isinstance(value, json_type) and not isinstance(value, bool)


def _shown(name: object) -> str:
    """Write a caller's member name as a JSON Pointer token that any screen can bear."""
    text = str(name)[:_LONGEST_SHOWN_NAME].replace("~", "~0").replace("/", "~1")
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
