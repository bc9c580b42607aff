"""Where the token's PIN comes from: a file that others cannot read, or the environment."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from hsm.errors import PinRejected

_OPEN_TO_OTHERS = stat.S_IRWXO | stat.S_IWGRP


def pin_source(*, file: Path | None, variable: str) -> Callable[[], str]:
    """Return a function that reads the PIN when it is needed, so that it is not kept around.

    The environment variable wins if it is set. A file is UTF-8; a line end after the PIN is
    ignored. Others may not read or write the file and its group may not write it (a group
    may read it: that is how container platforms mount secrets).
    The function raises ``PinRejected``: ``hsm.pin_missing`` or ``hsm.pin_file_open_to_others``.
    """

    def read() -> str:
        pin = os.environ.get(variable, "")
        if not pin and file is not None:
            pin = _read_private(file)
        if not pin:
            where = str(file) if file is not None else variable
            raise PinRejected("hsm.pin_missing", parameters={"where": where})
        return pin

    return read


def _read_private(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as stream:
            if os.fstat(stream.fileno()).st_mode & _OPEN_TO_OTHERS:
                raise PinRejected("hsm.pin_file_open_to_others", parameters={"where": str(file)})
            return stream.read().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PinRejected("hsm.pin_missing", parameters={"where": str(file)}) from error
