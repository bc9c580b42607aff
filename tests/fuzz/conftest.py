"""Fuzzers that run beside the other tests, for a minute each and with the lowest priority.

They start when all tests are known and at least one asks for them, and end with the run at the
latest: on Linux the kernel ends them even if the run is killed; elsewhere libFuzzer ends by itself.
"""

import base64
import ctypes
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("fuzz_verifier.py")
TARGETS = ("examination", "token")
SECONDS = 60
SLOWEST_SECONDS = 40
"""For one input. A worker would be killed long before; it ends the fuzzer and is no failure."""

LONGEST_INPUT = 64 * 1024
"""Bytes of an input that are shown; libFuzzer's are smaller."""

_SET_PARENT_DEATH_SIGNAL = 1


@dataclass(frozen=True, kw_only=True)
class Fuzzer:
    """One running fuzzer, and where it leaves what it says and finds."""

    process: subprocess.Popen[bytes]
    log: Path
    finds: Path

    def wait(self, seconds: float) -> int:
        """Wait for its end; answer its exit status."""
        return self.process.wait(seconds)

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    @property
    def seconds(self) -> int:
        """For how long it has fuzzed."""
        return int(self._number(r"Done \d+ runs in (\d+) second"))

    @property
    def inputs(self) -> int:
        """How many inputs it has tried."""
        return int(self._number(r"number_of_executed_units:\s*(\d+)"))

    @property
    def was_held_up(self) -> bool:
        """Whether one input took so long that it gave up."""
        return "libFuzzer: timeout" in self.said

    def report(self) -> str:
        """Say what went wrong, with the inputs that made it so, to be decoded and tried again."""
        inputs = [
            f"{each.name}, base64: {base64.b64encode(each.read_bytes()[:LONGEST_INPUT]).decode()}"
            for each in sorted(self.finds.iterdir())
        ]
        return "\n".join([self.said[-5000:], *inputs])

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def _number(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        return found[1] if found else "0"


_RUNNING = pytest.StashKey[Mapping[str, Fuzzer]]()
_STACK = pytest.StashKey[ExitStack]()


def pytest_collection_finish(session: pytest.Session) -> None:
    wanted = any("fuzzers" in getattr(each, "fixturenames", ()) for each in session.items)
    if not wanted or session.config.option.collectonly or not importlib.util.find_spec("atheris"):
        return
    stack = session.config.stash[_STACK] = ExitStack()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mohr-fuzz-")))
    session.config.stash[_RUNNING] = running = {}
    for target in TARGETS:
        running[target] = _started(target, folder / target)
        stack.callback(running[target].stop)


def pytest_sessionfinish(session: pytest.Session) -> None:
    stack = session.config.stash.get(_STACK, None)
    if stack is not None:
        stack.close()


@pytest.fixture(scope="session")
def fuzzers(pytestconfig: pytest.Config) -> Mapping[str, Fuzzer]:
    """The running fuzzers by their targets."""
    if _RUNNING not in pytestconfig.stash:
        pytest.skip("atheris is not installed")
    return pytestconfig.stash[_RUNNING]


def _started(target: str, folder: Path) -> Fuzzer:
    corpus, finds, log = folder / "corpus", folder / "finds", folder / "log"
    for each in (corpus, finds):
        each.mkdir(parents=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                PROGRAM,
                target,
                corpus,
                f"-max_total_time={SECONDS}",
                f"-timeout={SLOWEST_SECONDS}",
                "-timeout_exitcode=0",
                "-print_final_stats=1",
                f"-artifact_prefix={finds}/",
            ],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=_stand_back,  # noqa: PLW1509 - no thread runs yet when tests are collected
        )
    return Fuzzer(process=process, log=log, finds=finds)


def _stand_back() -> None:
    """Take only the processor time that nobody else wants, and die with the run."""
    os.nice(19)
    with suppress(OSError, AttributeError):  # not on Linux
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
