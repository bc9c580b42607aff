"""Sends hostile files to the running service, one after the other, and a genuine one after each.

    python -m bench.robustness [--write]

The service runs as `mohr serve` does in the role `public`, as a process of its own with the
settings' defaults. With `--write` the table goes into `docs/verification.md`. Ends with 1 if an
answer is not the one expected, or takes longer than five seconds.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import track

from bench import ground
from bench.documents import machine, replace_block
from bench.issued import issuing_clearances
from bench.serving import Caller, public_service
from bench.vectors import vectors

LIMIT_SECONDS = 5
TRIES = 20
WAIT_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the service said of one file."""

    name: str
    size: int
    outcome: str
    reasons: tuple[str, ...]
    seconds: float
    expected: bool

    @property
    def telling(self) -> str:
        """The reason that says what the examination came to."""
        return self.reasons[-1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.robustness")
    parser.add_argument("--write", action="store_true", help="put the table into the documentation")
    write: bool = parser.parse_args().write
    console = Console()
    with (
        ground.home(console) as settings,
        issuing_clearances(settings) as issue,
        public_service(settings) as port,
    ):
        answers = list(_answers(issue(), port))
    table = _table(answers)
    print(table)
    if write:
        replace_block("robustness", table)
    bad = [each for each in answers if not each.expected or each.seconds > LIMIT_SECONDS]
    for each in bad:
        console.print(f"not as expected: {each}", style="red")
    return 1 if bad else 0


def _answers(genuine: bytes, port: int) -> Iterator[Answer]:
    outcomes = vectors("hostile_outcomes")
    with Caller(port) as hostile, Caller(port) as honest:
        for name, make in track(outcomes.made(genuine).items(), "sending", transient=True):
            pdf = make()
            verdict, seconds = _verified(hostile, pdf)
            outcome, reasons = verdict["outcome"], verdict["reasons"]
            yield Answer(
                name=name,
                size=len(pdf),
                outcome=outcome,
                reasons=tuple(reasons),
                seconds=seconds,
                expected=outcomes.is_expected(name, outcome, reasons),
            )
            verdict, _ = _verified(honest, genuine)
            if verdict["outcome"] != "authentic":
                raise SystemExit(f"after {name} a genuine file is {verdict['outcome']}")


def _verified(caller: Caller, pdf: bytes) -> tuple[dict[str, Any], float]:
    """Return verdict and seconds; ask again while the service says that it is busy."""
    for _ in range(TRIES):
        begin = time.perf_counter()
        status, answer = caller.verify(pdf)
        seconds = time.perf_counter() - begin
        if "outcome" in answer:
            return answer, seconds
        if seconds > LIMIT_SECONDS or status != 503:  # noqa: PLR2004 - busy
            raise SystemExit(f"{status} after {seconds:.1f} s: {answer}")
        time.sleep(WAIT_SECONDS)
    raise SystemExit("the service stays busy")


def _table(answers: list[Answer]) -> str:
    slowest = max(each.seconds for each in answers)
    lines = [
        f"Measured on {machine()}; every answer came within {slowest:.1f} s.",
        "",
        "| file | bytes | outcome | reason | seconds |",
        "|---|---:|---|---|---:|",
    ]
    lines += [
        f"| `{each.name}` | {each.size:,} | `{each.outcome}` | `{each.telling}` | "
        f"{each.seconds:.2f} |"
        for each in answers
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
