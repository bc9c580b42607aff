"""Holds a number for as long as its attempt is under way.

A signature may take longer than a lease: a busy token, a slow timestamp authority. Without this
another attempt took over, and the first one's finished document was refused.
"""

import logging
import threading
from types import TracebackType
from typing import Final, Self

from clearance.errors import MohrError
from register.records import Ticket
from register.repository import Register

_log = logging.getLogger(__name__)

_EXTENSIONS_IN_A_LEASE: Final = 3
_MOST_LEASES: Final = 10
"""An attempt that takes longer than so many is stuck, and gives way to another."""


class LeaseKeeper:
    """Extends the lease of a ticket again and again, in a thread of its own, while it is open.

    If the register does not answer or the number is held no more, the lease ends by itself.
    """

    def __init__(self, register: Register, ticket: Ticket) -> None:
        self._register = register
        self._ticket = ticket
        self._pause = register.lease.total_seconds() / _EXTENSIONS_IN_A_LEASE
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closed.set()

    def _run(self) -> None:
        for _ in range(_MOST_LEASES * _EXTENSIONS_IN_A_LEASE):
            if self._closed.wait(self._pause) or not self._is_held():
                return

    def _is_held(self) -> bool:
        """Extend the lease; an outage of the register leaves it to the next time."""
        try:
            return self._register.extend(self._ticket)
        except MohrError as error:
            _log.warning("the lease of %s was not extended: %s", self._ticket.number, error.code)
            return True
