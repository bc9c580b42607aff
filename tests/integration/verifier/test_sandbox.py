"""The sandbox with real worker processes: what it survives, and who waits for whom."""

import logging
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from clearance.errors import Unavailable
from clearance.verdict import Level, Reason
from verifier import sandbox as sandbox_module
from verifier import worker_process
from verifier.sandbox import FILES_WAITING_PER_WORKER, Sandbox
from verifier.trust import TrustPolicy
from verifier.worker import LENGTH

MIB = 1024 * 1024
TRUST = TrustPolicy(anchors_der=(), seals_der=(), at=datetime(2025, 5, 4, tzinfo=UTC))


def opened(*, workers: int = 1, seconds: float = 3) -> Sandbox:
    return Sandbox(workers=workers, memory_bytes=512 * MIB, seconds=seconds)


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    """Wait for a worker as long as it takes to load one while other tests keep the machine busy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox_module, "STRANGERS_WAIT_SECONDS", 30)
        patch.setattr(sandbox_module, "REGISTERED_WAIT_SECONDS", 30)
        patch.setattr(sandbox_module, "PATIENCE_SECONDS", 120)
        patch.setattr(worker_process, "WALL_SECONDS", 120)
        yield


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = opened()
    yield made
    made.close()


@pytest.fixture
def with_program(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Sandbox]]:
    """Open sandboxes whose workers run some lines of their own before they serve."""
    made: list[Sandbox] = []

    def start(lines: str) -> Sandbox:
        program = worker_process._PROGRAM.replace("\nserve(", f"\n{lines}\nserve(")
        monkeypatch.setattr(worker_process, "_PROGRAM", program)
        made.append(opened())
        return made[-1]

    yield start
    for each in made:
        each.close()


def reasons(sandbox: Sandbox, pdf: bytes, *, registered: bool = False) -> list[Reason]:
    """Return what was found against a file."""
    lane = sandbox.registered if registered else sandbox.single
    examination = lane.examine(pdf, TRUST)
    return [each.reason for each in examination.findings if each.level is Level.FAILED]


def stranger(sandbox: Sandbox) -> subprocess.Popen[bytes]:
    """The process of the only worker for strangers' files."""
    (worker,) = sandbox.single._workers
    assert worker._process is not None
    return worker._process


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def examining() -> int:
    """How many files workers have in hand: each runs against a time limit."""
    return sum(each.name == "time limit" for each in threading.enumerate())


class Callers:
    """Threads that ask for the examination of one file each; ``answers`` as they come in."""

    def __init__(self, sandbox: Sandbox, pdf: bytes, count: int) -> None:
        self.answers: list[object] = []
        self._threads = [
            threading.Thread(target=self._ask, args=(sandbox, pdf)) for _ in range(count)
        ]
        for each in self._threads:
            each.start()

    def _ask(self, sandbox: Sandbox, pdf: bytes) -> None:
        try:
            self.answers.append(reasons(sandbox, pdf))
        except Unavailable as error:
            self.answers.append(error.code)

    def wait(self) -> list[object]:
        for each in self._threads:
            each.join(30)
        return self.answers


def test_a_harmless_file_is_examined(sandbox: Sandbox, bad_files: ModuleType) -> None:
    assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]


# --- what the sandbox survives


@pytest.mark.parametrize(
    "lie",
    [
        "small_when_packed",
        "small_when_packed_and_damaged",
        "deep_tree",
        "deep_arrays",
        "earlier_revision_is_this_one",
        "a_billion_objects",
        "many_ends",
    ],
)
def test_an_attack_becomes_a_finding(sandbox: Sandbox, bad_files: ModuleType, lie: str) -> None:
    found = reasons(sandbox, bad_files.HOSTILE[lie]())
    assert found
    assert not {Reason.CHECK_FAILED, Reason.SIGNATURE_VALID} & set(found)


def test_time_is_limited_and_the_worker_replaced(sandbox: Sandbox, bad_files: ModuleType) -> None:
    examination = sandbox.single.examine(bad_files.many_fields_in_one_stream(), TRUST)
    (found,) = examination.findings
    assert found.reason is Reason.CHECK_TIMED_OUT
    assert found.parameters == {"exceeded": "time"}, "processor time: the wall clock is not ours"
    assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]


