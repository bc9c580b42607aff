"""What a minute of fuzzing finds; `make fuzz` runs for as long as one likes.

An input that takes long ends the run early and is no failure here: a worker would be killed, which
`test_sandbox` proves.
"""

import base64
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("fuzz_verifier.py")
RUNS = {"token": (15, 500), "examination": (45, 50)}
"""By target: for how many seconds it runs, and how many inputs it must have tried at the least."""

pytest.importorskip("atheris")


@pytest.mark.parametrize("target", RUNS)
def test_nothing_unexpected_is_found(target: str, tmp_path: Path) -> None:
    seconds, least = RUNS[target]
    corpus, finds = tmp_path / "corpus", tmp_path / "finds"
    for each in (corpus, finds):
        each.mkdir()
    done = subprocess.run(
        [
            sys.executable,
            PROGRAM,
            target,
            corpus,
            f"-max_total_time={seconds}",
            "-timeout=40",
            "-timeout_exitcode=0",
            "-print_final_stats=1",
            f"-artifact_prefix={finds}/",
        ],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr[-5000:]}\n{_to_try_again(finds)}"
    if "libFuzzer: timeout" not in done.stderr:
        executed = done.stderr.rpartition("number_of_executed_units:")[2].split()[0]
        assert int(executed) > least


def _to_try_again(finds: Path) -> str:
    """Show the inputs that upset it, to be decoded and tried again."""
    return "\n".join(
        f"{each.name}, base64: {base64.b64encode(each.read_bytes()).decode()}"
        for each in finds.iterdir()
    )
