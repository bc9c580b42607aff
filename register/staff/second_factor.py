"""The second factor: codes of an authenticator (RFC 6238) and recovery codes.

Six digits, SHA-1, 30 seconds, as every authenticator knows them; the code of the step before and
after counts too, for clocks that run apart. No code counts twice.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pyotp
from sqlalchemy import Connection, Engine, Row, update

from clearance.clock import Clock
from clearance.errors import Conflict
from clearance.text import ascii_digits
from register import events
from register.database import transaction
from register.events import EventName
from register.records import RandomBytes
from register.staff.accounts import locked_row
from register.staff.passwords import draw
from register.staff.secrets import StaffSecrets
from register.tables.staff import staff

_SECRET_BYTES: Final = 20
_SECONDS: Final = 30
_STEPS: Final = (0, -1, 1)
RECOVERY_CODES: Final = 10


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A secret to be put into an authenticator."""

    secret: str
    """Base32, for typing."""
    uri: str
    """``otpauth://…``, for the QR code."""


class SecondFactors:
    """The second factors; safe to use from several threads and processes."""

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        random_bytes: RandomBytes,
        secrets: StaffSecrets,
        issuer: str,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._random_bytes = random_bytes
        self._secrets = secrets
        self._issuer = issuer

    def offer(self, staff_id: str) -> Offer:
        """Return the secret to set up, the same until it is confirmed.

        Raises ``Conflict("staff.second_factor_exists")``: a confirmed one is never shown again.
        """
        with transaction(self._engine) as connection:
            row = locked_row(connection, staff_id)
            if row.totp_confirmed_at is not None:
                raise Conflict("staff.second_factor_exists")
            if row.totp_secret is not None:
                secret = self._secret(row)
            else:
                secret = base64.b32encode(self._random_bytes(_SECRET_BYTES)).decode()
                sealed = self._secrets.seal(secret.encode(), context=_context(staff_id))
                connection.execute(
                    update(staff).where(staff.c.id == staff_id).values(totp_secret=sealed)
                )
        uri = pyotp.TOTP(secret).provisioning_uri(name=row.username, issuer_name=self._issuer)
        return Offer(secret=secret, uri=uri)

    def confirm(self, connection: Connection, staff_id: str, code: str) -> tuple[str, ...] | None:
        """Take the first code of an offered secret within the caller's transaction.

        Returns fresh recovery codes, or ``None`` for a wrong code. Raises
        ``Conflict("staff.second_factor_exists")``.
        """
        row = locked_row(connection, staff_id)
        if row.totp_confirmed_at is not None:
            raise Conflict("staff.second_factor_exists")
        if row.totp_secret is None or not self._take_totp(connection, row, code):
            return None
        now = self._now()
        connection.execute(
            update(staff).where(staff.c.id == staff_id).values(totp_confirmed_at=now)
        )
        self._record(connection, EventName.STAFF_SECOND_FACTOR_SET, staff_id)
        return self._fresh_recovery_codes(connection, staff_id)

    def renew_recovery_codes(self, connection: Connection, staff_id: str) -> tuple[str, ...]:
        """Put fresh recovery codes in the place of the old ones within the caller's transaction."""
        self._record(connection, EventName.STAFF_RECOVERY_CODES_MADE, staff_id)
        return self._fresh_recovery_codes(connection, staff_id)

    def take(self, connection: Connection, staff_id: str, code: str) -> str | None:
        """Take a code within the caller's transaction; it does not count again.

        Returns ``totp`` or ``recovery_code``, or ``None`` for a wrong code.
        """
        row = locked_row(connection, staff_id)
        if row.totp_confirmed_at is None:
            return None
        if self._take_totp(connection, row, code):
            return "totp"
        return "recovery_code" if self._take_recovery_code(connection, row, code) else None

    def _take_totp(self, connection: Connection, row: Row[*tuple[Any, ...]], code: str) -> bool:
        totp = pyotp.TOTP(self._secret(row))
        typed = ascii_digits(code).replace(" ", "").encode()
        now = int(self._now().timestamp()) // _SECONDS
        for step in (now + offset for offset in _STEPS):
            right = hmac.compare_digest(totp.at(step * _SECONDS).encode(), typed)
            if right and (row.totp_last_step is None or step > row.totp_last_step):
                connection.execute(
                    update(staff).where(staff.c.id == row.id).values(totp_last_step=step)
                )
                return True
        return False

    def _take_recovery_code(
        self, connection: Connection, row: Row[*tuple[Any, ...]], code: str
    ) -> bool:
        digest = self._recovery_digest(row.id, code)
        left = [each for each in row.recovery_codes if not hmac.compare_digest(each, digest)]
        if len(left) == len(row.recovery_codes):
            return False
        connection.execute(update(staff).where(staff.c.id == row.id).values(recovery_codes=left))
        self._record(connection, EventName.STAFF_RECOVERY_CODE_USED, row.id, left=len(left))
        return True

    def _fresh_recovery_codes(self, connection: Connection, staff_id: str) -> tuple[str, ...]:
        codes = tuple(draw(self._random_bytes, groups=3) for _ in range(RECOVERY_CODES))
        connection.execute(
            update(staff)
            .where(staff.c.id == staff_id)
            .values(recovery_codes=[self._recovery_digest(staff_id, code) for code in codes])
        )
        return codes

    def _recovery_digest(self, staff_id: str, code: str) -> bytes:
        folded = ascii_digits(code).strip().lower().replace("-", "").replace(" ", "")
        return self._secrets.digest(folded, context=f"recovery code {staff_id}")

    def _secret(self, row: Row[*tuple[Any, ...]]) -> str:
        return self._secrets.open(row.totp_secret, context=_context(row.id)).decode()

    def _record(
        self, connection: Connection, name: EventName, staff_id: str, **details: int
    ) -> None:
        events.record(
            connection, name, at=self._now(), actor=staff_id, subject=staff_id, details=details
        )

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def _context(staff_id: str) -> str:
    return f"totp {staff_id}"
