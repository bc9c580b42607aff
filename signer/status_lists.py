"""Publishes the status lists: signed by the key of the QR tokens, in the process that holds it.

A list is due when something has been revoked since it was published, when half of its life is
over, when another key signs by now, and when its date lies ahead: a clock was wrong, and readers
would take it for unborn. No transaction is open while the key signs.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding

from clearance.clock import Clock
from clearance.status_list import (
    StatusListClaims,
    assemble,
    encode_claims,
    list_uri,
    make_bits,
    to_be_signed,
)
from clearance.token import key_identifier
from register.status_lists import Publication, StatusLists
from signer.ports import SigningKey

AMONG_MACHINES = timedelta(seconds=10)
"""How far apart the clocks of two publishing machines may be without either replacing the other's
lists."""


class StatusListPublisher:
    """Keeps the published lists true; safe to use from several threads and processes."""

    def __init__(
        self,
        *,
        lists: StatusLists,
        key: Callable[[], SigningKey],
        public_url: str,
        ttl: timedelta,
        lifetime: timedelta,
        clock: Clock,
    ) -> None:
        """``ttl`` and ``lifetime`` are whole seconds; ``key`` returns the key that signs now."""
        self._lists = lists
        self._key = key
        self._public_url = public_url
        self._ttl = ttl
        self._lifetime = lifetime
        self._clock = clock

    def publish(self) -> None:
        """Publish each list that is due; called again, it finds nothing to do.

        Raises ``Unavailable`` if register or token does not answer, ``Refused`` if the key may not
        sign: what was published before stays, until its life is over.
        """
        key = self._key()
        kid = key_identifier(key.certificate.public_bytes(Encoding.DER))
        for number, revoked in enumerate(self._lists.counts()):
            now = self._clock().astimezone(UTC).replace(microsecond=0)
            newest = self._lists.newest(number)
            if (
                newest is None
                or newest.revoked < revoked
                or newest.kid != kid
                or newest.expires_at - now <= self._lifetime / 2
                or newest.issued_at > now + AMONG_MACHINES
            ):
                self._lists.record(self._signed(number, key, kid, now))

    def _signed(self, number: int, key: SigningKey, kid: bytes, now: datetime) -> Publication:
        revoked = self._lists.revoked(number)
        claims = StatusListClaims(
            uri=list_uri(self._public_url, number),
            issued_at=now,
            expires_at=now + self._lifetime,
            ttl=self._ttl,
            bits=make_bits(revoked),
        )
        payload = encode_claims(claims)
        signature = key.sign(to_be_signed(kid, payload))
        return Publication(
            list_number=number,
            revoked=len(revoked),
            issued_at=claims.issued_at,
            expires_at=claims.expires_at,
            ttl=claims.ttl,
            kid=kid,
            token=assemble(kid, payload, signature),
        )
