"""The program of a sandbox's worker: take a file from the parent, look into it, answer, again.

The parent is trusted, the worker is not: requests are pickled, answers are JSON of plain values,
which the parent checks (``verifier.worker_process``). Both are preceded by their length.
"""

import importlib
import json
import logging
import os
import pickle
import signal
import struct
from collections.abc import Callable
from typing import Any

from verifier.confinement import confine
from verifier.trust import TrustPolicy

LENGTH = struct.Struct("!Q")
"""What stands before each request and answer: the number of its bytes."""

LAZILY_LOADED = (
    "cryptography.hazmat.backends.openssl.backend",
    "encodings.utf_16_le",
    "lxml.etree",
    "pyhanko.pdf_utils.filters",
)
"""What the libraries load only when they first need it; a confined worker opens no file."""


def serve(memory_bytes: int, processor_seconds: int, niceness: int) -> None:
    """Load everything, give up everything else, then examine files until the parent closes.

    The first answer tells that the worker is ready, and why there is no filter, if so.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    os.nice(niceness)  # loading too: those who make workers die must not slow the others
    load()
    logging.disable(logging.CRITICAL)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)  # a hostile file must not write our log
    os.close(silence)
    unfiltered = confine(memory_bytes=memory_bytes, processor_seconds=processor_seconds)
    _answer({"unfiltered": unfiltered})
    while (length := _read(LENGTH.size)) is not None:
        request = _read(*LENGTH.unpack(length))
        if request is None:
            return
        _answer(_examined(request))


def load() -> None:
    """Import all that an examination may need."""
    for name in (
        "verifier.scanned_copy_reading",
        "verifier.stages",
        *LAZILY_LOADED,
    ):
        importlib.import_module(name)


def _examined(request: bytes) -> dict[str, Any]:
    try:
        task, *arguments = pickle.loads(request)  # noqa: S301 - the parent's
        return _TASKS[task](*arguments)
    except MemoryError:
        return {"exceeded": "memory"}
    except Exception as error:  # noqa: BLE001 - a mistake of ours; the parent logs it
        return {"error": type(error).__name__}


def _examine(pdf: bytes, trust: TrustPolicy) -> dict[str, Any]:
    from verifier.stages import examine  # noqa: PLC0415 - the parent needs none of it

    examination = examine(pdf, trust)
    content_hash = examination.content_hash
    return {
        "findings": [
            [each.stage, each.level, each.reason, dict(each.parameters)]
            for each in examination.findings
        ],
        "bears_our_seal": examination.bears_our_seal,
        "content_hash": content_hash.hex() if content_hash else None,
    }


def _read_scanned_copy(content: bytes, codes: bool) -> dict[str, Any]:  # noqa: FBT001 - positional
    from verifier.scanned_copy_reading import read_scanned_copy  # noqa: PLC0415 - the parent needs none of it

    reading = read_scanned_copy(content, codes=codes)
    return {
        "pages": [[each.codes, each.text, each.pictured] for each in reading.pages],
        "attached": reading.attached.hex() if reading.attached else None,
        "failure": reading.failure,
        "unread": reading.unread,
        "left_out": list(reading.left_out),
    }


_TASKS: dict[str, Callable[..., dict[str, Any]]] = {"examine": _examine, "read": _read_scanned_copy}
"""What the parent may ask for (``verifier.tasks``)."""


def _read(size: int) -> bytes | None:
    """Read exactly ``size`` bytes of standard input; nothing if the parent closed it."""
    data = bytearray()
    while len(data) < size:
        part = os.read(0, min(size - len(data), 1 << 20))
        if not part:
            return None
        data += part
    return bytes(data)


def _answer(answer: dict[str, Any]) -> None:
    body = json.dumps(answer).encode()
    data = memoryview(LENGTH.pack(len(body)) + body)
    while data:
        data = data[os.write(1, data) :]
