"""The circular's table says what there is: rules, routes, commands, tests."""

import ast
from dataclasses import fields
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import typer

from api.app import create_app
from api.toolkit.dependencies import Office, Services
from clearance.circular import OBLIGATIONS, Obligation
from clearance.rulebook import RULES
from service.cli.main import app
from service.rule_table import TABLES, with_table

ROOT = Path(__file__).parents[3]
ISSUING = "POST /v1/clearances"


def named(obligation: Obligation) -> str:
    return obligation.number


def test_the_table_holds_every_obligation_once_and_in_order() -> None:
    assert [each.number for each in OBLIGATIONS] == [f"R{number}" for number in range(1, 18)]
    assert all(each.carried_by for each in OBLIGATIONS)


@pytest.mark.parametrize("document", TABLES)
def test_the_documents_hold_the_present_tables(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")

    assert with_table(text, TABLES[document]()) == text, "run: python -m service.rule_table"


def test_a_document_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_table("# Mohr", "table")


def test_every_rule_belongs_to_an_obligation_that_issuing_carries() -> None:
    carriers = {each.number for each in OBLIGATIONS if ISSUING in each.carried_by}

    assert {rule.requirement for rule in RULES} <= carriers


@pytest.mark.parametrize("obligation", OBLIGATIONS, ids=named)
def test_the_proof_exists_and_bears_its_number(obligation: Obligation) -> None:
    file, _, name = obligation.test.partition("::")
    tree = ast.parse((ROOT / "tests" / "circular" / file).read_text("utf-8"))
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

    assert name in tests
    assert name.startswith(f"test_{obligation.number.lower()}_")


def routes_of(routes: list[Any]) -> set[str]:
    found: set[str] = set()
    for route in routes:
        if inner := getattr(route, "original_router", None):
            found |= routes_of(inner.routes)
        for method in getattr(route, "methods", None) or ():
            found.add(f"{method} {route.path.replace(':path}', '}')}")
    return found


@pytest.fixture(scope="module")
def carriers() -> set[str]:
    """Every route of the whole service and every command."""
    parts = {each.name: MagicMock() for each in fields(Services)}
    office = Office(**{each.name: MagicMock() for each in fields(Office)})
    whole = create_app(
        Services(**parts | {"office": office, "public_url": "http://mohr.test", "demo": False})
    )
    return routes_of(whole.routes) | commands()


def commands() -> set[str]:
    found = set()
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {f"mohr {name} {each}" for each in inner} if inner else {f"mohr {name}"}
    return found


@pytest.mark.parametrize("obligation", OBLIGATIONS, ids=named)
def test_what_carries_it_is_there(obligation: Obligation, carriers: set[str]) -> None:
    assert set(obligation.carried_by) <= carriers
