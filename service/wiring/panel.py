"""Opens the panel: accounts and sessions of staff."""

import secrets
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from api.panel.config import Panel
from api.panel.provider import CALLBACK, Provider, ProviderConfig
from clearance.clock import system_clock
from clearance.errors import Refused
from register.database import Engine
from register.staff.service import Staff, open_staff
from register.staff.sessions import SessionRules
from service.sections import ProviderSettings
from service.settings import Settings
from service.wiring.memory import Memory, read_secret

STAFF_KEY_FILE = "staff_key"
PROVIDER_SECRET_FILE = "provider_client_secret"  # noqa: S105 - a name


def open_panel(settings: Settings, memory: Memory) -> Panel:
    """Open the panel of a process; raises ``Refused`` if the key of staff is not there."""
    url = settings.panel.url or settings.web.public_url
    staff = open_staff_of(settings, memory.engine)
    return Panel(
        staff=staff,
        url=url,
        secure=not (settings.is_development and is_plain_loopback(url)),
        provider=_provider(settings, url, staff),
        passwords=settings.panel.passwords or settings.panel.provider is None,
    )


def open_staff_of(settings: Settings, engine: Engine) -> Staff:
    """Open the accounts of staff."""
    return open_staff(
        engine,
        clock=system_clock,
        random_bytes=secrets.token_bytes,
        key=read_secret(settings, STAFF_KEY_FILE).encode(),
        rules=SessionRules(
            idle=timedelta(minutes=settings.panel.idle_minutes),
            life=timedelta(hours=settings.panel.life_hours),
        ),
        provider_proves_both=settings.panel.provider is not None
        and settings.panel.provider.second_factor,
    )


def _provider(settings: Settings, url: str, staff: Staff) -> Provider | None:
    chosen = settings.panel.provider
    if chosen is None:
        return None
    config = ProviderConfig(
        issuer=chosen.issuer,
        client_id=chosen.client_id,
        client_secret=_client_secret(settings, chosen),
        redirect_uri=url + CALLBACK,
        username_claim=chosen.username_claim,
        scope=chosen.scope,
        name=chosen.name,
        seconds=chosen.seconds,
    )
    return Provider(
        config, secrets=staff.secrets, clock=system_clock, random_word=secrets.token_urlsafe
    )


def _client_secret(settings: Settings, chosen: ProviderSettings) -> str:
    if chosen.client_secret_file is None:
        return read_secret(settings, PROVIDER_SECRET_FILE)
    try:
        return chosen.client_secret_file.read_text().strip()
    except OSError:
        name = str(chosen.client_secret_file)
        raise Refused("settings.secret_missing", parameters={"name": name}) from None


def is_plain_loopback(url: str) -> bool:
    """Whether an address is plain http on this machine itself, which nobody can listen in on."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        return False
    try:
        return ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"
