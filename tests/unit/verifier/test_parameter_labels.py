"""Everything that a finding may carry as evidence has a name in both languages.

Read off the code: keywords of calls that make findings, and keys of mappings in the modules that
do. So a new parameter is noticed although no test file happens to show it.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import verifier

FOLDER = Path(verifier.__file__).parent

NOT_EVIDENCE = frozenset(
    # what a finding, a revision's changes and a seal's context are made of
    {"stage", "level", "reason", "parameters", "against", "number", "changes"}
    | {"trust_roots", "moment", "crls", "ocsps", "allow_fetching", "revocation_mode"}
    | {"algorithm_usage_policy", "retroactive_revinfo"}
    # names of curves, problems and errors, which are values
    | {"secp256r1", "secp384r1", "secp521r1", "negative", "overlapping", "reasons"}
    # a token's verdict, a reading, an archive's counts
    | {"claims", "valid", "attached", "failure", "files", "most", "uri"}
)


def makes_findings(tree: ast.Module) -> bool:
    words = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    return "Reason" in words and bool(words & {"Finding", "Change", "Task", "Stage"})


def names_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and any(
            ast.unparse(each).startswith("Reason.") for each in node.args
        ):
            yield from (each.arg for each in node.keywords if each.arg)
        if isinstance(node, ast.Dict):
            keys = (each.value for each in node.keys if isinstance(each, ast.Constant))
            yield from (each for each in keys if isinstance(each, str) and each.isidentifier())


def used() -> dict[str, str]:
    trees = {path.name: ast.parse(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.py"))}
    return {
        name: module
        for module, tree in trees.items()
        if makes_findings(tree)
        for name in names_in(tree)
        if name not in NOT_EVIDENCE
    }


def labels() -> dict[str, dict[str, str]]:
    content = files("templates").joinpath("messages", "parameters.toml").read_text("utf-8")
    return tomllib.loads(content)


def test_the_search_finds_what_is_known() -> None:
    known = {"field", "problem", "entries", "objects", "cause", "exceeded", "page", "area", "at"}
    assert known <= used().keys()


def test_every_parameter_has_a_name_in_both_languages() -> None:
    assert {name: module for name, module in used().items() if name not in labels()} == {}
    for name, label in labels().items():
        assert set(label) == {"fa", "en"}, name
        assert re.search("[آ-ی]", label["fa"]), name
        assert not re.search("[يك]", label["fa"]), name


def test_no_finding_carries_the_name_of_an_exception() -> None:
    for path in FOLDER.glob("*.py"):
        if path.name != "worker.py":  # what a worker says goes to the log, not into a finding
            assert "__name__" not in path.read_text("utf-8").replace("getLogger(__name__)", "")
