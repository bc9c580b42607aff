"""The sandbox with real worker processes: what they may not do, and what they survive."""

import operator
import os
import resource
import socket
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
from clearance.verdict import Reason
from verifier.sandbox import FILES_WAITING_PER_WORKER, Sandbox
from verifier.trust import TrustPolicy

MIB = 1024 * 1024
TRUST = TrustPolicy(anchors_der=(), seals_der=(), at=datetime(2025, 5, 4, tzinfo=UTC))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = Sandbox(workers=1, memory_bytes=512 * MIB, seconds=3)
    yield opened
    opened.close()


def in_worker(sandbox: Sandbox, function: Callable[..., object], *arguments: object) -> object:
    """Run something of the standard library in a worker, which could not load a test module."""
    return sandbox._pool.schedule(function, args=arguments, timeout=5).result()


def reasons(sandbox: Sandbox, pdf: bytes) -> list[Reason]:
    return [each.reason for each in sandbox.examine(pdf, TRUST).findings]


def test_a_harmless_file_is_examined(sandbox: Sandbox, bad_files: ModuleType) -> None:
    assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]


# --- what a worker may not do


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (socket.socket, ()),
        (socket.socket, (socket.AF_UNIX,)),
        (os.fork, ()),
        (os.execv, ("/bin/true", ["true"])),
        (subprocess.run, (["/bin/true"],)),
        (os.kill, (os.getpid(), 0)),
        (os.mkdir, ("made-by-worker",)),
        (os.open, ("made-by-worker", os.O_WRONLY | os.O_CREAT)),
        (os.open, (__file__, os.O_RDWR)),
        (os.unlink, (__file__,)),
        (os.rename, (__file__, "moved")),
        (os.chmod, (__file__, 0o777)),
        (os.truncate, (__file__, 0)),
        (os.symlink, (__file__, "made-by-worker")),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_worker_is_confined(
    sandbox: Sandbox, function: Callable[..., object], arguments: tuple[object, ...]
) -> None:
    with pytest.raises(PermissionError):
        in_worker(sandbox, function, *arguments)


def test_a_worker_has_no_threads(sandbox: Sandbox) -> None:
    thread = in_worker(sandbox, os.listdir, "/proc/self/task")
    assert isinstance(thread, list)
    assert len(thread) == 1


def test_a_worker_knows_nothing_of_our_environment(sandbox: Sandbox) -> None:
    assert in_worker(sandbox, eval, "dict(__import__('os').environ)") == {}


def test_a_worker_has_not_loaded_our_program(sandbox: Sandbox) -> None:
    modules = in_worker(sandbox, eval, "sorted(__import__('sys').modules)")
    assert isinstance(modules, list)
    assert "verifier.cryptographic" in modules
    assert not {"pytest", "service", "sqlalchemy", "fastapi"} & set(modules)


def test_a_worker_cannot_take_all_memory(sandbox: Sandbox) -> None:
    with pytest.raises(MemoryError):
        in_worker(sandbox, bytes, 600 * MIB)


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


def test_time_is_limited_and_the_pool_recovers(sandbox: Sandbox, bad_files: ModuleType) -> None:
    begin = time.monotonic()
    assert reasons(sandbox, bad_files.many_fields_in_one_stream()) == [Reason.CHECK_TIMED_OUT]
    assert time.monotonic() - begin < 10
    assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]


def test_memory_is_limited_and_the_pool_recovers(
    sandbox: Sandbox, bad_files: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("verifier.sandbox.examine", operator.mul)
        (found,) = sandbox.examine(b"0123456789", 10**8).findings  # type: ignore[arg-type]
    assert found.reason is Reason.CHECK_TIMED_OUT
    assert found.parameters == {"exceeded": "memory"}
    assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]


def test_a_mistake_of_ours_is_not_blamed_on_the_file(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verifier.sandbox.examine", operator.truediv)
    (found,) = sandbox.examine(b"", TRUST).findings
    assert found.reason is Reason.CHECK_FAILED
    assert found.parameters == {"error": "TypeError"}


def test_the_death_of_a_worker_is_our_fault_and_the_pool_recovers(
    sandbox: Sandbox, bad_files: ModuleType
) -> None:
    victim = next(iter(sandbox._pool._pool_manager.worker_manager.workers))
    os.kill(victim, 9)
    time.sleep(0.5)
    assert reasons(sandbox, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]


def test_the_death_of_a_busy_worker_says_nothing_of_the_file(bad_files: ModuleType) -> None:
    opened = Sandbox(workers=1, memory_bytes=512 * MIB, seconds=30)
    try:
        assert reasons(opened, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]
        found: list[list[Reason]] = []
        slow = bad_files.many_fields_in_one_stream()
        caller = threading.Thread(target=lambda: found.append(reasons(opened, slow)))
        caller.start()
        time.sleep(1)
        os.kill(next(iter(opened._pool._pool_manager.worker_manager.workers)), 9)
        caller.join(10)
        assert found == [[Reason.CHECK_FAILED]]
        assert reasons(opened, bad_files.never_sealed()) == [Reason.NO_SIGNATURE]
    finally:
        opened.close()


def test_too_many_files_are_turned_away(bad_files: ModuleType) -> None:
    opened = Sandbox(workers=1, memory_bytes=512 * MIB, seconds=2)
    slow = bad_files.many_fields_in_one_stream()
    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(reasons(opened, slow))
        except Unavailable as error:
            answers.append(error.code)

    callers = [threading.Thread(target=ask) for _ in range(FILES_WAITING_PER_WORKER)]
    for caller in callers:
        caller.start()
    time.sleep(0.2)
    with pytest.raises(Unavailable, match=r"verifier\.busy"):
        opened.examine(bad_files.never_sealed(), TRUST)
    opened.close()
    for caller in callers:
        caller.join(20)
    assert len(answers) == FILES_WAITING_PER_WORKER
    assert [Reason.CHECK_TIMED_OUT] in answers, "the file in hand was finished"
    assert "verifier.busy" in answers, "the waiting ones were turned away"
    with pytest.raises(Unavailable):
        opened.examine(bad_files.never_sealed(), TRUST)


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
        "sandbox = Sandbox(workers=2, memory_bytes=2**29, seconds=5)\n"
        "trust = TrustPolicy(anchors_der=(), seals_der=(), at=datetime.now(UTC))\n"
        "print(sandbox.examine(b'%PDF-1.7', trust).findings[0].reason)\n"
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
