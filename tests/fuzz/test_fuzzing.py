"""What a minute of fuzzing found; `make fuzz` runs for as long as one likes.

The fuzzers have run since the tests began (``conftest.py``), so that this waits only for the rest.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

LEAST = {"examination": 50, "token": 1_000}
"""How many inputs must have been tried, on the slowest machine."""

WAIT_SECONDS = 200


@pytest.mark.timeout(WAIT_SECONDS + 40)
@pytest.mark.parametrize("target", LEAST)
def test_nothing_unexpected_is_found(target: str, fuzzers: Mapping[str, Any]) -> None:
    fuzzer = fuzzers[target]
    assert fuzzer.wait(WAIT_SECONDS) == 0, fuzzer.report()
    assert fuzzer.was_held_up or fuzzer.seconds >= 60
    assert fuzzer.was_held_up or fuzzer.inputs > LEAST[target]


def test_a_find_is_shown_so_that_it_can_be_tried_again(
    fuzzers: Mapping[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "log").write_text("==1== ERROR\n")
    (tmp_path / "finds").mkdir()
    (tmp_path / "finds" / "crash-1").write_bytes(b"%PDF\xff")
    found = replace(fuzzers["token"], log=tmp_path / "log", finds=tmp_path / "finds")
    assert found.report() == "==1== ERROR\n\ncrash-1, base64: JVBERv8="
