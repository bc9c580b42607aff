"""``mohr verify``: what the register and the seal say of files."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.text import Text

from api.messages import page_text, reason_text
from clearance.verdict import Outcome, Verdict
from service.cli.console import err, out
from service.settings import home_folder, load_settings
from verifier.report import verdict_object

EXIT_CODES = {
    Outcome.AUTHENTIC: 0,
    Outcome.WITHDRAWN: 3,
    Outcome.ALTERED: 1,
    Outcome.OUTSIDE_CHANNEL: 1,
    Outcome.UNREADABLE: 1,
    Outcome.COULD_NOT_CHECK: 2,
}
# The worst for whoever is about to pay: a file that is not genuine, then one withdrawn, then one
# that nothing is known of.
_WORST_FIRST = (1, 3, 2, 0)
_STYLES = {
    Outcome.AUTHENTIC: "bold green",
    Outcome.WITHDRAWN: "bold yellow",
    Outcome.COULD_NOT_CHECK: "bold yellow",
}


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="PDF files to verify.")],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line: file, outcome, reasons, number.")
    ] = False,
) -> None:
    """Tell genuine files from altered, withdrawn, or issued outside the electronic channel.

    Exit status: 0 all authentic, 1 a file is not genuine, 2 a file could not be checked,
    3 a clearance was withdrawn; of several files the worst.

    Example: mohr verify clearance.pdf other.pdf --json
    """
    from service.wiring import open_verifying_command

    codes = set()
    with (
        open_verifying_command(load_settings(home_folder())) as verifier,
        Progress(console=err, transient=True, disable=len(files) == 1) as progress,
    ):
        for file in progress.track(files, description="verifying"):
            verdict = verifier.verify(_read(file))
            codes.add(EXIT_CODES[verdict.outcome])
            if as_json:
                print(_line(file, verdict))  # noqa: T201 - one JSON object a line, unstyled
            else:
                _show(file, verdict)
    raise typer.Exit(next(code for code in _WORST_FIRST if code in codes))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        err.print(Text(f"{file}: {error.strerror}", style="bold red"))
        raise typer.Exit(EXIT_CODES[Outcome.COULD_NOT_CHECK]) from None


def _line(file: Path, verdict: Verdict) -> str:
    return json.dumps({"file": str(file), **verdict_object(verdict)}, ensure_ascii=False)


def _show(file: Path, verdict: Verdict) -> None:
    text = page_text("outcomes", verdict.outcome, "file", "heading")
    out.print(Text(f"{file}: {verdict.outcome}", style=_STYLES.get(verdict.outcome, "bold red")))
    out.print(Text(f"  {text.fa}\n  {text.en}"))
    if verdict.number:
        out.print(Text(f"  {verdict.number}"))
    for reason in verdict.reasons:
        out.print(Text(f"  {reason}  {reason_text(reason).en}"))
