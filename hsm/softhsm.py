"""Prepares the default token: SoftHSM2 in a folder of its own."""

import os
import pty
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from hsm.errors import HsmUnavailable

_SECONDS = 20
_SHORTEST_PIN, _LONGEST_PIN = 4, 255
_CONFIGURATION = """\
directories.tokendir = {tokens}
objectstore.backend = file
objectstore.umask = 0077
log.level = ERROR
slots.removable = false
"""


def initialise_softhsm(home: Path, label: str, so_pin: str, user_pin: str) -> Path:
    """Create ``home/softhsm2.conf`` and ``home/tokens`` with one token, unless they are there.

    A token that is there already is left alone, whatever its label. The PINs, 4 to 255 bytes of
    printable text, are typed into the tool's terminal, since a command line can be read by every
    user of the machine. The token appears whole or not at all.
    Returns the path of the configuration file, for ``TokenConfig.softhsm2_conf``.
    Raises ``HsmUnavailable`` (``hsm.softhsm_missing``, ``hsm.softhsm_failed``).
    """
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    tokens, configuration = home / "tokens", home / "softhsm2.conf"
    if not tokens.exists():
        # The tool would cut a PIN that is too long, and say nothing.
        if not all(map(_is_pin, (so_pin, user_pin))):
            raise HsmUnavailable("hsm.softhsm_failed")
        with tempfile.TemporaryDirectory(dir=home, prefix=".making-") as making:
            made = Path(making, "tokens")
            made.mkdir(mode=0o700)
            temporary = Path(making, "softhsm2.conf")
            temporary.write_text(_CONFIGURATION.format(tokens=made), encoding="utf-8")
            _initialise(temporary, label, so_pin, user_pin)
            made.rename(tokens)
    configuration.write_text(_CONFIGURATION.format(tokens=tokens), encoding="utf-8")
    return configuration


def _is_pin(pin: str) -> bool:
    return pin.isprintable() and _SHORTEST_PIN <= len(pin.encode()) <= _LONGEST_PIN


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
