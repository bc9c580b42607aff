"""``mohr batch``: many requests at once, through a running service."""

import os
import time
from hashlib import file_digest
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from clearance.errors import InvalidValue, Unavailable
from service.cli.batch_service import Batch, BatchService, read_key
from service.cli.console import err, out

EXIT_NOT_ALL_ISSUED: Final = 3
EXIT_INTERRUPTED: Final = 130
ASK_SECONDS: Final = 1.0
"""Between two looks at a batch."""
_OPEN: Final = ("waiting", "working")

app = typer.Typer(no_args_is_help=True, help="Many requests at once, through a running service.")

Url = Annotated[str, typer.Option(help="Address of the service.")]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="File with the API key (scope issue); MOHR_API_KEY in the environment without it.",
    ),
]
BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="Id of the batch.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Where the result of each line goes: JSON Lines, or CSV if it ends in .csv. "
        "Without it FILE.results.jsonl.",
    ),
]
LOCAL: Final = "http://127.0.0.1:8400"


@app.command()
def submit(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A request a line.")
    ],
    output: Output = None,
    url: Url = LOCAL,
    key_file: KeyFile = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            help="Names this batch. Without it the file's own content does, so that sending the "
            "same file again follows the batch that it made."
        ),
    ] = None,
) -> None:
    """Send a file of requests (JSON Lines), watch the batch and write the result of each line.

    Interrupting ends the watching only; sending the same file again goes on with it.

    Exit status: 0 all lines issued, 1 the file or the key was refused, 2 the service does not
    answer, 3 some lines were not issued, 130 interrupted.

    Example: mohr batch submit requests.jsonl --key-file issue.key -o results.csv
    """
    results = output or file.with_name(f"{file.name}.results.jsonl")
    _demand_writable(results)
    with BatchService(url, read_key(key_file)) as service, file.open("rb") as content:
        key = idempotency_key or f"file-{file_digest(content, 'sha256').hexdigest()}"
        content.seek(0)
        with err.status("sending"):
            batch, replayed = service.submit(content, idempotency_key=key)
        again = "sent before as batch" if replayed else "batch"
        err.print(f"{again} {batch['id']}: {batch['lines']} lines")
        _end(service, _watch(service, batch), results)


@app.command()
def show(
    batch: BatchId,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay until every line has ended.")
    ] = False,
    url: Url = LOCAL,
    key_file: KeyFile = None,
) -> None:
    """Show how far a batch is.

    Exit status: 0 every line was issued or may still be, 3 some lines ended otherwise.

    Example: mohr batch show 0d5c0a5e-6f0e-4c57-9d55-0f6c2b1a7e11 --watch
    """
    with BatchService(url, read_key(key_file)) as service:
        found = service.find(batch)
        if watch:
            found = _watch(service, found)
        _show(found)
        raise typer.Exit(_exit_code(found))


@app.command()
def pause(batch: BatchId, url: Url = LOCAL, key_file: KeyFile = None) -> None:
    """Begin no further line; what has begun goes on to its end.

    Example: mohr batch pause 0d5c0a5e-6f0e-4c57-9d55-0f6c2b1a7e11
    """
    _order(url, key_file, batch, "pause")


@app.command()
def resume(batch: BatchId, url: Url = LOCAL, key_file: KeyFile = None) -> None:
    """Go on after a pause; lines that failed by a fault of the service are tried again.

    Example: mohr batch resume 0d5c0a5e-6f0e-4c57-9d55-0f6c2b1a7e11
    """
    _order(url, key_file, batch, "resume")


@app.command()
def cancel(batch: BatchId, url: Url = LOCAL, key_file: KeyFile = None) -> None:
    """Cancel what has not begun, for good; what has begun goes on to its end.

    Example: mohr batch cancel 0d5c0a5e-6f0e-4c57-9d55-0f6c2b1a7e11
    """
    _order(url, key_file, batch, "cancellation")


@app.command()
def results(
    batch: BatchId,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="JSON Lines, or CSV if it ends in .csv."),
    ],
    url: Url = LOCAL,
    key_file: KeyFile = None,
) -> None:
    """Write how each line of a batch ended, or how far it is.

    Example: mohr batch results 0d5c0a5e-6f0e-4c57-9d55-0f6c2b1a7e11 -o results.csv
    """
    _demand_writable(output)
    with BatchService(url, read_key(key_file)) as service:
        _write(service, batch, output)
    out.print(str(output))


def _order(url: str, key_file: Path | None, batch: str, order: str) -> None:
    with BatchService(url, read_key(key_file)) as service:
        _show(service.order(batch, order))


def _watch(service: BatchService, batch: Batch) -> Batch:
    """Return the batch once every line has ended; a service that is away is waited for."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    try:
        with Progress(*columns, console=err) as progress:
            task = progress.add_task("", total=batch["lines"], pace="")
            while _open_lines(batch):
                _show_progress(progress, task, batch)
                time.sleep(ASK_SECONDS)
                try:
                    batch = service.find(batch["id"])
                except Unavailable as outage:
                    progress.update(task, description=outage.code)
            _show_progress(progress, task, batch)
    except KeyboardInterrupt:
        err.print(f"the batch goes on without this command; mohr batch show {batch['id']} --watch")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    return batch


def _show_progress(progress: Progress, task: TaskID, batch: Batch) -> None:
    hold, rate, left = batch["hold"], batch["lines_per_minute"], batch["seconds_left"]
    pace = "" if rate is None else f"{rate:.0f}/min"
    if left is not None:
        pace += f", {left // 60}:{left % 60:02} left"
    progress.update(
        task,
        description=f"held: {hold['error']['code']}" if hold else batch["state"],
        completed=batch["lines"] - _open_lines(batch),
        pace=pace,
    )


def _end(service: BatchService, batch: Batch, results: Path) -> None:
    _write(service, batch["id"], results)
    _show(batch)
    out.print(str(results))
    raise typer.Exit(_exit_code(batch))


def _show(batch: Batch) -> None:
    table = Table(show_header=False, box=None)
    table.add_row("batch", batch["id"])
    table.add_row("state", batch["state"])
    for state, lines in batch["counts"].items():
        if lines:
            table.add_row(state, str(lines))
    if batch["hold"]:
        cause = batch["hold"]["error"]["message"]["en"]
        table.add_row("held until", f"{batch['hold']['until']}: {cause}")
    out.print(table)


def _exit_code(batch: Batch) -> int:
    issued = batch["counts"]["issued"] + _open_lines(batch)
    return 0 if issued == batch["lines"] else EXIT_NOT_ALL_ISSUED


def _open_lines(batch: Batch) -> int:
    return sum(batch["counts"][state] for state in _OPEN)


def _demand_writable(file: Path) -> None:
    if not os.access(file.parent, os.W_OK) or file.is_dir():
        raise InvalidValue("output.not_writable", parameters={"file": str(file)})


def _write(service: BatchService, batch_id: str, file: Path) -> None:
    """Write the lines beside the file first, so that it is never half of what it was."""
    form = "csv" if file.suffix.lower() == ".csv" else "jsonl"
    part = file.with_name(f"{file.name}.part")
    with part.open("wb") as written:
        for piece in service.lines(batch_id, form=form):
            written.write(piece)
    part.replace(file)
