"""Opens what delivers notices: the e-services system's webhook, if one is set, or the inbox."""

import random
from datetime import timedelta
from pathlib import Path

from clearance.clock import system_clock
from clearance.notices import Patience
from register.deliveries import Deliveries
from service.settings import Settings
from service.webhooks import Courier, Webhook, parse_secrets
from service.wiring.memory import Memory, read_secret

SECRET_FILE = "webhook_secret"  # noqa: S105 - a file's name


def secret_file(settings: Settings) -> Path:
    """Return the file of the webhook's secrets."""
    return settings.home / "secrets" / SECRET_FILE


def open_deliveries(settings: Settings, memory: Memory) -> Deliveries:
    """Open the register's side of the deliveries."""
    return Deliveries(
        memory.engine,
        clock=system_clock,
        fraction=random.random,
        patience=Patience(span=timedelta(days=settings.notification.retry_days)),
    )


def open_courier(settings: Settings, deliveries: Deliveries) -> Courier:
    """Open what delivers; raise ``Refused`` if a webhook is set and its secret is not there.

    The secrets are read at each delivery, so that changing them needs no restart.
    """
    seconds = settings.notification.seconds
    if settings.notification.url is None:
        return Courier(deliveries, send=None, seconds=seconds)

    def secrets() -> tuple[str, ...]:
        return parse_secrets(read_secret(settings, SECRET_FILE))

    secrets()
    webhook = Webhook(
        settings.notification.url,
        secrets=secrets,
        source=settings.web.public_url,
        seconds=seconds,
    )
    return Courier(deliveries, send=webhook.send, seconds=seconds)
