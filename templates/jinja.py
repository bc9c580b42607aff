"""What fills in all templates: escaping, strict about missing names, one set of filters.

A filter is called like the function of ``clearance`` that it is.
"""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from clearance.clock import format_moment
from clearance.identifiers import NationalId
from clearance.jalali import format_date, tehran_day, tehran_time
from clearance.money import grouped_digits, in_words
from clearance.text import paper_digits, persian_digits, reading_direction
from templates.printing import printed


def environment(
    *folders: Path, label: Callable[[str], object] | None = None, lstrip_blocks: bool = True
) -> Environment:
    """Make what fills in the templates of ``folders``, the earlier before the later.

    ``label`` says what a fact is called. Sealed documents keep the blanks before a tag
    (``lstrip_blocks``): their first version was laid out with them.
    """
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=lstrip_blocks,
        auto_reload=False,
    )
    made.filters.update(
        base64=_base64,
        format_date=format_date,
        format_moment=format_moment,
        grouped_digits=grouped_digits,
        in_words=in_words,
        isolated=isolated,
        paper_digits=paper_digits,
        persian_digits=lambda value: persian_digits(str(value)),
        printed=printed,
        reading_direction=reading_direction,
        tehran_day=tehran_day,
        tehran_time=tehran_time,
    )
    made.tests["national_id"] = lambda value: isinstance(value, NationalId)
    if label is not None:
        made.globals["label"] = label
    return made


def isolated(text: str) -> str:
    """Isolate what runs left to right; among Persian words its groups would print reversed."""
    return f"\u2066{text}\u2069"


def _base64(content: str | bytes) -> str:
    return b64encode(content.encode() if isinstance(content, str) else content).decode()
