"""``mohr verify``: what the register and the seal say of files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.text import Text

from api.differences import difference_lines
from api.messages import page_text, reason_text
from clearance.clock import system_clock
from clearance.errors import Unavailable
from clearance.verdict import Finding, Outcome, Reason, Verdict
from service.cli.console import err, out, report
from service.settings import home_folder, load_settings
from verifier.report import verdict_object

if TYPE_CHECKING:
    from verifier.paper import PaperVerifier

EXIT_CODES = {
    Outcome.AUTHENTIC: 0,
    Outcome.WITHDRAWN: 3,
    Outcome.OTHER_DOCUMENT: 1,
    Outcome.COPY: 1,
    Outcome.ALTERED: 1,
    Outcome.OUTSIDE_CHANNEL: 1,
    Outcome.UNREADABLE: 1,
    Outcome.COULD_NOT_CHECK: 2,
}
# The worst for whoever is about to pay: a file that is not genuine, then one withdrawn, then one
# that nothing is known of.
_WORST_FIRST = (1, 3, 2, 0)
STYLES = {
    Outcome.AUTHENTIC: "bold green",
    Outcome.WITHDRAWN: "bold yellow",
    Outcome.COPY: "bold yellow",
    Outcome.COULD_NOT_CHECK: "bold yellow",
}


def verify(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="PDF files, scans or photos to verify.")
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line: file, outcome, reasons, number.")
    ] = False,
) -> None:
    """Tell genuine files from altered, withdrawn, or issued outside the electronic channel.

    Of a scan or photo that bears our QR code, what the original says is to be compared with it.

    Exit status: 0 all authentic, 1 a file is no genuine clearance, 2 a file could not be checked,
    3 a clearance was withdrawn; of several files the worst.

    Example: mohr verify clearance.pdf other.pdf --json
    """
    from service.wiring.verifying import open_verifying_command

    outcomes = []
    with (
        open_verifying_command(load_settings(home_folder())) as verifier,
        Progress(console=err, transient=True, disable=len(files) == 1) as progress,
    ):
        for file in progress.track(files, description="verifying"):
            verdict = _verdict(verifier, file)
            outcomes.append(verdict.outcome)
            if as_json:
                line = {"file": str(file), **verdict_object(verdict)}
                print(json.dumps(line, ensure_ascii=False))  # noqa: T201 - unstyled
            else:
                _show(file, verdict)
    codes = {EXIT_CODES[outcome] for outcome in outcomes}
    raise typer.Exit(next(code for code in _WORST_FIRST if code in codes))


def _verdict(verifier: "PaperVerifier", file: Path) -> Verdict:
    """Answer the verdict on a file; one that cannot be read could not be checked."""
    try:
        return verifier.verify(file.read_bytes())
    except OSError as error:
        err.print(Text(f"{file}: {error.strerror}", style="bold red"))
        reason = Reason.FILE_UNAVAILABLE
    except Unavailable as error:
        report(error)
        reason = Reason.CHECK_FAILED
    return Verdict(
        outcome=Outcome.COULD_NOT_CHECK,
        reasons=(reason,),
        findings=(),
        sha256="",
        number=None,
        checked_at=system_clock(),
    )


def _show(file: Path, verdict: Verdict) -> None:
    text = page_text("outcomes", verdict.outcome, "file", "heading")
    out.print(Text(f"{file}: {verdict.outcome}", style=STYLES.get(verdict.outcome, "bold red")))
    out.print(Text(f"  {text.fa}\n  {text.en}"))
    if verdict.number:
        out.print(Text(f"  {verdict.number}"))
    for finding in verdict.findings:
        _show_withdrawal(finding)
    for line in difference_lines(verdict):
        out.print(Text(f"  {line.name.fa}: {line.found or '-'}  ≠  {line.issued or '-'}"))
    for reason in verdict.reasons:
        out.print(Text(f"  {reason}  {reason_text(reason).en}"))


def _show_withdrawal(finding: Finding) -> None:
    """Say since when a clearance is withdrawn, why, and what stands in its place."""
    facts = finding.parameters
    if finding.reason not in (Reason.REVOKED, Reason.REPLACED):
        return
    why = page_text("withdrawals", facts["reason"])
    out.print(Text(f"  {facts['at']}  {why.fa}  {why.en}"))
    if "replacement" in facts:
        out.print(Text(f"  → {facts['replacement']}"))
