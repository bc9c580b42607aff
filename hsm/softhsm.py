"""Prepares the default token: SoftHSM2 in a folder of its own."""

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

from hsm.errors import HsmUnavailable

_SECONDS = 20
_CONFIGURATION = """\
directories.tokendir = {tokens}
objectstore.backend = file
objectstore.umask = 0077
log.level = ERROR
slots.removable = false
"""


def initialise_softhsm(home: Path, label: str, so_pin: str, user_pin: str) -> Path:
    """Create ``home/softhsm2.conf`` and, if ``home/tokens`` is empty, a token in it.

    Idempotent: a token that is there already is left alone, whatever its label. The PINs are
    typed into the tool's terminal, since a command line can be read by every user of the machine.
    Returns the path of the configuration file, for ``TokenConfig.softhsm2_conf``.
    Raises ``HsmUnavailable`` (``hsm.softhsm_missing``, ``hsm.softhsm_failed``).
    """
    home = home.resolve()
    tokens = home / "tokens"
    tokens.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.chmod(0o700)
    configuration = home / "softhsm2.conf"
    configuration.write_text(_CONFIGURATION.format(tokens=tokens), encoding="utf-8")
    if not any(tokens.iterdir()):
        _initialise(configuration, label, so_pin, user_pin)
    return configuration


def _initialise(configuration: Path, label: str, so_pin: str, user_pin: str) -> None:
    tool = shutil.which("softhsm2-util")
    if tool is None:
        raise HsmUnavailable("hsm.softhsm_missing")
    keyboard, terminal = pty.openpty()
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and no word of it comes from outside
            [tool, "--init-token", "--free", "--label", label],
            env={**os.environ, "SOFTHSM2_CONF": str(configuration), "LC_ALL": "C"},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        with process:
            finished = _answer(process, keyboard, [so_pin, so_pin, user_pin, user_pin])
    finally:
        os.close(keyboard)
        os.close(terminal)
    if not finished or process.returncode != 0:
        raise HsmUnavailable("hsm.softhsm_failed")


def _answer(process: "subprocess.Popen[bytes]", keyboard: int, answers: list[str]) -> bool:
    """Type one answer a prompt (the tool throws away what is typed earlier) and see it end."""
    deadline = time.monotonic() + _SECONDS
    said = b""
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            return False
        if select.select([keyboard], [], [], 0.05)[0]:
            said += os.read(keyboard, 4096)
        if answers and said.rstrip().endswith(b"PIN:"):
            said = b""
            os.write(keyboard, answers.pop(0).encode() + b"\n")
    return not answers
