"""The README says what the program does: commands, settings, files, pictures."""

import re
import shlex
from enum import Enum
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from service.cli.main import app
from service.settings import Settings

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
UNTABLED = {"home"}


def _rows(model: type[BaseModel], prefix: str = "") -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            rows += _rows(annotation, f"{prefix}{name}.")
        elif prefix + name not in UNTABLED:
            default = field.default.value if isinstance(field.default, Enum) else field.default
            shown = (
                ""
                if default is None
                else f"`{str(default).lower() if default is False else default}`"
            )
            meaning = " ".join((field.description or "").split())
            assert meaning, f"{prefix}{name} has no docstring"
            rows.append(f"| `{prefix}{name}` | {shown} | {meaning} |")
    return rows


def _shown(default: object) -> str:
    if isinstance(default, Enum):
        return str(default.value)
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_the_settings_table_is_the_programs() -> None:
    table = "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *_rows(Settings)])
    assert table in README, f"put this into the README:\n{table}"


def _commands() -> set[str]:
    group = typer.main.get_command(app)
    names = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        names |= {f"{name} {each}" for each in inner} if inner else {name}
    return names


@pytest.mark.parametrize(
    "line", sorted(set(re.findall(r"^(?:\$ )?(mohr .*|make .*)$", README, re.M)))
)
def test_every_command_in_the_readme_exists(line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.M)
    else:
        assert words[1] in _commands() or " ".join(words[1:3]) in _commands()


def test_links_and_pictures_are_there() -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", README) + re.findall(
        r'src="([^"]+)"', README
    )
    assert len(targets) > 10
    for target in targets:
        assert (ROOT / target).exists(), target


def test_every_decision_record_is_listed() -> None:
    for record in (ROOT / "docs/decisions").glob("*.md"):
        assert f"docs/decisions/{record.name}" in README
