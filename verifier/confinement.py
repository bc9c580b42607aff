"""Takes from a worker process what reading a PDF does not need. Irrevocable for the process.

Always: limits on address space, processor time, open files; no file may grow, no core is dumped.
On Linux (x86-64, ARM64) also a seccomp filter: no socket, no further process, no file opened for
writing, made, renamed or removed, and none of the kernel's wider doors. Reading files stays
possible, since Python imports lazily; there is no way out for what is read but the answer.
"""

import ctypes
import errno
import logging
import os
import platform
import resource
import struct
import sys

OPEN_FILES = 32
"""Enough for the pipes to the parent, one import and one event loop."""

logger = logging.getLogger(__name__)

_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_KILL_PROCESS = 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_ALLOW = 0x7FFF0000

# Classic BPF (linux/filter.h): load a word of seccomp_data, compare, answer.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _FIRST_ARGUMENT_OFFSET, _ARGUMENT_SIZE = 0, 4, 16, 8

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine name to column in the table below and AUDIT_ARCH value (linux/audit.h)."""

_X32_NUMBERS = 0x40000000
"""x86-64's second system call table, which would walk round the filter."""

# Name: number on x86-64, number on ARM64 (-1 where there is none).
_REFUSED_CALLS = {
    # network
    "socket": (41, 198),
    "io_uring_setup": (425, 425),
    # other processes
    "clone": (56, 220),
    "fork": (57, -1),
    "vfork": (58, -1),
    "clone3": (435, 435),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    # files and folders
    "creat": (85, -1),
    "truncate": (76, 45),
    "rename": (82, -1),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdir": (83, -1),
    "mkdirat": (258, 34),
    "rmdir": (84, -1),
    "link": (86, -1),
    "linkat": (265, 37),
    "symlink": (88, -1),
    "symlinkat": (266, 36),
    "unlink": (87, -1),
    "unlinkat": (263, 35),
    "mknod": (133, -1),
    "mknodat": (259, 33),
    "chmod": (90, -1),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, -1),
    "fchown": (93, 55),
    "lchown": (94, -1),
    "fchownat": (260, 54),
    "openat2": (437, 437),
    "open_by_handle_at": (304, 265),
    # the kernel's wider doors, and the limits themselves
    "setrlimit": (160, 164),
    "prlimit64": (302, 261),
    "mount": (165, 40),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
}

# Name: numbers as above, index of the argument that holds the flags.
_OPENING_CALLS = {"open": (2, -1, 1), "openat": (257, 56, 2)}
_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def confine(*, memory_bytes: int, processor_seconds: int) -> None:
    """Confine this process for the rest of its life.

    ``memory_bytes`` bounds the address space, ``processor_seconds`` the processor time of the
    whole process. Raises ``OSError`` or ``ValueError`` if a limit cannot be set. Where seccomp
    does not exist the limits alone hold, and a warning says so.
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
        logger.warning("no seccomp here: examining files without a system call filter")
        return
    _install(_filter(*architecture))


def _filter(column: int, architecture: int) -> bytes:
    """Assemble the BPF program; each instruction is code, two jump distances and a value."""
    numbers = [each[column] for each in _REFUSED_CALLS.values() if each[column] >= 0]
    openings = [(each[column], each[2]) for each in _OPENING_CALLS.values() if each[column] >= 0]
    # Each opening call takes four instructions; "refuse" is the very last one, "allow" before it.
    refuse_at = 5 + len(numbers) + 4 * len(openings) + 1
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
    ]
    program.append((_AT_LEAST, refuse_at - len(program) - 1, 0, _X32_NUMBERS))
    for number in numbers:
        program.append((_EQUAL, refuse_at - len(program) - 1, 0, number))
    for number, argument in openings:
        program.append((_EQUAL, 0, 3, number))
        program.append((_LOAD, 0, 0, _FIRST_ARGUMENT_OFFSET + argument * _ARGUMENT_SIZE))
        program.append((_ANY_BIT, refuse_at - len(program) - 1, 0, _WRITING_FLAGS))
        program.append((_RETURN, 0, 0, _ALLOW))
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _install(instructions: bytes) -> None:
    """Hand the filter to the kernel (seccomp(2)); needs no privilege once none can be gained."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(instructions) // 8, instructions)
    for arguments in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*arguments) != 0:
            logger.warning("seccomp refused: %s", os.strerror(ctypes.get_errno()))
            return
