"""Lines of batches that one and two workers issue a minute.

    python -m bench.batches [--lines N] [--runs N]

Real `mohr worker` processes over PostgreSQL, a SoftHSM2 token and the development authority, which
this process serves; all share the cores of this machine. One and two workers take turns, each with
a batch of its own; starting a worker and its first lines, which warm it up, are not counted.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.table import Table

from bench import ground
from clearance.clock import system_clock
from clearance.request_lines import read_request_lines
from demonstration.filling import seed_directory
from register.batches.client_batches import Batches
from register.batches.records import MOST_LINES, Batch, LineState, NewLine
from service.settings import Settings
from service.wiring.memory import Memory, open_memory
from service.wiring.timestamping import running_authority

MOHR = Path(sys.executable).with_name("mohr")
WORKERS = (1, 2)
WARM_UP = 6
"""Lines for each worker before the watch starts."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.batches")
    parser.add_argument("--lines", type=int, default=200, help="lines in each batch")
    parser.add_argument("--runs", type=int, default=3, help="batches for each number of workers")
    arguments = parser.parse_args()
    console = Console()
    with (
        ground.home(console) as settings,
        open_memory(settings, migrating=True) as memory,
        running_authority(settings),
        console.status("") as status,
    ):
        bench = Bench(settings, memory)
        console.print(f"10,000 lines taken in: {bench.take_in(MOST_LINES):.1f} s")
        rates: dict[int, list[Measured]] = {workers: [] for workers in WORKERS}
        for run in range(arguments.runs):
            for workers in WORKERS:
                status.update(f"run {run + 1}: {workers} workers")
                rates[workers].append(bench.measure(workers, arguments.lines))
    table = Table("workers", "lines a minute: median", "least", "most", "ms of processor a line")
    for workers, measured in rates.items():
        speeds = [each.per_minute for each in measured]
        told = (statistics.median(speeds), min(speeds), max(speeds))
        processor = statistics.median(each.processor_seconds for each in measured) * 1000
        table.add_row(str(workers), *(f"{each:.0f}" for each in (*told, processor)))
    console.print(table)
    ratios = [two.per_minute / one.per_minute for one, two in zip(rates[1], rates[2], strict=True)]
    console.print(
        f"two against one, run by run: {', '.join(f'{each:.2f}' for each in ratios)} "
        f"({os.cpu_count()} cores)"
    )
    return 0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How one batch went."""

    per_minute: float
    processor_seconds: float
    """Of the workers for each line; that does not grow when others want the machine too."""


class Bench:
    """Batches over one register."""

    def __init__(self, settings: Settings, memory: Memory) -> None:
        self._settings = settings
        self._memory = memory
        self._batches = Batches(memory.engine, clock=system_clock, random_bytes=secrets.token_bytes)

    def take_in(self, lines: int) -> float:
        """Return the seconds that reading and keeping a batch takes; it is cancelled then."""
        body = _body(lines)
        began = time.perf_counter()
        batch = self._open(body)
        seconds = time.perf_counter() - began
        self._batches.cancel(batch.id, client_id="bench")
        return seconds

    def measure(self, workers: int, lines: int) -> Measured:
        """Have so many workers issue a batch, and answer how fast."""
        body = _body(lines + WARM_UP * workers)
        seed_directory(body.splitlines(), self._settings, self._memory)
        with ExitStack() as stack:
            processes = [stack.enter_context(_worker(self._settings)) for _ in range(workers)]
            batch = self._open(body)
            # All of them are at work before the watch starts.
            self._wait(batch.id, ended=WARM_UP * workers)
            began, ended = time.perf_counter(), self._ended(batch.id)
            processor = _processor_seconds(processes)
            self._wait(batch.id, ended=batch.lines)
            seconds = time.perf_counter() - began
            processor = _processor_seconds(processes) - processor
            self._demand_issued(batch.id)
        counted = batch.lines - ended
        return Measured(per_minute=counted / seconds * 60, processor_seconds=processor / counted)

    def _demand_issued(self, batch_id: UUID) -> None:
        lines = self._batches.lines(batch_id, client_id="bench", limit=MOST_LINES)
        others = [each for each in lines if each.state is not LineState.ISSUED]
        if others:
            raise SystemExit(f"{len(others)} lines were not issued: {others[0].error!r}")

    def _open(self, body: bytes) -> Batch:
        lines = [
            NewLine(
                line=each.line, request=each.request and each.request.decode(), error=each.error
            )
            for each in read_request_lines(body, now=system_clock(), most=MOST_LINES)
        ]
        return self._batches.open(
            lines,
            client_id="bench",
            idempotency_key=secrets.token_hex(8),
            body_sha256=secrets.token_bytes(32),
        ).batch

    def _wait(self, batch_id: UUID, *, ended: int) -> None:
        while self._ended(batch_id) < ended:
            time.sleep(0.1)

    def _ended(self, batch_id: UUID) -> int:
        found = self._batches.find(batch_id, client_id="bench")
        return found.lines - found.open_lines


def _body(lines: int) -> bytes:
    """Write requests for contract rows that no other has."""
    requests = (ground.request_object() for _ in range(lines))
    return b"\n".join(json.dumps(each, ensure_ascii=False).encode() for each in requests)


def _processor_seconds(processes: Iterable[subprocess.Popen[str]]) -> float:
    """Return what they have used up (proc(5): utime and stime)."""
    ticks = 0
    for process in processes:
        told = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(told[11]) + int(told[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def _worker(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [MOHR, "worker"],
        env=os.environ | {"MOHR_HOME": str(settings.home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        # It says when it works; what it says later is read away, so that it never waits to say it.
        while "working" not in process.stderr.readline():
            if process.poll() is not None:
                raise SystemExit("a worker did not start")
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
