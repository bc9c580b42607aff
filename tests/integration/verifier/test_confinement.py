"""What a confined process may not do, tried by a process that confines itself as workers do."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from verifier.sandbox import Sandbox

MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="the filter knows two architectures"
)

# Number on x86-64, number on ARM64.
CALLS = {
    "tgkill": (234, 131),
    "tkill": (200, 130),
    "kill": (62, 129),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "ptrace": (101, 117),
    "prctl": (157, 167),
    "seccomp": (317, 277),
    "setpriority": (141, 140),
    "prlimit64": (302, 261),
    "clone": (56, 220),
    "execve": (59, 221),
    "execveat": (322, 281),
    "openat": (257, 56),
    "openat2": (437, 437),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "dup": (32, 23),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "getdents64": (217, 61),
    "readlinkat": (267, 78),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "unlinkat": (263, 35),
    "renameat2": (316, 276),
    "linkat": (265, 37),
    "symlinkat": (266, 36),
    "mkdirat": (258, 34),
    "mknodat": (259, 33),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "utimensat": (280, 88),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "shmget": (29, 194),
    "mq_open": (180, 180),
    "inotify_init1": (294, 26),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "chroot": (161, 51),
    "a call of x32": (0x40000000, -1),
    "a call of tomorrow": (9999, 9999),
}

PROGRAM = """
import builtins, ctypes, os, socket, subprocess, sys, threading
from verifier.confinement import confine
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    answer = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return answer, ctypes.get_errno()
assert confine(memory_bytes=2**29, processor_seconds=60) is None
for line in sys.stdin:
    try:
        print(repr(eval(line)), flush=True)
    except BaseException as error:
        print(type(error).__name__, flush=True)
"""


class Confined:
    """A process that confined itself and evaluates what it is asked."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, expression: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(expression + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def confined() -> Iterator[Confined]:
    made = Confined()
    assert made("1 + 1") == "2"
    yield made
    made.close()


@pytest.mark.parametrize("name", CALLS)
def test_a_system_call_is_refused(confined: Confined, name: str) -> None:
    number = CALLS[name][platform.machine() == "aarch64"]
    assert confined(f"call({number}, 0, 0, 0, 0, 0, 0)") == "(-1, 1)", "EPERM"


def test_a_process_is_refused_and_a_thread_is_not(confined: Confined) -> None:
    assert confined("call(435, 0, 0)") == "(-1, 38)", "ENOSYS, so that clone is tried"
    clone = CALLS["clone"][platform.machine() == "aarch64"]
    vfork, thread_of_another_process = 0x4111, 0x003D0F00 & ~0x10000
    for flags in (17, vfork, thread_of_another_process, 0x003D0F00 | 0x10000000):
        assert confined(f"call({clone}, {flags}, 0, 0, 0, 0)") == "(-1, 1)"
    started = "(t := threading.Thread(target=lambda: None), t.start(), t.join(5), t.is_alive())[3]"
    assert confined(started) == "False"


@pytest.mark.parametrize(
    "expression",
    [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "subprocess.run(['/bin/true'])",
        "os.mkdir('made-by-worker')",
        "open('made-by-worker', 'w')",
        "os.listdir('/')",
    ],
)
def test_an_attempt_is_refused(confined: Confined, expression: str) -> None:
    assert confined(expression) == "PermissionError"


def test_no_other_process_is_killed(confined: Confined) -> None:
    victim = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        for name, *arguments in (
            ("tgkill", victim.pid, victim.pid, 9),
            ("tkill", victim.pid, 9),
            ("kill", victim.pid, 9),
        ):
            number = CALLS[name][platform.machine() == "aarch64"]
            assert confined(f"call({number}, *{arguments})") == "(-1, 1)"
        assert victim.poll() is None
    finally:
        victim.communicate()
    assert victim.returncode != -9


def test_no_file_is_read(confined: Confined, tmp_path: Path) -> None:
    """Neither the parent's memory nor its secrets."""
    secret = tmp_path / "token_user_pin"
    secret.write_text("1234")
    for path in (f"/proc/{os.getpid()}/mem", f"/proc/{os.getpid()}/environ", secret):
        assert confined(f"open({str(path)!r}, 'rb').read(1)") == "PermissionError"


def test_memory_is_limited(confined: Confined) -> None:
    assert confined("len(bytes(600 * 2**20))") == "MemoryError"


# --- what a worker is given


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder under /proc of a worker that has loaded everything."""
    monkeypatch.setenv("MOHR_TOKEN_PIN", "1234")
    sandbox = Sandbox(workers=1, memory_bytes=512 * MIB, seconds=5)
    (made,) = sandbox.single._workers
    process = made._ready_process()
    yield Path("/proc") / str(process.pid)
    sandbox.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root looks into a worker")
def test_a_worker_is_given_neither_environment_nor_files(worker: Path) -> None:
    assert (worker / "environ").read_bytes() == b""
    assert (worker / "cwd").resolve() == Path("/")
    opened = {each.name: str(each.readlink()) for each in (worker / "fd").iterdir()}
    assert opened.pop("2") == "/dev/null"
    assert {name: target.split(":")[0] for name, target in opened.items()} == {
        "0": "pipe",
        "1": "pipe",
    }
    assert len(list((worker / "task").iterdir())) == 1


def test_a_worker_is_filtered_and_closed_to_others(worker: Path) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in (worker / "status").read_text().splitlines()
        if "\t" in line
    )
    assert status["Seccomp"] == "2"
    assert status["NoNewPrivs"] == "1"
    assert (worker / "mem").stat().st_uid == 0, "not dumpable: its parts belong to root"


def test_a_worker_has_not_loaded_our_program() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\nfrom verifier.worker import load\nload()\nprint(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(done.stdout.split())
    assert "verifier.cryptographic" in modules
    assert not {"pytest", "service", "sqlalchemy", "fastapi", "hsm", "keys"} & modules
