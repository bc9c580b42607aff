"""Times of rendering, sealing, issuing and verifying in one process, beside the naive way.

    python -m bench [--runs N]

Everything is real: PostgreSQL, a SoftHSM2 token, and the development authority over HTTP, all on
this machine. Both ways take turns in each run, so that whatever else goes on falls on both.
"""

import argparse
import os
import platform
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bench import ground
from bench.measure import Stopwatch
from bench.naive import Naive
from bench.ours import VERIFY_URL, Ours, open_ours

WARM_UP = 3
LEAST_RUNS = 30
ROWS = (
    ("rendering", "naive rendering"),
    ("sealing", "naive sealing"),
    ("rendering and sealing", "naive rendering and sealing"),
    ("whole issue", "naive rendering and sealing"),
    ("verification", "naive verification"),
)


def main() -> int:
    runs = _arguments().runs
    console = Console()
    with ground.home(console) as settings, open_ours(settings) as (ours, authority):
        watch = _measure(ours, Naive(authority, settings.home.parent), runs, console)
    console.print(_table(watch, runs))
    console.print(
        "The naive way signs at level B-LT with a key in memory and knows no register; "
        "the whole issue is compared with its rendering and sealing alone."
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--runs", type=int, default=LEAST_RUNS, help=f"runs of each step, at least {LEAST_RUNS}"
    )
    arguments = parser.parse_args()
    if arguments.runs < LEAST_RUNS:
        parser.error(f"--runs must be at least {LEAST_RUNS}")
    return arguments


def _measure(ours: Ours, naive: Naive, runs: int, console: Console) -> Stopwatch:
    watch = Stopwatch()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("warming up", total=WARM_UP + runs)
        for index in range(WARM_UP + runs):
            if index == WARM_UP:
                watch.reset()
                progress.update(task, description="measuring")
            _run(watch, ours, naive)
            progress.advance(task)
    return watch


def _run(watch: Stopwatch, ours: Ours, naive: Naive) -> None:
    document = watch.time("rendering", ours.render)
    watch.time("sealing", lambda: ours.seal(document))
    watch.add("rendering and sealing", "rendering", "sealing")
    request = ours.new_request()
    issued = watch.time("whole issue", lambda: ours.issue(request))
    watch.time("verification", lambda: ours.verify(issued))

    page = watch.time("naive rendering", lambda: naive.render(ours.content, VERIFY_URL))
    sealed = watch.time("naive sealing", lambda: naive.seal(page))
    watch.add("naive rendering and sealing", "naive rendering", "naive sealing")
    watch.time("naive verification", lambda: naive.verify(sealed))


def _table(watch: Stopwatch, runs: int) -> Table:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    table = Table(title=f"One process, {runs} runs, milliseconds ({machine})")
    table.add_column("step", no_wrap=True)
    for heading in ("median", "95 %", "naive median", "naive 95 %", "naive / ours"):
        table.add_column(heading, justify="right")
    for ours, naive in ROWS:
        values = (
            watch.median(ours),
            watch.percentile_95(ours),
            watch.median(naive),
            watch.percentile_95(naive),
        )
        ratio = watch.median(naive) / watch.median(ours)
        table.add_row(ours, *(f"{1000 * each:.1f}" for each in values), f"{ratio:.1f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
