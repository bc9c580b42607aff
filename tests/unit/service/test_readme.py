"""What strangers read first says what the program does: commands, settings, files, pictures."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from service.cli.main import app
from service.rule_table import with_table
from service.settings_table import BEGIN, DOCUMENT, settings_table

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
COMMAND = r"^(?:\$ )?(mohr .*|make .*)$"
MOST_BYTES = 10_000
FRONT = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
FRONT_TEXTS = [(ROOT / name).read_text() for name in FRONT]
DOCUMENTS = (*FRONT, *(f"docs/{file.name}" for file in sorted((ROOT / "docs").glob("*.md"))))


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= MOST_BYTES


def test_the_settings_table_is_the_programs() -> None:
    document = DOCUMENT.read_text()
    assert document == with_table(document, settings_table(), begin=BEGIN), (
        "write it again: python -m service.settings_table"
    )


def _commands() -> set[str]:
    group = typer.main.get_command(app)
    names = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        names |= {f"{name} {each}" for each in inner} if inner else {name}
    return names


@pytest.mark.parametrize(
    "line", sorted({each for text in FRONT_TEXTS for each in re.findall(COMMAND, text, re.M)})
)
def test_every_command_of_the_front_door_exists(line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.M)
    else:
        assert words[1] in _commands() or " ".join(words[1:3]) in _commands()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_pictures_are_there(document: str) -> None:
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text) + re.findall(
        r'src="([^"]+)"', text
    ):
        assert (ROOT / document).parent.joinpath(target).exists(), target


def _anchors(text: str) -> set[str]:
    """Return what a link may name behind ``#``, as forges make it from headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M), re.M)
    return {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_sections_that_are_there(document: str) -> None:
    file = ROOT / document
    for target, anchor in re.findall(
        r"\]\((?!https?:)([^)#\s]*\.md|)#([^)\s]+)\)", file.read_text()
    ):
        named = file.parent / target if target else file
        assert anchor in _anchors(named.read_text()), f"{target}#{anchor}"


def test_the_readme_leads_to_every_document() -> None:
    assert len(re.findall(r"\]\(", README)) > 10
    for document in DOCUMENTS[1:]:
        assert f"]({document})" in README + CONTRIBUTING, document


def test_every_decision_record_is_listed() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text()
    for record in (ROOT / "docs/decisions").glob("0*.md"):
        title = re.sub(r"^# (\d+\. )?", "", record.read_text().splitlines()[0])
        assert f"[{title}]({record.name})" in listed
