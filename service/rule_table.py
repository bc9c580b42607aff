"""Writes the tables of the circular and of the rules: ``python -m service.rule_table``.

A test demands that the documents hold what this writes.
"""

from pathlib import Path

from clearance.circular import OBLIGATIONS, Obligation
from clearance.rulebook import RULES

ROOT = Path(__file__).parents[1]
BEGIN = "<!-- The table begins: written by python -m service.rule_table -->"
END = "<!-- The table ends -->"
_CIRCULAR = """\
| | clause | who | must | what holds it | carried by | proof |
| --- | --- | --- | --- | --- | --- | --- |
"""
_RULES = """\
| | code, after `rules.` | what must be so |
| --- | --- | --- |
"""
_TESTS = "../tests/circular"


def circular_table() -> str:
    """Return the circular clause by clause, in Markdown."""
    return _CIRCULAR + "".join(map(_obligation, OBLIGATIONS))


def rules_table() -> str:
    """Return the rules at issue by their codes, in Markdown."""
    return _RULES + "".join(
        f"| {rule.requirement} | `{rule.code.removeprefix('rules.')}` | {rule.demands} |\n"
        for rule in RULES
    )


TABLES = {"docs/circular.md": circular_table, "docs/rules.md": rules_table}
"""What stands in which document."""


def with_table(document: str, table: str, *, begin: str = BEGIN) -> str:
    """Return a document with the table between its two markers.

    Raises ``ValueError`` if it has no place for one.
    """
    before, _, rest = document.partition(begin)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"no place for the table: {begin} … {END}")
    return f"{before}{begin}\n\n{table}\n{END}{after}"


def _obligation(obligation: Obligation) -> str:
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
    for name, make in TABLES.items():
        file = ROOT / name
        file.write_text(with_table(file.read_text("utf-8"), make()), "utf-8")
