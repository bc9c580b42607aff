"""What the commands share on the terminal: consoles, error reports, exit codes."""

from rich.console import Console
from rich.text import Text

from api.messages import error_text
from clearance.errors import InvalidRequest, MohrError, Unavailable

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

EXIT_REFUSED = 1
EXIT_UNAVAILABLE = 2


def report(error: MohrError) -> int:
    """Print an error in Persian and English with its code and field; answer the exit code."""
    problems = error.problems if isinstance(error, InvalidRequest) else (error,)
    for each in problems:
        text = error_text(each)
        where = f"  {each.field}" if each.field else ""
        err.print(Text(f"{each.code}{where}", style="bold red"))
        err.print(Text(f"  {text.fa}"))
        err.print(Text(f"  {text.en}"))
    return EXIT_UNAVAILABLE if isinstance(error, Unavailable) else EXIT_REFUSED
