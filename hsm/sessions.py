"""A bounded pool of sessions on one token: logged in once, found again after a loss."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import pkcs11
from pkcs11 import exceptions as p11
from pkcs11.types import SignMixin

from hsm.errors import HsmBusy, HsmUnavailable, MechanismRefused, PinRejected
from hsm.library import Library

Result = TypeVar("Result")

_PIN_ERRORS = (p11.PinIncorrect, p11.PinInvalid, p11.PinLenRange, p11.PinLocked, p11.PinExpired)
_REFUSALS = (
    p11.MechanismInvalid,
    p11.MechanismParamInvalid,
    p11.KeyTypeInconsistent,
    p11.KeySizeRange,
    p11.DataLenRange,
    p11.FunctionRejected,
    p11.TemplateInconsistent,
    p11.AttributeValueInvalid,
)


@dataclass(kw_only=True)
class PooledSession:
    """A session with the private keys that were looked up in it, used by one thread at a time."""

    session: pkcs11.Session
    generation: int
    keys: dict[str, SignMixin] = field(default_factory=dict)


class SessionPool:
    """Gives each operation a session of its own.

    Safe for any number of threads; at most ``size`` are inside the token, the others wait at most
    ``wait_seconds``. When an operation fails for any reason but its own, the module is restarted,
    the PIN is presented again, and the operation runs a second time: so it must be one that may
    run twice. A PIN that was rejected is not presented again, since tokens lock after a few tries.
    """

    def __init__(
        self,
        library: Library,
        *,
        token_label: str,
        pin: Callable[[], str],
        size: int,
        wait_seconds: float,
    ) -> None:
        self._library = library
        self._token_label = token_label
        self._pin = pin
        self._wait_seconds = wait_seconds
        self._places = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[PooledSession] = []
        self._login: PooledSession | None = None
        self._rejected_pin: str | None = None
        self._closed = False

    def run(self, operation: Callable[[PooledSession], Result]) -> Result:
        """Run ``operation`` with a session that is logged in.

        Raises ``HsmBusy`` if no session came free in time, ``HsmUnavailable`` if the token does
        not answer even after a restart of the module, ``PinRejected``, ``MechanismRefused``, and
        what the operation itself raises.
        """
        if not self._places.acquire(timeout=self._wait_seconds):
            raise HsmBusy("hsm.busy")
        try:
            seen = self._library.generation
            try:
                return self._once(operation)
            except (p11.PKCS11Error, HsmUnavailable):
                if self._closed:
                    raise
                self._library.restart(seen, self._wait_seconds)
                return self._once(operation)
        except p11.PKCS11Error as error:
            raise HsmUnavailable("hsm.unavailable") from error
        finally:
            self._places.release()

    def open_read_write(self) -> pkcs11.Session:
        """Open a session that may create objects; call it inside ``run`` and close it there."""
        return self._library.token(self._token_label).open(rw=True)

    def close(self) -> None:
        """Log out and close what is idle; operations under way end with their own sessions."""
        with self._library.calls(), self._lock:
            if self._closed:
                return
            self._closed = True
            for each in (*self._idle, self._login):
                if each is not None:
                    self._discard(each)
            self._idle.clear()
        self._library.release()

    def _once(self, operation: Callable[[PooledSession], Result]) -> Result:
        with self._library.calls():
            pooled = self._take()
            try:
                result = operation(pooled)
            except _REFUSALS as error:
                self._discard(pooled)
                raise MechanismRefused("hsm.mechanism_refused") from error
            except BaseException:
                self._discard(pooled)
                raise
            with self._lock:
                if not self._closed:
                    self._idle.append(pooled)
                    return result
            self._discard(pooled)
            return result

    def _take(self) -> PooledSession:
        generation = self._library.generation
        with self._lock:
            if self._closed:
                raise HsmUnavailable("hsm.closed")
            # Sessions of an earlier generation are dropped, not closed: their handles may have
            # been given to others since.
            self._idle = [each for each in self._idle if each.generation == generation]
            if self._idle:
                return self._idle.pop()
            token = self._library.token(self._token_label)
            if self._login is None or self._login.generation != generation:
                self._login = PooledSession(session=self._log_in(token), generation=generation)
        try:
            return PooledSession(session=token.open(), generation=generation)
        except p11.SessionCount as error:
            raise HsmBusy("hsm.busy") from error

    def _log_in(self, token: pkcs11.Token) -> pkcs11.Session:
        """Open the session that keeps the login: it belongs to process and token, not to it."""
        pin = self._pin()
        if pin == self._rejected_pin:
            raise PinRejected("hsm.pin_rejected", parameters={"label": self._token_label})
        try:
            return self._present(token, pin)
        except p11.UserAlreadyLoggedIn:
            return token.open()
        except _PIN_ERRORS as error:
            self._rejected_pin = pin
            raise PinRejected(
                "hsm.pin_rejected", parameters={"label": self._token_label}
            ) from error

    def _present(self, token: pkcs11.Token, pin: str) -> pkcs11.Session:
        return token.open(user_pin=pin)

    def _discard(self, pooled: PooledSession) -> None:
        if pooled.generation == self._library.generation:
            with suppress(p11.PKCS11Error):  # the session may be what was lost
                pooled.session.close()
