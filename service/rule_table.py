"""Writes the circular's table into the README: ``python -m service.rule_table``.

A test demands that the README holds what this writes.
"""

from pathlib import Path

from clearance.circular import OBLIGATIONS, Obligation

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- The circular's table begins: written by python -m service.rule_table -->"
END = "<!-- The circular's table ends -->"
_HEAD = """\
| | clause | who | must | what holds it | carried by | proof |
| --- | --- | --- | --- | --- | --- | --- |
"""
_TESTS = "tests/circular"


def rule_table() -> str:
    """Answer the table in Markdown, with its two markers."""
    rows = "".join(map(_row, OBLIGATIONS))
    return f"{BEGIN}\n\n{_HEAD}{rows}\n{END}"


def with_table(readme: str) -> str:
    """Answer a README with the present table between the markers that it holds."""
    before, _, rest = readme.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"no place for the table: {BEGIN}")
    return f"{before}{rule_table()}{after}"


def _row(obligation: Obligation) -> str:
    rules = ", ".join(f"`{rule.code.removeprefix('rules.')}`" for rule in obligation.rules)
    file, _, name = obligation.test.partition("::")
    cells = (
        f"**{obligation.number}**",
        obligation.clause,
        obligation.who,
        obligation.duty,
        f"{obligation.held_by} Refusals: {rules}." if rules else obligation.held_by,
        ", ".join(f"`{each}`" for each in obligation.carried_by),
        f"[{name}]({_TESTS}/{file})",
    )
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
