"""Judges every attack for real, and writes the table of attacks.

    python -m bench.attacks

Issues clearances in a folder of its own, makes the files of ``tests/vectors/attacks`` from them,
has the verifier judge them, and writes the table into docs/verification.md if every verdict is
the expected one; otherwise says which are not, and ends with 1.
"""

import sys
import time

from rich.console import Console
from rich.progress import track

from bench import ground
from bench.documents import replace_block
from bench.issued import fresh_request
from bench.vectors import vectors
from clearance.verdict import Outcome, Verdict
from service.wiring.memory import open_memory

BLOCK = "attacks"


def main() -> int:
    console = Console()
    catalogue, court = vectors("attacks.catalogue"), vectors("attacks.court")
    with (
        ground.home(console) as settings,
        open_memory(settings, migrating=True) as memory,
        court.open_court(settings, memory, lambda: fresh_request(settings, memory)) as session,
    ):
        begun = time.perf_counter()
        judged = list(
            track(
                session.judge(),
                total=len(catalogue.ATTACKS),
                description="judging",
                console=console,
            )
        )
        seconds = time.perf_counter() - begun
        harmed = [
            way
            for way, journey in vectors("attacks.journeys").JOURNEYS.items()
            if session.verifier.verify(journey(session.genuine)).outcome is not Outcome.AUTHENTIC
        ]
    wrong = [line for attack, verdict in judged for line in _complaint(attack, verdict)]
    for line in [*wrong, *(f"{way}: no longer authentic" for way in harmed)]:
        console.print(line)
    if wrong or harmed:
        return 1
    console.print(f"{len(judged)} attacks judged as expected in {seconds:.1f} s")
    replace_block(BLOCK, catalogue.table())
    return 0


def _complaint(attack: object, verdict: Verdict) -> list[str]:
    expected = (attack.outcome, attack.reason)  # type: ignore[attr-defined]
    if verdict.outcome is expected[0] and expected[1] in verdict.reasons:
        return []
    name = attack.name  # type: ignore[attr-defined]
    return [f"{name}: {verdict.outcome}, {', '.join(verdict.reasons)}; expected {expected}"]


if __name__ == "__main__":
    sys.exit(main())
