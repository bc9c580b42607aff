"""Every error code of the domain has its text, with the placeholders that its error fills."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import clearance.request

ROOT = Path(__file__).parents[3]
TEXTS = tomllib.loads((ROOT / "templates" / "messages" / "errors.toml").read_text("utf-8"))
CODE = re.compile(r"[a-z_]+\.[a-z_]+")


def codes() -> Iterator[tuple[str, frozenset[str]]]:
    """Codes in the domain's source with the names of their parameters."""
    for source in Path(clearance.request.__file__).parent.glob("*.py"):
        if source.name == "verdict.py":
            continue
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield from raised(node)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
                yield ast.literal_eval(node.value), frozenset()


def raised(call: ast.Call) -> Iterator[tuple[str, frozenset[str]]]:
    name = ast.unparse(call.func)
    texts = [a.value for a in call.args if isinstance(a, ast.Constant)]
    found = [text for text in texts if isinstance(text, str) and CODE.fullmatch(text)]
    if name == "InvalidValue" and found:
        given = next((k.value for k in call.keywords if k.arg == "parameters"), None)
        keys = given.keys if isinstance(given, ast.Dict) else []
        yield found[0], frozenset(ast.literal_eval(key) for key in keys if key)
    if name == "reading.refuse" and found:
        yield found[0], frozenset(k.arg for k in call.keywords if k.arg)


CODES = sorted(set(codes()), key=str)


def test_the_codes_are_found() -> None:
    assert len(CODES) > 40
    assert ("branch_code.invalid", frozenset()) in CODES
    assert ("list.too_long", frozenset({"limit"})) in CODES


@pytest.mark.parametrize(("code", "parameters"), CODES)
def test_a_code_has_its_text_in_both_languages(code: str, parameters: frozenset[str]) -> None:
    text = TEXTS[code]
    assert text.keys() == {"fa", "en"}
    if code.startswith("holidays."):
        parameters |= {"file"}  # added by whoever read the file
    for words in text.values():
        assert set(re.findall(r"{(\w+)}", words)) <= parameters
        assert words.endswith(".")


def test_persian_texts_are_spelt_the_persian_way() -> None:
    for code, text in TEXTS.items():
        assert not set(text["fa"]) & set("يكىـ٠١٢٣٤٥٦٧٨٩"), code
        assert re.search("[آ-ی]", text["fa"]), code
