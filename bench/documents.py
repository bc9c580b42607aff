"""Puts what was measured into the documentation."""

import os
import platform
import re
from pathlib import Path

VERIFICATION = Path(__file__).parents[1] / "docs" / "verification.md"


def machine() -> str:
    """Say in general words what the figures were measured on."""
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        "service and callers on the same machine"
    )


def replace_block(name: str, text: str, *, document: Path = VERIFICATION) -> None:
    """Replace what stands between the markers ``<!-- name -->`` and ``<!-- /name -->``."""
    written = document.read_text()
    block = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
    if len(block.findall(written)) != 1:
        raise SystemExit(f"{document.name} lacks the markers of {name}")
    document.write_text(block.sub(lambda _: f"\n{text}\n\n", written))
