"""Opens the panel: accounts and sessions of staff."""

import secrets
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from api.panel.config import Panel
from clearance.clock import system_clock
from register.database import Engine
from register.staff.service import Staff, open_staff
from register.staff.sessions import SessionRules
from service.settings import Settings
from service.wiring.memory import Memory, read_secret

STAFF_KEY_FILE = "staff_key"


def open_panel(settings: Settings, memory: Memory) -> Panel:
    """Open the panel of a process; raises ``Refused`` if the key of staff is not there."""
    url = settings.panel.url or settings.web.public_url
    return Panel(
        staff=open_staff_of(settings, memory.engine),
        url=url,
        secure=not (settings.is_development and _is_plain_loopback(url)),
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
    )


def _is_plain_loopback(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        return False
    try:
        return ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"
