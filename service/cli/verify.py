"""``mohr verify``: what the register and the seal say of files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from clearance.clock import system_clock
from clearance.csv_text import BYTE_ORDER_MARK, csv_row
from clearance.errors import InvalidValue, MohrError, Unavailable
from clearance.verdict import Outcome, Reason, Verdict
from service.cli.console import err, report
from service.cli.verify_showing import show_answer, show_verdict
from service.cli.verify_sources import Source, open_sources
from service.settings import home_folder, load_settings
from verifier.report import verdict_object

if TYPE_CHECKING:
    from verifier.scanned_copy import ScannedCopyVerifier

EXIT_CODES: Final = {
    Outcome.AUTHENTIC: 0,
    Outcome.WITHDRAWN: 3,
    Outcome.OTHER_DOCUMENT: 1,
    Outcome.COPY: 1,
    Outcome.ALTERED: 1,
    Outcome.OUTSIDE_CHANNEL: 1,
    Outcome.UNREADABLE: 1,
    Outcome.COULD_NOT_CHECK: 2,
}
EXIT_OTHER_RECORD: Final = 4
# The worst for whoever is about to pay: a file that is not genuine, then one withdrawn, then one
# of another payment, then one that nothing is known of.
_WORST_FIRST: Final = (1, 3, EXIT_OTHER_RECORD, 2, 0)


def verify(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="PDF files, scans or photos; folders; ZIP archives."
        ),
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line: file, outcome, reasons, number.")
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table, one row a file; for spreadsheets.")
    ] = False,
    service: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Have a running service verify them, instead of this machine."
        ),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="File with the service's API key (scope verify); MOHR_API_KEY in the environment "
            "without it.",
        ),
    ] = None,
    expect: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Your own records to compare with: a table (.csv) or JSON Lines. Needs --service.",
        ),
    ] = None,
) -> None:
    """Tell genuine files from altered, withdrawn, or issued outside the electronic channel.

    Of a scan or photo that bears our QR code, what the original says is to be compared with it.
    A service is asked again where the connection breaks off, for the files without an answer.

    Exit status: 0 all authentic, 1 a file is no genuine clearance, 2 files could not be checked,
    3 a clearance was withdrawn, 4 a clearance is not what your record says; of several files the
    worst.

    Example: mohr verify clearance.pdf other.pdf --json

    Example: mohr verify march.zip --service https://mohr.example.ir --key-file verify.key --csv
    """
    told = _Told(as_json=as_json, as_csv=as_csv)
    try:
        if expect is not None and service is None:
            raise InvalidValue("records.need_service")
        with open_sources(files) as sources:
            if not sources:
                raise InvalidValue("files.none")
            if service is None:
                _verify_here(sources, told)
            else:
                _verify_there(sources, told, service, key_file, expect)
    except MohrError as error:
        # Whatever the reason, files were not checked; 1 would call them no genuine clearances.
        report(error)
        told.codes.add(EXIT_CODES[Outcome.COULD_NOT_CHECK])
    raise typer.Exit(next(code for code in _WORST_FIRST if code in told.codes or code == 0))


class _Told:
    """Prints each answer as asked for, and keeps what the exit status is made of."""

    def __init__(self, *, as_json: bool, as_csv: bool) -> None:
        self._as_json = as_json
        self._as_csv = as_csv
        self._rows = 0
        self.codes: set[int] = set()

    def verdict(self, source: Source, verdict: Verdict) -> None:
        self.codes.add(EXIT_CODES[verdict.outcome])
        if self._as_json:
            self._line({"file": source.name, **verdict_object(verdict)})
        elif self._as_csv:
            from service.cli.verify_service import local_answer

            self._row(local_answer(source.name, verdict))
        else:
            show_verdict(source.name, verdict)

    def answer(self, source: Source, answer: dict[str, Any]) -> None:
        code = EXIT_CODES.get(answer["outcome"], EXIT_CODES[Outcome.COULD_NOT_CHECK])
        comparison = answer["comparison"]
        differs = code == 0 and comparison is not None and not comparison["agrees"]
        self.codes.add(EXIT_OTHER_RECORD if differs else code)
        if self._as_json:
            left_out = ("place", "name", "done", "of")
            told = {name: value for name, value in answer.items() if name not in left_out}
            self._line({"file": source.name, **told})
        elif self._as_csv:
            self._row(answer)
        else:
            show_answer(source.name, answer)

    def _line(self, line: dict[str, Any]) -> None:
        print(json.dumps(line, ensure_ascii=False), flush=True)  # noqa: T201 - unstyled

    def _row(self, answer: dict[str, Any]) -> None:
        from api.verification.file_answers import CSV_COLUMNS, file_row

        self._rows += 1
        heading = BYTE_ORDER_MARK + csv_row(CSV_COLUMNS) if self._rows == 1 else ""
        row = csv_row(file_row(answer | {"place": self._rows}))
        print(heading + row, end="", flush=True)  # noqa: T201


def _verify_here(sources: tuple[Source, ...], told: _Told) -> None:
    from service.wiring.verifying import open_verifying_command

    with (
        open_verifying_command(load_settings(home_folder())) as verifier,
        Progress(console=err, transient=True, disable=len(sources) == 1) as progress,
    ):
        for source in progress.track(sources, description="verifying"):
            told.verdict(source, _verdict(verifier, source))


def _verify_there(
    sources: tuple[Source, ...], told: _Told, url: str, key_file: Path | None, expect: Path | None
) -> None:
    from service.cli.batch_service import read_key
    from service.cli.verify_records import read_records
    from service.cli.verify_service import Asking, VerifyingService

    names = [each.name for each in sources]
    records = read_records(expect, names) if expect else {}
    asking = Asking(url=url, key=read_key(key_file), records=records)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[waits]}"),
    )
    answered = 0
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("verifying", total=len(sources), waits="")

        def tell(source: Source, answer: dict[str, Any]) -> None:
            nonlocal answered
            answered += 1
            told.answer(source, answer)
            progress.update(task, completed=answered)

        def waits(why: str) -> None:
            progress.update(task, waits=why)

        try:
            VerifyingService(asking, told=tell, waits=waits).verify(sources)
        finally:
            if answered < len(sources):
                err.print(f"{len(sources) - answered} of {len(sources)} files have no answer")


def _verdict(verifier: "ScannedCopyVerifier", source: Source) -> Verdict:
    """Return the verdict on a file; one that cannot be read could not be checked."""
    try:
        content = source.read()
        if not isinstance(content, Reason):
            return verifier.verify(content)
        return _without_content(Outcome.UNREADABLE, content)
    except OSError as error:
        err.print(Text(f"{source.name}: {error.strerror}", style="bold red"))
        return _without_content(Outcome.COULD_NOT_CHECK, Reason.FILE_UNAVAILABLE)
    except Unavailable as error:
        report(error)
        return _without_content(Outcome.COULD_NOT_CHECK, Reason.CHECK_FAILED)


def _without_content(outcome: Outcome, reason: Reason) -> Verdict:
    return Verdict.unseen(outcome, reason, at=system_clock())
