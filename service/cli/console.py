"""What the commands share on the terminal: consoles, error reports, exit codes."""

import sys

from rich.console import Console
from rich.text import Text

from clearance.errors import InvalidRequest, MohrError, RulesNotMet, Unavailable
from templates.catalogues import Message, error_text, remedy_text, rule_text

_WIDE = 160
"""Columns of a table in a file or a pipe, which has no width of its own."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)

EXIT_REFUSED = 1
EXIT_UNAVAILABLE = 2


def report(error: MohrError) -> int:
    """Print an error in Persian and English with its code and field; answer the exit code.

    Of an invalid request each wrong value is told, of a refused one each rule that it breaks.
    """
    for each in error.problems if isinstance(error, InvalidRequest) else (error,):
        _print(each.code, each.field, error_text(each))
    for failure in error.failures if isinstance(error, RulesNotMet) else ():
        _print(
            f"{failure.requirement} {failure.code}",
            ", ".join(failure.fields),
            rule_text(failure),
            remedy_text(failure),
        )
    return EXIT_UNAVAILABLE if isinstance(error, Unavailable) else EXIT_REFUSED


def _print(code: str, where: str, *texts: Message) -> None:
    err.print(Text(f"{code}  {where}".rstrip(), style="bold red"))
    for text in texts:
        err.print(Text(f"  {text.fa}\n  {text.en}"))
