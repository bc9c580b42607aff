"""The figures of the product code, and what they must be."""

import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = ROOT / "tools" / "figures.py"
PYPROJECT = """
[tool.importlinter]
root_packages = ["figured_low", "figured_high"]
"""


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return runpy.run_path(str(COMMAND))


@pytest.fixture(scope="module")
def packages() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return list(settings["tool"]["importlinter"]["root_packages"])


def test_no_product_file_is_too_long(figures: dict[str, Any], packages: list[str]) -> None:
    files = {name: sorted((ROOT / name).rglob("*.py")) for name in packages}
    assert all(files.values())
    assert figures["_too_long"](ROOT, files) == []


def test_no_imports_go_in_a_circle(figures: dict[str, Any], packages: list[str]) -> None:
    assert figures["_circles"](ROOT, packages) == []


def test_circles_long_files_and_the_clearances_types_are_found(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    contents = {
        "figured_low/__init__.py": "",
        "figured_low/alone.py": "x = 1\n" * 301,
        "figured_high/__init__.py": "",
        "figured_high/one.py": "from figured_high import two\n",
        "figured_high/two.py": "from figured_high import three\nfrom figured_low import alone\n",
        "figured_high/three.py": (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from figured_high import one\n"
            "number: 'ClearanceNumber'\ndef of(x: ClearanceNumber) -> None: ...\n"
        ),
    }
    for name, content in contents.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)

    told = subprocess.run(
        [sys.executable, COMMAND, tmp_path], capture_output=True, text=True, check=True
    ).stdout

    assert [line.strip() for line in told.splitlines()] == [
        "301  figured_low (2 files)",
        "8  figured_high (4 files)",
        "309  lines of product code",
        "1  files over 300 lines",
        "figured_low/alone.py: 301",
        "1  circles of imports",
        "figured_high.one - figured_high.three - figured_high.two",
        "1  modules that name the clearance's types",
    ]
