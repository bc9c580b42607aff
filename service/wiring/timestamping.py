"""Opens the timestamp authority and the source of evidence, which need no token."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clearance.clock import system_clock
from clearance.errors import Refused
from keys.development import DevelopmentAuthority
from keys.development_services import serve_authority
from service.settings import Settings
from service.wiring.trust import Trust
from signer.revocation_info import RevocationInfo
from signer.timestamps import TimestampAuthority


def authority_folder(settings: Settings) -> Path:
    """Return the folder of the development authority."""
    return settings.home / "authority"


@contextmanager
def running_authority(settings: Settings) -> Iterator[DevelopmentAuthority | None]:
    """Serve the development authority, unless another process of this home does already.

    Yields nothing in production, where there is none.
    """
    if not settings.is_development:
        yield None
        return
    authority = DevelopmentAuthority.open(authority_folder(settings))
    if authority.answers():
        yield authority
        return
    with serve_authority(authority, settings.authority.host, settings.authority.port):
        yield authority


@contextmanager
def open_timestamps(settings: Settings) -> Iterator[TimestampAuthority]:
    """Open the client of the timestamp authority, in development with the authority itself.

    Raises ``Refused`` (``settings.production_needs_timestamp_url``).
    """
    with running_authority(settings) as authority:
        url = settings.seal.timestamp_url or (authority and authority.timestamp_url)
        if not url:
            raise Refused("settings.production_needs_timestamp_url")
        timestamps = TimestampAuthority(url, clock=system_clock, seconds=settings.seal.seconds)
        try:
            yield timestamps
        finally:
            timestamps.close()


def open_evidence(settings: Settings, trust: Trust) -> RevocationInfo:
    """Open the source of evidence."""
    return RevocationInfo(lambda: trust.anchors, clock=system_clock, seconds=settings.seal.seconds)
