"""``mohr directory``: files of branches, workshops, contract rows and undertakings."""

import os
from collections import Counter
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from clearance.directory_files import FileFormat
from clearance.directory_shapes import Kind
from clearance.errors import InvalidValue, MohrError
from service.cli.console import err, out
from service.settings import home_folder, load_settings
from templates.catalogues import error_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from register.directory import Directory
    from register.directory.import_records import ImportReport, Refusal
    from register.directory.import_run import Import

EXIT_SOME_REFUSED: Final = 3
EXIT_INTERRUPTED: Final = 130
ACTOR: Final = "operator"
_PIECE: Final = 256 * 1024

app = typer.Typer(no_args_is_help=True, help="Branches, workshops, contract rows and undertakings.")


@app.callback()
def _directory() -> None:
    """Branches, workshops, contract rows and undertakings."""


@app.command("import")
def import_file(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A record a line."),
    ],
    kind: Annotated[Kind, typer.Option(help="What the records are.")],
    file_format: Annotated[
        FileFormat | None,
        typer.Option("--format", help="Without it the file's suffix tells: .csv or .jsonl."),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge every line and change nothing.")
    ] = False,
    refused: Annotated[
        Path | None,
        typer.Option(
            help="Where the refused lines are listed, as CSV. Without it FILE.refused.csv."
        ),
    ] = None,
) -> None:
    """Take in a file of records (CSV or JSON Lines, UTF-8).

    A line that cannot be taken is refused by itself. After an interruption the same command with
    the same file goes on where it stopped.

    Exit status: 0 every line was taken, 1 the file was refused, 2 the database does not answer,
    3 some lines were refused, 130 interrupted.

    Example: mohr directory import workshops.csv --kind workshops
    """
    listed = refused or file.with_name(f"{file.name}.refused.csv")
    if not os.access(listed.parent, os.W_OK) or listed.is_dir():
        raise InvalidValue("output.not_writable", parameters={"file": str(listed)})
    heard: list[Refusal] = []
    with _open_directory() as directory:
        run = _begin(directory, file, kind, file_format or _told_by_suffix(file), dry_run, heard)
        report = _take(run, file)
        problems = _list(_refusals(directory, report, heard), listed) if report.refused else []
    _show(report, problems, listed)
    raise typer.Exit(EXIT_SOME_REFUSED if report.refused else 0)


def _begin(
    directory: "Directory",
    file: Path,
    kind: Kind,
    file_format: FileFormat,
    dry_run: bool,  # noqa: FBT001 - handed through
    heard: "list[Refusal]",
) -> "Import":
    if dry_run:
        return directory.imports.rehearse(kind, file_format, actor=ACTOR, on_refused=heard.append)
    with file.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    run = directory.imports.begin(
        kind, file_format, actor=ACTOR, key=f"{kind} {digest}", replay=False
    )
    if run.report.resumed_after:
        err.print(f"going on after line {run.report.resumed_after}")
    return run


def _take(run: "Import", file: Path) -> "ImportReport":
    columns = (
        TextColumn("{task.fields[lines]:,} lines"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[refused]:,} refused"),
        TimeRemainingColumn(),
    )
    try:
        with Progress(*columns, console=err) as progress, file.open("rb") as content:
            task = progress.add_task("", total=file.stat().st_size, lines=0, refused=0)
            while piece := content.read(_PIECE):
                run.feed(piece)
                _show_progress(progress, task, run, len(piece))
            run.finish()
            _show_progress(progress, task, run, 0)
    except KeyboardInterrupt:
        err.print(f"broken off after line {run.report.lines}; the same command goes on from there")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    return run.report


def _show_progress(progress: Progress, task: TaskID, run: "Import", taken: int) -> None:
    progress.update(task, advance=taken, lines=run.report.lines, refused=run.report.refused)


def _refusals(
    directory: "Directory", report: "ImportReport", heard: "list[Refusal]"
) -> "Iterable[Refusal]":
    """Return every refusal, those before an interruption too."""
    from api.directory.imports import all_refusals

    return heard if report.id is None else all_refusals(directory, report.id)


def _list(refusals: "Iterable[Refusal]", file: Path) -> list[tuple[MohrError, int, int]]:
    """List refused lines in a file; answer each code with its count and its first line."""
    from api.directory.imports import REFUSAL_COLUMNS, refusal_rows
    from api.toolkit.csv_files import csv_lines

    counts = Counter[str]()
    first: dict[str, tuple[MohrError, int]] = {}

    def counted() -> "Iterator[Refusal]":
        for refusal in refusals:
            for problem in refusal.problems:
                counts[problem.code] += 1
                first.setdefault(problem.code, (problem, refusal.line))
            yield refusal

    with file.open("w", encoding="utf-8", newline="") as listed:
        listed.writelines(csv_lines(REFUSAL_COLUMNS, refusal_rows(counted())))
    return [(*first[code], count) for code, count in counts.most_common()]


def _show(report: "ImportReport", problems: list[tuple[MohrError, int, int]], listed: Path) -> None:
    table = Table(show_header=False, box=None)
    if report.id is None:
        table.add_row("dry run", "nothing was changed")
    for name in ("created", "changed", "unchanged", "refused"):
        table.add_row(name, f"{getattr(report, name):,}")
    out.print(table)
    for problem, line, count in problems:
        text = error_text(problem)
        out.print(f"{count:,} × {problem.code}, first in line {line:,}", style="bold")
        out.print(f"  {text.fa}\n  {text.en}", markup=False)
    if problems:
        out.print(str(listed), markup=False)


def _told_by_suffix(file: Path) -> FileFormat:
    try:
        return FileFormat(file.suffix.lower().removeprefix("."))
    except ValueError as error:
        raise InvalidValue("import.unknown_format", parameters={"file": str(file)}) from error


@contextmanager
def _open_directory() -> "Iterator[Directory]":
    from clearance.clock import system_clock
    from register.directory import Directory
    from service.wiring.memory import open_memory

    with open_memory(load_settings(home_folder())) as memory:
        yield Directory(memory.engine, clock=system_clock)
