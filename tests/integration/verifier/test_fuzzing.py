"""A short run of the fuzzer each time; `make fuzz` runs it for as long as one likes.

A file that takes long ends the run early and is no failure here: a worker would be killed, which
`test_sandbox` proves.
"""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "fuzz" / "fuzz_verifier.py"
RUNS = {"token": (6, 500), "examination": (12, 20)}
"""By target: how many seconds it runs, and how many inputs it must have tried at the least."""

pytest.importorskip("atheris")


@pytest.mark.parametrize("target", RUNS)
def test_nothing_unexpected_is_found(target: str, tmp_path: Path) -> None:
    seconds, least = RUNS[target]
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    done = subprocess.run(
        [
            sys.executable,
            PROGRAM,
            target,
            corpus,
            f"-max_total_time={seconds}",
            "-seed=38",
            "-timeout=10",
            "-timeout_exitcode=0",
            "-print_final_stats=1",
            f"-artifact_prefix={tmp_path}/",
        ],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    if "timeout" not in done.stderr:
        executed = done.stderr.rpartition("number_of_executed_units:")[2].split()[0]
        assert int(executed) > least