def test_a_worker_that_does_not_even_read_is_out_of_time(
    with_program: Callable[[str], Sandbox],
) -> None:
    """A request is larger than a pipe: handing it over is part of the time as well."""
    sandbox = with_program(
        "import verifier.worker\n"
        "def hang(size):\n"
        "    while True: pass\n"
        "verifier.worker._read = hang"
    )
    assert reasons(sandbox, bytes(MIB)) == [Reason.CHECK_TIMED_OUT]


def test_memory_is_limited(with_program: Callable[[str], Sandbox]) -> None:
    sandbox = with_program(
        "import verifier.stages\nverifier.stages.examine = lambda pdf, trust: pdf * 10**9"
    )
    (found,) = sandbox.single.examine(b"0123456789", TRUST).findings
    assert found.reason is Reason.CHECK_TIMED_OUT
    assert found.parameters == {"exceeded": "memory"}


def test_a_crash_is_the_files_doing(with_program: Callable[[str], Sandbox]) -> None:
    """Libraries in C end the process when memory or stack is short."""
    sandbox = with_program(
        "import ctypes, verifier.stages\n"
        "verifier.stages.examine = lambda pdf, trust: ctypes.string_at(0)"
    )
    (found,) = sandbox.single.examine(b"", TRUST).findings
    assert found.reason is Reason.CHECK_TIMED_OUT
    assert found.parameters == {"exceeded": "memory"}


def test_a_mistake_of_ours_is_not_blamed_on_the_file(
    with_program: Callable[[str], Sandbox],
) -> None:
    sandbox = with_program("import verifier.stages\nverifier.stages.examine = None")
    assert reasons(sandbox, b"") == [Reason.CHECK_FAILED]


def framed(body: bytes) -> bytes:
    return LENGTH.pack(len(body)) + body


@pytest.mark.parametrize(
    "answer",
    [
        b"\xff" * LENGTH.size,
        framed(b"null"),
        framed(b"{}"),
        framed(b"not JSON"),
        framed(b'{"findings":[["structure","passed","all.well",{}]],"bears_our_seal":1}'),
        framed(b"[" * 100_000),
        framed(b"cos\nsystem\n(S'touch taken'\ntR."),
    ],
    ids=["endless", "null", "empty", "no JSON", "unknown words", "deep", "pickle"],
)
def test_the_answer_of_a_worker_taken_over_is_not_believed(
    with_program: Callable[[str], Sandbox],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes,
) -> None:
    monkeypatch.chdir(tmp_path)
    sandbox = with_program(
        "import os, verifier.stages\n"
        f"verifier.stages.examine = lambda pdf, trust: os.write(1, {answer!r}) and os._exit(0)"
    )
    assert reasons(sandbox, b"") == [Reason.CHECK_FAILED]
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_does_not_start_is_our_fault(
    with_program: Callable[[str], Sandbox], bad_files: ModuleType
) -> None:
    sandbox = with_program("sys.exit()")
    assert reasons(sandbox, bad_files.never_sealed()) == [Reason.CHECK_FAILED]


def test_the_death_of_an_idle_worker_goes_unnoticed(
    sandbox: Sandbox, bad_files: ModuleType
) -> None:
    victim = stranger(sandbox)
    os.kill(victim.pid, 9)
    until(lambda: victim.poll() is not None)
    assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]


def test_the_death_of_a_busy_worker_says_nothing_of_the_file(bad_files: ModuleType) -> None:
    sandbox = opened(seconds=30)
    try:
        assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]
        callers = Callers(sandbox, bad_files.many_fields_in_one_stream(), 1)
        until(lambda: examining() == 1)
        os.kill(stranger(sandbox).pid, 9)
        assert callers.wait() == [[Reason.CHECK_FAILED]]
        assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]
    finally:
        sandbox.close()


def test_a_worker_is_replaced_after_a_while(
    bad_files: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "FILES_PER_WORKER", 2)
    sandbox = opened()
    try:
        processes = []
        for _ in range(4):
            until(lambda: sandbox.single._idle.qsize() == 1)
            processes.append(stranger(sandbox).pid)
            assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]
        first, second = dict.fromkeys(processes)
        assert processes == [first, first, second, second]
    finally:
        sandbox.close()


def test_a_missing_filter_is_logged(
    with_program: Callable[[str], Sandbox],
    bad_files: ModuleType,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox = with_program("import verifier.confinement\nverifier.confinement._ARCHITECTURES = {}")
    with caplog.at_level(logging.WARNING):
        assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]
    (record,) = caplog.records
    assert "without a system call filter: no filter for" in record.getMessage()


