"""The JSON Schema says what the parser does: each of its sentences is tried on the examples."""

import copy
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import clearance.request
from clearance.errors import InvalidRequest
from clearance.request import parse_request, request_schema

DOCUMENT = Path(__file__).parents[3] / "docs" / "request.md"
NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
Json = dict[str, Any]
Place = tuple[str | int, ...]


def matching(schema: Json, value: object) -> Json:
    """The branch of a ``oneOf`` that speaks of this value."""
    for branch in schema.get("oneOf", []):
        tag = branch.get("properties", {}).get("type", {}).get("const")
        if isinstance(value, dict) and tag in (None, value.get("type")):
            return branch
    return schema


def walk(schema: Json, value: object, path: Place = ()) -> Iterator[tuple[Place, Json, object]]:
    schema = matching(schema, value)
    yield path, schema, value
    if isinstance(value, dict):
        for name, member in value.items():
            yield from walk(schema["properties"][name], member, (*path, name))
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from walk(schema["items"], item, (*path, place))


def changed(obj: Json, path: Place, change: Callable[[Any, Any], None]) -> Json:
    obj = copy.deepcopy(obj)
    holder: Any = obj
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return obj


def codes(obj: Json) -> set[str]:
    try:
        parse_request(obj, now=NOW)
    except InvalidRequest as refused:
        return {problem.code for problem in refused.problems}
    return set()


@pytest.fixture(params=["ordinary-company", "interim", "smallest", "replacement"])
def accepted(request: pytest.FixtureRequest, example: Callable[[str], Json]) -> Json:
    return example(request.param)


def test_the_schema_names_every_member_and_allows_no_other(accepted: Json) -> None:
    for path, schema, value in walk(request_schema(), accepted):
        if isinstance(value, dict):
            assert schema["additionalProperties"] is False
            extended = changed({"": accepted}, ("", *path, "extra"), lambda o, n: o.update({n: 1}))
            assert codes(extended[""]) == {"field.unknown"}


def test_what_the_schema_requires_is_required(accepted: Json) -> None:
    for path, schema, value in walk(request_schema(), accepted):
        if isinstance(value, dict):
            for name in value:
                without = changed(accepted, (*path, name), lambda o, n: o.pop(n))
                expected = {"field.missing"} if name in schema["required"] else set()
                assert codes(without) == expected, (path, name)


def test_types_and_limits_of_the_schema_are_the_parser_s(accepted: Json) -> None:
    tried = 0
    for path, schema, value in walk(request_schema(), accepted):
        for wrong, expected in wrong_values(schema, value):
            found = codes(changed(accepted, path, lambda o, n, wrong=wrong: o.update({n: wrong})))
            assert found & expected, (path, wrong)
            tried += 1
    assert tried > 60


def wrong_values(schema: Json, value: object) -> Iterator[tuple[object, set[str]]]:
    match schema.get("type"):
        case "string":
            yield 7, {"field.wrong_type"}
            yield None, {"field.wrong_type"}
        case "integer":
            yield "7", {"money.not_an_integer"}
            yield schema["maximum"] + 1, {"money.too_large"}
            yield schema["minimum"] - 1, {"money.negative"}
        case "array":
            yield [value] * (schema["maxItems"] + 1), {"list.too_long"}
    if "maxLength" in schema:
        yield "ب" * (schema["maxLength"] + 1), {"text.too_long"}
        yield "", {"text.empty"}
    if "enum" in schema:
        yield "other", {"field.not_allowed"}


def test_the_patterns_of_the_schema_let_the_examples_pass(
    example: Callable[[str], Json],
) -> None:
    for name in (
        "natural-person-contractor",
        "ordinary-company",
        "ministry-assigner",
        "interim",
        "replacement",
    ):
        for path, schema, value in walk(request_schema(), example(name)):
            if "pattern" in schema:
                assert re.search(schema["pattern"], str(value)), path
            if "maxLength" in schema:
                assert len(str(value)) <= schema["maxLength"], path


def test_every_value_is_described() -> None:
    def leaves(schema: Json) -> Iterator[Json]:
        inner = [*schema.get("properties", {}).values(), *schema.get("oneOf", [])]
        if "items" in schema:
            inner.append(schema["items"])
        if not inner:
            yield schema
        for each in inner:
            yield from leaves(each)

    for leaf in leaves(request_schema()):
        assert leaf.keys() & {"description", "const", "enum"} or leaf == {"type": "null"}, leaf


def test_the_documentation_names_every_member(example: Callable[[str], Json]) -> None:
    document = DOCUMENT.read_text("utf-8")
    for name in ("ordinary-company", "interim", "replacement"):
        for path, _, _ in walk(request_schema(), example(name)):
            named = [step for step in path if isinstance(step, str)]
            assert not named or re.search(rf"[`.]{named[-1]}[`.]", document), path


def test_the_documentation_names_every_problem() -> None:
    document = DOCUMENT.read_text("utf-8")
    source = Path(clearance.request.__file__).parent
    for module in ("consistency", "fields", "jalali", "money", "request", "shapes", "text"):
        found = re.findall(r'"([a-z_]+\.[a-z_]+)"', (source / f"{module}.py").read_text("utf-8"))
        for code in found:
            assert f"`{code}`" in document, code
