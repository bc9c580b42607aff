"""Writes the table of settings into its document: ``python -m service.settings_table``.

A test demands that the document holds what this writes.
"""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from pydantic import BaseModel

from service.rule_table import ROOT, with_table
from service.settings import Settings

DOCUMENT: Path = ROOT / "docs/settings.md"
BEGIN = "<!-- The table begins: written by python -m service.settings_table -->"
_HEAD = "| setting | default | meaning |\n| --- | --- | --- |\n"
_UNTABLED = frozenset({"home"})
"""Said by the environment alone."""


def settings_table() -> str:
    """Return every setting with default and meaning, in Markdown.

    Raises ``ValueError`` for one without a docstring.
    """
    return _HEAD + "".join(_rows(Settings, ""))


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _rows(annotation, f"{prefix}{name}.")
        elif prefix + name not in _UNTABLED:
            meaning = " ".join((field.description or "").split())
            if not meaning:
                raise ValueError(f"{prefix}{name} has no docstring")
            yield f"| `{prefix}{name}` | {_default(field.default)} | {meaning} |\n"


def _default(value: object) -> str:
    if value is None:
        return ""
    shown = value.value if isinstance(value, Enum) else value
    return f"`{str(shown).lower() if shown is False else shown}`"


if __name__ == "__main__":
    text = with_table(DOCUMENT.read_text("utf-8"), settings_table(), begin=BEGIN)
    DOCUMENT.write_text(text, "utf-8")
