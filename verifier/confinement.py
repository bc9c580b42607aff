"""Takes from a worker process what examining a PDF does not need. Irrevocable for the process.

Everywhere: limits on address space, processor time, open files; no file may grow, no core is
dumped. On Linux (x86-64, ARM64) also: nobody without privilege looks into the process, and a
seccomp filter lets through a short list of system calls: reading and writing what is already
open, memory, threads of its own, time, randomness, ending. All else fails with ``EPERM``: no file
is opened, not even for reading, nothing is sent, no other process is started or reached.
"""

import ctypes
import errno
import os
import platform
import resource
import struct
import sys

OPEN_FILES = 32
"""More than the three that a worker has; none is opened once the filter holds."""

_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_KILL_PROCESS = 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS
_ALLOW = 0x7FFF0000

# Classic BPF (linux/filter.h): load a word of seccomp_data, compare, answer.
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _FLAGS_OFFSET = 0, 4, 16

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine name to column in the table below and AUDIT_ARCH value (linux/audit.h)."""

# Name: number on x86-64, number on ARM64. x86-64's second table (x32) has other numbers, so that
# nothing of it is allowed.
_ALLOWED_CALLS = {
    # the pipes to the parent
    "read": (0, 63),
    "write": (1, 64),
    # memory, within the limit
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "mremap": (25, 216),
    "madvise": (28, 233),
    # threads of this process, which the decoder of HEIC pictures insists on
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "sched_yield": (24, 124),
    # locks and signals of this process alone
    "futex": (202, 98),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "restart_syscall": (219, 128),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "exit": (60, 93),
    "exit_group": (231, 94),
    # time and randomness
    "gettimeofday": (96, 169),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "getrandom": (318, 278),
}

_CLONE = (56, 220)
_THREAD = 0x003D0F00
"""The flags with which the C library starts a thread: all is shared, no process is made."""

_CLONE3 = 435
"""On every architecture. Its flags lie in memory, where no filter sees them; told that the call is
unknown, the C library takes the other one."""


def confine(*, memory_bytes: int, processor_seconds: int) -> str | None:
    """Confine this process for the rest of its life.

    ``memory_bytes`` bounds the address space, ``processor_seconds`` the processor time of the
    whole process. Returns why there is no system call filter where it cannot be installed and
    the limits alone hold; nothing if it holds. Raises ``OSError`` or ``ValueError`` if a limit
    cannot be set.
    """
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, processor_seconds),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    architecture = _ARCHITECTURES.get(platform.machine())
    if sys.platform != "linux" or architecture is None:
        return f"no filter for {sys.platform} on {platform.machine()}"
    return _install(_filter(*architecture))


def _filter(column: int, architecture: int) -> bytes:
    """Assemble the BPF program; each instruction is code, two jump distances and a value."""
    numbers = [each[column] for each in _ALLOWED_CALLS.values()]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _UNKNOWN),
        (_EQUAL, 0, 4, _CLONE[column]),
        (_LOAD, 0, 0, _FLAGS_OFFSET),
        (_EQUAL, 0, 1, _THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    # "Allow" is the very last instruction, "refuse" the one before it.
    program += [(_EQUAL, len(numbers) - index, 0, number) for index, number in enumerate(numbers)]
    program += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _install(instructions: bytes) -> str | None:
    """Hand the filter to the kernel (seccomp(2)); needs no privilege once none can be gained."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(instructions) // 8, instructions)
    for arguments in (
        (_PR_SET_DUMPABLE, 0, 0, 0, 0),
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*arguments) != 0:
            return os.strerror(ctypes.get_errno())
    return None
