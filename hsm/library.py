"""The PKCS#11 module of this process: found, loaded once, restarted after a lost link.

PKCS#11 initialises a module once for the whole process, so everything here is shared by all
tokens that the process opens.
"""

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from pkcs11.exceptions import PKCS11Error

from clearance.errors import Refused
from hsm.errors import HsmUnavailable

PROXY = "p11-kit-proxy.so"
"""p11-kit's proxy initialises the real modules with operating-system locks. python-pkcs11 calls
``C_Initialize(NULL)``, which promises a module one thread only: SoftHSM2 loaded directly fails
as soon as two threads use it."""


class Library:
    """A loaded module. Any number of threads may be inside it; a restart waits for all of them."""

    def __init__(self, path: Path, softhsm2_conf: Path | None) -> None:
        self._path = path
        self._change = threading.Condition()
        self._callers = 0
        self._restarting = False
        self._softhsm2_conf = softhsm2_conf
        self._holders = 0
        self.generation = 0
        """Counts restarts: sessions opened in an earlier generation are dead, and their handles
        may belong to others by now."""
        _point_softhsm_to(softhsm2_conf)
        try:
            self._lib = pkcs11.lib(str(path))
        except (PKCS11Error, OSError) as error:
            raise HsmUnavailable("hsm.module_failed", parameters={"module": str(path)}) from error

    @contextmanager
    def calls(self) -> Iterator[None]:
        """Hold off a restart while the caller is inside the module."""
        with self._change:
            self._change.wait_for(lambda: not self._restarting)
            self._callers += 1
        try:
            yield
        finally:
            with self._change:
                self._callers -= 1
                self._change.notify_all()

    def restart(self, seen: int, wait_seconds: float) -> None:
        """Finalise and initialise the module, unless that was done since generation ``seen``.

        This is the one way back after a token vanished that all modules understand. All sessions
        of the process end. Raises ``HsmUnavailable`` if callers stay inside for too long or the
        module does not start.
        """
        with self._change:
            if self.generation != seen:
                return
            self._restarting = True
            try:
                if not self._change.wait_for(lambda: self._callers == 0, wait_seconds):
                    raise HsmUnavailable("hsm.unavailable")
                if self.generation == seen:
                    self._reinitialise()
            finally:
                self._restarting = False
                self._change.notify_all()

    def token(self, label: str) -> pkcs11.Token:
        """Find the token with this label among all that all modules show.

        Raises ``HsmUnavailable``: ``hsm.token_missing`` or ``hsm.token_ambiguous``.
        """
        found = [token for token in self._lib.get_tokens(token_label=label)]  # noqa: C416
        if len(found) == 1:
            return found[0]
        code = "hsm.token_ambiguous" if found else "hsm.token_missing"
        raise HsmUnavailable(code, parameters={"label": label})

    def hold(self, softhsm2_conf: Path | None) -> None:
        """Count one more user, turning SoftHSM2 to another folder if nobody uses it now.

        Raises ``Refused`` (``hsm.other_token_folder``) while another folder is in use: SoftHSM2
        reads its configuration when it starts, for the whole process.
        """
        with self._change:
            if softhsm2_conf != self._softhsm2_conf:
                if self._holders or not self._change.wait_for(lambda: self._callers == 0, 10):
                    raise Refused("hsm.other_token_folder")
                self._softhsm2_conf = softhsm2_conf
                _point_softhsm_to(softhsm2_conf)
                self._reinitialise()
            self._holders += 1

    def release(self) -> None:
        """Count one user less."""
        with self._change:
            self._holders -= 1

    def _reinitialise(self) -> None:
        self.generation += 1
        try:
            self._lib.reinitialize()
        except PKCS11Error as error:
            raise HsmUnavailable(
                "hsm.module_failed", parameters={"module": str(self._path)}
            ) from error


_libraries: dict[Path, Library] = {}
_loading = threading.Lock()


def load(path: Path | None, softhsm2_conf: Path | None) -> Library:
    """Return this process's library for a module, loading it first if need be.

    The caller ``release``s it in the end. Raises ``HsmUnavailable`` or ``Refused``.
    """
    path = path or find_proxy()
    with _loading:
        if path not in _libraries:
            _libraries[path] = Library(path, softhsm2_conf)
        _libraries[path].hold(softhsm2_conf)
        return _libraries[path]


def find_proxy(roots: tuple[Path, ...] = (Path("/usr/lib"), Path("/usr/local/lib"))) -> Path:
    """Find p11-kit's proxy module: Debian's multiarch folder first, then other layouts.

    Raises ``HsmUnavailable`` (``hsm.p11_kit_missing``).
    """
    for root in roots:
        candidates = (
            *sorted(root.glob(f"{platform.machine()}-linux-*/{PROXY}")),
            root.with_name("lib64") / PROXY,
            root / PROXY,
        )
        for candidate in candidates:
            if candidate.is_file():
                return candidate
    raise HsmUnavailable("hsm.p11_kit_missing")


def _point_softhsm_to(configuration: Path | None) -> None:
    if configuration is not None:
        os.environ["SOFTHSM2_CONF"] = str(configuration)
