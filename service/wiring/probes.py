"""What ``/health/ready`` asks: each part by a name of its own, by a cheap question."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from api.toolkit.probing import Probe, Remembering
from clearance.clock import Clock, system_clock
from clearance.errors import InternalFault
from keys.catalogue import Catalogue, Purpose
from keys.certificates import check_may_sign
from register.database import ping
from register.health import check_sample, clock_ahead, require_writable
from service.settings import Settings
from service.wiring.issuing import Issuing
from service.wiring.memory import Memory
from service.wiring.trust import keys_folder

SAMPLE_SECONDS: Final = 60
"""How long a look at some documents counts."""
WRITING_SECONDS: Final = 10
"""How long a file that was written on trial counts."""
CLOCK_LIMIT: Final = timedelta(seconds=30)
"""How far clocks may differ: kept ones differ by milliseconds, so this one nobody keeps."""

Ahead = Callable[[], timedelta | None]
"""How far another clock is ahead of ours; None if that is not known."""


def open_probes(settings: Settings, memory: Memory, issuing: Issuing | None) -> dict[str, Probe]:
    """Return the probes of this role, by the name of their part; without keys there are fewer."""
    sample = partial(
        check_sample, memory.engine, memory.documents.get, random_bytes=secrets.token_bytes
    )
    probes: dict[str, Probe] = {
        "database": partial(ping, memory.engine),
        "documents": memory.documents.ping,
        "documents_sample": Remembering(sample, seconds=SAMPLE_SECONDS),
        "clock": partial(check_clock, partial(clock_ahead, memory.engine, system_clock)),
    }
    return probes | (_of_issuing(settings, memory, issuing) if issuing else {})


def _of_issuing(settings: Settings, memory: Memory, issuing: Issuing) -> dict[str, Probe]:
    folder = keys_folder(settings)
    may_sign = {
        f"key_{each.value}": partial(check_key, folder, each, system_clock)
        for each in _purposes(memory)
    }
    return {
        "database_writable": partial(require_writable, memory.engine),
        "documents_writable": Remembering(
            memory.documents.require_writable, seconds=WRITING_SECONDS
        ),
        "token": issuing.token.ping,
        "signer": partial(issuing.token.pace.require, settings.token.sign_seconds),
        "timestamp_clock": partial(check_timestamp_clock, issuing.timestamps_ahead),
        **may_sign,
    }


def _purposes(memory: Memory) -> tuple[Purpose, ...]:
    """Return what issuing needs keys for."""
    sealing = (Purpose(each.key_purpose) for each in memory.kinds.values())
    return tuple(dict.fromkeys((*sealing, Purpose.QR_TOKEN)))


def check_key(folder: Path, purpose: Purpose, clock: Clock) -> None:
    """Ask whether a key may sign for ``purpose`` now; the token is not asked.

    Raises ``Refused`` (``keys.*``), first of all ``keys.no_active_key``.
    """
    catalogue, now = Catalogue.load(folder), clock()
    key = catalogue.active(purpose, now)
    check_may_sign(key, catalogue.chain(key)[0], now)


def check_clock(ahead: Ahead) -> None:
    """Raise ``InternalFault("clock.off_from_database")`` if the database's clock is not ours."""
    off = _off(ahead)
    if off is not None:
        raise InternalFault("clock.off_from_database", parameters={"seconds": off})


def check_timestamp_clock(ahead: Ahead) -> None:
    """Raise ``InternalFault("clock.off_from_timestamps")`` if the TSA's clock is not ours."""
    off = _off(ahead)
    if off is not None:
        raise InternalFault("clock.off_from_timestamps", parameters={"seconds": off})


def _off(ahead: Ahead) -> str | None:
    found = ahead()
    if found is None or abs(found) <= CLOCK_LIMIT:
        return None
    return f"{abs(found).total_seconds():.0f}"
