"""Times of verifying a thousand files with one request, on the running service.

    python -m bench.many_files [--files N] [--write]

The service runs as `mohr serve` does in the role `public`, as a process of its own. One request
carries an archive of genuine files: the same forty under many names, so that all but the first
forty answers come from memory. A second one carries half as many genuine ones and as many foreign
PDFs of 200 KB, each different. While they run, another caller sends single files. With `--write`
the table goes into `docs/agencies.md`.
"""

import argparse
import io
import itertools
import json
import statistics
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
from rich.console import Console

from bench import ground
from bench.documents import machine, replace_block
from bench.foreign import foreign_file
from bench.issued import issuing_clearances
from bench.serving import Caller, public_service
from register.records import FileLimits, Scope
from service.settings import Settings
from service.wiring.memory import open_memory

AGENCIES = Path(__file__).parents[1] / "docs" / "agencies.md"
KINDS = 40
PATH = "/v1/verification-batches"
PAUSE = 0.2
"""Between two single files, in seconds."""
Row = tuple[str, float, Counter[str], Sequence[float], Sequence[float]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.many_files")
    parser.add_argument("--files", type=int, default=1000, help="in each request")
    parser.add_argument("--write", action="store_true", help="put the table into the documentation")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    with ground.home(console) as settings, issuing_clearances(settings) as issue:
        with console.status("issuing"):
            genuine = [issue() for _ in range(KINDS)]
        rows = []
        with console.status("measuring"):
            for row in _measured(settings, genuine, arguments.files):
                console.print(f"{row[0]}: {row[1]:.1f} s")
                rows.append(row)
    table = _table(rows)
    print(table)
    if arguments.write:
        replace_block("many files", table, document=AGENCIES)
    return 0


def _measured(settings: Settings, genuine: Sequence[bytes], files: int) -> Iterator[Row]:
    with open_memory(settings) as memory:
        limits = FileLimits(per_minute=1_000_000, per_day=1_000_000)
        _, key = memory.clients.add("agency", frozenset({Scope.VERIFY}), limits=limits)
    foreign = foreign_file()
    ours = list(itertools.islice(itertools.cycle(genuine), files))
    # A comment behind the end makes each of them a file of its own.
    theirs = [foreign + b"\n%% %d\n" % place for place in range(files // 2)]
    mixed = [each for pair in zip(ours, theirs, strict=False) for each in pair]
    with public_service(settings) as port:
        with Caller(port) as caller:
            for pdf in (*genuine[:3], foreign):
                caller.verify(pdf)
        for name, contents in (
            (f"{files:,} genuine files", ours),
            (f"{len(mixed) // 2:,} genuine, {len(mixed) // 2:,} foreign", mixed),
        ):
            yield name, *_timed(port, key, contents, genuine[0], foreign)


def _timed(
    port: int, key: str, contents: Sequence[bytes], genuine: bytes, foreign: bytes
) -> tuple[float, Counter[str], Sequence[float], Sequence[float]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, content in enumerate(contents):
            archive.writestr(f"{place:04}.pdf", content)
    singles: dict[bytes, list[float]] = {genuine: [], foreign: []}
    stop = threading.Event()
    other = threading.Thread(target=_send_singles, args=(port, singles, stop))
    outcomes: Counter[str] = Counter()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/zip"}
    other.start()
    begun = time.perf_counter()
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as http,
        http.stream("POST", PATH, content=packed.getvalue(), headers=headers) as response,
    ):
        for line in response.iter_lines():
            answer = json.loads(line)
            if "outcome" in answer:
                outcomes[answer["outcome"]] += 1
    seconds = time.perf_counter() - begun
    stop.set()
    other.join()
    assert outcomes.total() == len(contents), outcomes
    return seconds, outcomes, singles[genuine], singles[foreign]


def _send_singles(port: int, singles: dict[bytes, list[float]], stop: threading.Event) -> None:
    with Caller(port) as caller:
        for pdf in itertools.cycle(singles):
            if stop.wait(PAUSE):
                return
            begun = time.perf_counter()
            status, answer = caller.verify(pdf)
            assert status == httpx.codes.OK, answer
            singles[pdf].append(time.perf_counter() - begun)


def _table(rows: Sequence[Row]) -> str:
    heading = ("one request with", "takes", "a second", "outcomes")
    meanwhile = ("meanwhile a single genuine file", "meanwhile a single foreign one")
    lines = [f"| {' | '.join((*heading, *meanwhile))} |", "|---|---|---|---|---|---|"]
    for name, seconds, outcomes, ours, theirs in rows:
        told = ", ".join(f"{count:,} `{outcome}`" for outcome, count in outcomes.most_common())
        lines.append(
            f"| {name} | {seconds:.0f} s | {outcomes.total() / seconds:.0f} files | {told} "
            f"| {_spread(ours)} | {_spread(theirs)} |"
        )
    return "\n".join([*lines, "", f"({machine()}.)"])


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none was sent"
    return f"{statistics.median(seconds) * 1000:.0f} ms, at most {max(seconds) * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
