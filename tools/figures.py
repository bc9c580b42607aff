"""Figures of the product code: ``make figures``, or ``python tools/figures.py FOLDER`` for another.

Lines by package, files that are too long, circles of imports, and modules that name the
clearance's own types. The packages are those of the import walls in ``pyproject.toml``.
"""

import argparse
import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp

LONGEST = 300
"""Lines of a file."""
CLEARANCE_TYPES = frozenset({"ClearanceCertificate", "ClearanceNumber", "ClearanceRequest"})
"""What only the domain, and whatever is about this one kind of document, should have to name."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parents[1])
    folder = parser.parse_args().folder.resolve()
    settings = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    packages = settings["tool"]["importlinter"]["root_packages"]
    files = {name: sorted((folder / name).rglob("*.py")) for name in packages}
    for line in (
        *_lines(files),
        *_listed(f"files over {LONGEST} lines", _too_long(folder, files)),
        *_listed("circles of imports", _circles(folder, packages)),
        *_listed("modules that name the clearance's types", _naming(folder, files), shown=0),
    ):
        print(line)


def _lines(files: dict[str, list[Path]]) -> Iterator[str]:
    counted = {name: sum(map(_length, found)) for name, found in files.items()}
    for name, lines in sorted(counted.items(), key=lambda each: -each[1]):
        yield f"{lines:>7,}  {name} ({len(files[name])} files)"
    yield f"{sum(counted.values()):>7,}  lines of product code"


def _listed(title: str, found: list[str], *, shown: int = 20) -> Iterator[str]:
    yield f"{len(found):>7,}  {title}"
    yield from (f"{'':9}{each}" for each in found[:shown])


def _too_long(folder: Path, files: dict[str, list[Path]]) -> list[str]:
    return [
        f"{each.relative_to(folder)}: {_length(each)}"
        for found in files.values()
        for each in found
        if _length(each) > LONGEST
    ]


def _circles(folder: Path, packages: list[str]) -> list[str]:
    """Return the groups of modules that reach each other, by imports for types alone as well."""
    sys.path.insert(0, str(folder))
    graph = grimp.build_graph(*packages, cache_dir=None)
    above = {
        module: graph.find_upstream_modules(module) - {module}
        for module in graph.modules
        if graph.find_modules_directly_imported_by(module)
    }
    groups = {
        frozenset({module, *(other for other in reached if module in above.get(other, ()))})
        for module, reached in above.items()
    }
    return [" - ".join(sorted(group)) for group in sorted(groups, key=sorted) if len(group) > 1]


def _naming(folder: Path, files: dict[str, list[Path]]) -> list[str]:
    return [
        str(each.relative_to(folder))
        for name, found in files.items()
        if name != "clearance"
        for each in found
        if CLEARANCE_TYPES & set(_names(each))
    ]


def _names(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.ImportFrom):
            yield from (each.name for each in node.names)


def _length(file: Path) -> int:
    return len(file.read_text("utf-8").splitlines())


if __name__ == "__main__":
    main()
