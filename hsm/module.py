"""The token: keys by label, made inside it and used inside it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import pkcs11
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import MultipleObjectsReturned, NoSuchKey, PKCS11Error
from pkcs11.types import SignMixin

from clearance.algorithms import KeyAlgorithm, Mechanism
from hsm.errors import HsmUnavailable, KeyNotFound, KeyNotProtected, LabelTaken, MechanismRefused
from hsm.library import load
from hsm.pace import Pace
from hsm.sessions import PooledSession, SessionPool
from hsm.signing import (
    KEY_TYPES,
    PROVED_PROTECTION,
    generate_pair,
    public_key_info,
    sign_with,
)
from hsm.softhsm import initialise_softhsm

__all__ = ["Token", "TokenConfig", "initialise_softhsm", "open_token"]


@dataclass(frozen=True, kw_only=True)
class TokenConfig:
    """Which token to use, and how."""

    token_label: str
    """Label of the token: the proxy module shows the tokens of all modules of the machine."""
    pin: Callable[[], str]
    """Answers the user PIN; called at each login. See ``hsm.pin.pin_source``."""
    module: Path | None = None
    """PKCS#11 module; ``None`` finds p11-kit's proxy module."""
    softhsm2_conf: Path | None = None
    """Configuration of SoftHSM2, where the token is one of its; one a process at a time."""
    pool_size: int = 8
    """Sessions open at once, besides the one that keeps the login."""
    wait_seconds: float = 10.0
    """How long a caller waits for a free session."""


class Token:
    """An open token.

    Safe for any number of threads. Every method raises ``HsmUnavailable`` if the token does not
    answer even after the module was restarted, ``HsmBusy`` if no session came free in time, and
    ``PinRejected``; what else it raises is said there. No method ever returns a private key.
    """

    def __init__(self, pool: SessionPool) -> None:
        self._pool = pool
        self.pace = Pace()
        """How long signatures take inside the token, waiting for a session left out."""
        self._seen: set[str] = set()
        """Labels that were found before: their absence means a lost token, not a wrong label."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def generate_key(self, label: str, algorithm: KeyAlgorithm) -> bytes:
        """Make a key pair inside the token; answer its SubjectPublicKeyInfo as DER.

        The private key is stored, sensitive and not extractable, which is checked afterwards; a
        key that turns out otherwise is destroyed (``KeyNotProtected``). Raises ``LabelTaken`` if
        the label exists, also after a failure that came once the key was made, and
        ``MechanismRefused`` if the token cannot make such a key.
        """

        def generate(pooled: PooledSession) -> bytes:
            if any(pooled.session.get_objects({Attribute.LABEL: label})):
                raise LabelTaken("hsm.label_taken", parameters={"label": label})
            with self._pool.open_read_write() as session:
                public, private = generate_pair(session, label, algorithm)
                if not _is_protected(private):
                    private.destroy()
                    public.destroy()
                    raise KeyNotProtected("hsm.key_not_protected", parameters={"label": label})
                return public_key_info(public)

        spki = self._pool.run(generate)
        self._seen.add(label)
        return spki

    def public_key(self, label: str) -> bytes:
        """Return the SubjectPublicKeyInfo (DER) of a key. Raises ``KeyNotFound``."""

        def read(pooled: PooledSession) -> bytes:
            key = self._find(pooled, ObjectClass.PUBLIC_KEY, label)
            return public_key_info(cast("pkcs11.PublicKey", key))

        return self._pool.run(read)

    def sign(self, label: str, mechanism: Mechanism, data: bytes) -> bytes:
        """Sign ``data``, hashing it first; ECDSA returns fixed-width ``r || s``.

        Raises ``KeyNotFound`` and ``MechanismRefused``.
        """

        def sign(pooled: PooledSession) -> bytes:
            if label not in pooled.keys:
                key = self._find(pooled, ObjectClass.PRIVATE_KEY, label)
                if not isinstance(key, SignMixin):
                    raise MechanismRefused("hsm.mechanism_refused", parameters={"label": label})
                pooled.keys[label] = key
            private = pooled.keys[label]
            # Asked here, since some modules answer a mismatch with the same general error as a
            # lost link.
            if private.key_type is not KEY_TYPES[mechanism.takes]:
                raise MechanismRefused("hsm.mechanism_refused", parameters={"label": label})
            with self.pace.measured():
                return sign_with(private, mechanism, data)

        return self._pool.run(sign)

    def labels(self) -> tuple[str, ...]:
        """Return the labels of all private keys, sorted."""

        def read(pooled: PooledSession) -> tuple[str, ...]:
            found = pooled.session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
            return tuple(sorted(str(key[Attribute.LABEL]) for key in found))

        labels = self._pool.run(read)
        self._seen.update(labels)
        return labels

    def ping(self) -> None:
        """Prove that the token answers, is logged in and still holds the keys seen before."""

        def look(pooled: PooledSession) -> None:
            for label in sorted(self._seen)[:1]:
                self._find(pooled, ObjectClass.PRIVATE_KEY, label)

        self._pool.run(look)

    def close(self) -> None:
        """Log out and close the sessions; a second call does nothing."""
        self._pool.close()

    def _find(self, pooled: PooledSession, kind: ObjectClass, label: str) -> pkcs11.Key:
        try:
            key = pooled.session.get_key(kind, label=label)
        except NoSuchKey as error:
            # A token that vanished, or that logged us out, shows no private keys but no error.
            if label in self._seen:
                raise HsmUnavailable("hsm.unavailable") from error
            raise KeyNotFound("hsm.key_not_found", parameters={"label": label}) from error
        except MultipleObjectsReturned as error:
            raise MechanismRefused("hsm.label_ambiguous", parameters={"label": label}) from error
        self._seen.add(label)
        return key


def open_token(config: TokenConfig) -> Token:
    """Load the module, find the token, log in, and read which keys it holds.

    Raises ``HsmUnavailable`` (no module, no such token), ``PinRejected``, and ``Refused``
    (``hsm.other_token_folder``) if this process uses SoftHSM2 with another folder.
    """
    library = load(config.module, config.softhsm2_conf)
    pool = SessionPool(
        library,
        token_label=config.token_label,
        pin=config.pin,
        size=config.pool_size,
        wait_seconds=config.wait_seconds,
    )
    token = Token(pool)
    try:
        token.labels()
    except BaseException:
        token.close()
        raise
    return token


def _is_protected(private: pkcs11.PrivateKey) -> bool:
    try:
        return all(private[name] is wanted for name, wanted in PROVED_PROTECTION.items())
    except PKCS11Error:
        return False  # a token that does not tell protects nothing that we could rely on
