"""Every code of hsm/ and keys/ has its text, with placeholders that its error fills."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEXTS = tomllib.loads((ROOT / "templates" / "messages" / "errors.toml").read_text("utf-8"))
CODE = re.compile(r"(hsm|keys|ceremony|authority)\.[a-z0-9_]+")
SOURCES = [*(ROOT / "hsm").glob("*.py"), *(ROOT / "keys").glob("*.py")]
SHARED = {"label", "subject", "not_before", "not_after"}
"""Parameters of the helper that refuses a certificate."""


def raised() -> Iterator[tuple[str, frozenset[str]]]:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            code = node.args[0]
            if not isinstance(code, ast.Constant) or not CODE.fullmatch(str(code.value)):
                continue
            given = next((k.value for k in node.keywords if k.arg == "parameters"), None)
            names = given.keys if isinstance(given, ast.Dict) else []
            known = {ast.literal_eval(name) for name in names if name}
            helper = SHARED if ast.unparse(node.func) == "_refused" else set()
            yield str(code.value), frozenset(known | helper)


CODES = sorted(set(raised()), key=str)


def test_the_codes_are_found() -> None:
    assert len(CODES) > 35
    assert ("keys.certificate_expired", frozenset(SHARED)) in CODES


@pytest.mark.parametrize(("code", "parameters"), CODES)
def test_a_code_has_its_text(code: str, parameters: frozenset[str]) -> None:
    for words in (TEXTS[code]["fa"], TEXTS[code]["en"]):
        assert set(re.findall(r"{(\w+)}", words)) <= parameters, code