# --- who waits for whom


def test_nobody_waits_for_a_worker_to_load_beyond_the_time_for_waiting(
    bad_files: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_module, "STRANGERS_WAIT_SECONDS", 0.2)
    sandbox = opened(workers=2, seconds=30)
    try:
        for worker in sandbox.single._workers:
            monkeypatch.setattr(worker, "renew", lambda: time.sleep(2))
        until(lambda: sandbox.single._idle.qsize() == 2)
        callers = Callers(sandbox, bad_files.many_fields_in_one_stream(), 1)
        until(lambda: sandbox.single._idle.qsize() == 1)
        begin = time.monotonic()
        with pytest.raises(Unavailable, match=r"verifier\.busy"):
            sandbox.single.examine(bad_files.never_sealed(), TRUST)
        assert time.monotonic() - begin < 1.5
    finally:
        os.kill(_running(sandbox).pid, 9)
        callers.wait()
        sandbox.close()


def _running(sandbox: Sandbox) -> subprocess.Popen[bytes]:
    (process,) = [each._process for each in sandbox.single._workers if each._process]
    return process


def test_too_many_files_are_turned_away(bad_files: ModuleType) -> None:
    sandbox = opened(seconds=2)
    slow = bad_files.many_fields_in_one_stream()
    callers = Callers(sandbox, slow, FILES_WAITING_PER_WORKER)
    until(lambda: sandbox.single._places._value == 0)
    with pytest.raises(Unavailable, match=r"verifier\.busy"):
        sandbox.single.examine(bad_files.never_sealed(), TRUST)
    until(lambda: examining() == 1)
    sandbox.close()
    answers = callers.wait()
    assert len(answers) == FILES_WAITING_PER_WORKER
    assert [Reason.CHECK_TIMED_OUT] in answers, "the file in hand was finished"
    assert "verifier.busy" in answers, "the waiting ones were turned away"
    with pytest.raises(Unavailable):
        sandbox.single.examine(bad_files.never_sealed(), TRUST)


def test_registered_files_do_not_wait_for_strangers(bad_files: ModuleType) -> None:
    sandbox = opened(workers=2, seconds=30)
    callers = Callers(sandbox, bad_files.many_fields_in_one_stream(), 2 * FILES_WAITING_PER_WORKER)
    try:
        until(lambda: sandbox.single._places._value == 0 and examining() == 2)
        for _ in range(3):
            found = reasons(sandbox, bad_files.never_sealed(), registered=True)
            assert found == [Reason.NO_SIGNATURE]
        assert examining() == 2, "the strangers' workers are still busy"
    finally:
        sandbox.single._closed = True
        for worker in sandbox.single._workers:
            assert worker._process is not None
            os.kill(worker._process.pid, 9)
        callers.wait()
        sandbox.close()


def test_strangers_files_share_no_process_with_registered_ones(
    sandbox: Sandbox, bad_files: ModuleType
) -> None:
    (reserved,) = sandbox.registered._workers
    for _ in range(3):
        before = reserved._files
        reasons(sandbox, bad_files.never_sealed())
        assert reserved._files == before
        reasons(sandbox, bad_files.never_sealed(), registered=True)
        assert reserved._files == before + 1


# --- starting


@pytest.mark.parametrize("way", ["from standard input", "as a module", "as a script"])
def test_it_starts_quickly_under_any_main_program(tmp_path: Path, way: str) -> None:
    """Also where the main program has no guard, or is no file at all."""
    program = tmp_path / "unguarded.py"
    program.write_text(
        "from datetime import datetime, UTC\n"
        "from verifier.sandbox import Sandbox\n"
        "from verifier.trust import TrustPolicy\n"
        "print('loaded')\n"
        "sandbox = Sandbox(workers=2, memory_bytes=2**29, seconds=5, patience_seconds=60)\n"
        "trust = TrustPolicy(anchors_der=(), seals_der=(), at=datetime.now(UTC))\n"
        "print(sandbox.single.examine(b'%PDF-1.7', trust).findings[0].reason)\n"
        "sandbox.close()\n"
    )
    arguments, standard_input = {
        "from standard input": (["-"], program.read_text()),
        "as a module": (["-m", "unguarded"], ""),
        "as a script": ([str(program)], ""),
    }[way]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *arguments],
        input=standard_input,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("loaded\nfile.damaged\n", "")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time of the program and its two workers, since other work may delay the clock.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
