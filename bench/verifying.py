"""Times of verifying over HTTP, on the running service.

    python -m bench.verifying [--runs N] [--write]

The service runs as `mohr serve` does in the role `public`, as a process of its own. Callers keep
their connection and send files as browsers do. For all rows but the last, service, workers and
database share one core, and the caller has another, if there is one; for the last, fifty callers
send hostile files as fast as they are answered while one sends genuine ones. With `--write` the
table goes into `docs/verification.md`.
"""

import argparse
import itertools
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus

from rich.console import Console

from bench import ground
from bench.documents import machine, replace_block
from bench.foreign import foreign_file
from bench.issued import issuing_clearances
from bench.measure import Stopwatch
from bench.serving import Caller, public_service
from bench.vectors import vectors
from service.settings import Settings

FILES = 40
CALLERS = 50
LEAST_RUNS = 30
WARM_UP = 5
ROWS = {
    "first": "a registered file, for the first time",
    "again": "a registered file, again",
    "bare": "a registered file, again, as the body itself",
    "foreign": "a foreign file of 200 KB",
    "besieged": f"a registered file while {CALLERS} callers send hostile ones",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.verifying")
    parser.add_argument("--runs", type=int, default=300, help=f"at least {LEAST_RUNS}")
    parser.add_argument("--write", action="store_true", help="put the table into the documentation")
    arguments = parser.parse_args()
    runs = max(LEAST_RUNS, arguments.runs)
    console = Console()
    watch = Stopwatch()
    with ground.home(console) as settings:
        first_core, *others = sorted(os.sched_getaffinity(0))
        with console.status("issuing"):
            # The database starts here and stays on the service's core.
            os.sched_setaffinity(0, {first_core})
            context = issuing_clearances(settings)
            issue = context.__enter__()
        try:
            genuine = [issue() for _ in range(FILES)]
            os.sched_setaffinity(0, set(others or [first_core]))
            with console.status("measuring on one core"):
                _measure_alone(watch, settings, {first_core}, genuine, runs)
            os.sched_setaffinity(0, {first_core, *others})
            with console.status("measuring under siege"):
                answers = _measure_besieged(watch, settings, genuine, runs)
        finally:
            context.__exit__(None, None, None)
    table = _table(watch, runs, answers)
    print(table)
    if arguments.write:
        replace_block("timing", table)
    return 0


def _measure_alone(
    watch: Stopwatch, settings: Settings, cores: set[int], genuine: Sequence[bytes], runs: int
) -> None:
    foreign = foreign_file()
    with public_service(settings, cores=cores) as port, Caller(port) as caller:
        for _ in range(WARM_UP):
            _expect(caller, foreign, "outside_channel")
        for pdf in genuine[1:]:
            watch.time("first", lambda pdf=pdf: _expect(caller, pdf, "authentic"))  # type: ignore[misc]
        for pdf in itertools.islice(itertools.cycle(genuine), runs):
            watch.time("again", lambda pdf=pdf: _expect(caller, pdf, "authentic"))  # type: ignore[misc]
            watch.time("bare", lambda pdf=pdf: _expect(caller, pdf, "authentic", form=False))  # type: ignore[misc]
        for _ in range(runs // 3):
            watch.time("foreign", lambda: _expect(caller, foreign, "outside_channel"))


def _measure_besieged(
    watch: Stopwatch, settings: Settings, genuine: Sequence[bytes], runs: int
) -> dict[str, int]:
    """Return how the hostile callers were answered, by status."""
    spawning = multiprocessing.get_context("spawn")
    answered = spawning.Array("i", 600)
    stop = spawning.Event()
    with public_service(settings) as port, Caller(port) as caller:
        for pdf in genuine:
            _expect(caller, pdf, "authentic")
        besieging = spawning.Process(target=_besiege, args=(port, genuine[0], answered, stop))
        besieging.start()
        while sum(answered) < CALLERS:
            time.sleep(0.1)
        for pdf in itertools.islice(itertools.cycle(genuine), runs):
            watch.time("besieged", lambda pdf=pdf: _expect(caller, pdf, "authentic"))  # type: ignore[misc]
        counts = {HTTPStatus(status).name: n for status, n in enumerate(answered) if n}
        stop.set()
        besieging.join()
    return counts


def _besiege(port: int, genuine: bytes, answered: Sequence[int], stop: threading.Event) -> None:
    """Send hostile files from many threads until told to stop; count the answers by status."""
    files = [make() for make in vectors("hostile_outcomes").made(genuine).values()]
    threads = [
        threading.Thread(target=_send, args=(port, files, place, answered, stop))
        for place in range(CALLERS)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def _send(
    port: int, files: list[bytes], place: int, answered: list[int], stop: threading.Event
) -> None:
    with Caller(port) as caller:
        for pdf in itertools.islice(itertools.cycle(files), place, None):
            if stop.is_set():
                return
            status, _ = caller.verify(pdf)
            answered[status] += 1


def _expect(caller: Caller, pdf: bytes, outcome: str, *, form: bool = True) -> None:
    status, answer = caller.verify(pdf, form=form)
    assert answer.get("outcome") == outcome, (status, answer)


def _table(watch: Stopwatch, runs: int, answers: dict[str, int]) -> str:
    hostile = ", ".join(f"{count} {name}" for name, count in sorted(answers.items()))
    told = f"{runs} files of each kind; meanwhile the hostile callers were answered {hostile}"
    lines = [
        f"Milliseconds, upload included; {machine()}. {told}.",
        "",
        "| sent | median | 95 % |",
        "|---|---:|---:|",
    ]
    lines += [
        f"| {text} | {1000 * watch.median(name):.1f} | {1000 * watch.percentile_95(name):.1f} |"
        for name, text in ROWS.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
