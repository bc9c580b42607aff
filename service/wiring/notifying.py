"""Opens what delivers notices: the channels that are set, or the inbox alone."""

import random
from datetime import timedelta

from clearance.clock import system_clock
from clearance.notices import Patience
from register.deliveries import Deliveries
from service.channels import open_channels
from service.courier import Courier
from service.settings import Settings
from service.wiring.memory import Memory


def open_deliveries(settings: Settings, memory: Memory) -> Deliveries:
    """Open the register's side of the deliveries."""
    return Deliveries(
        memory.engine,
        clock=system_clock,
        fraction=random.random,
        patience=Patience(span=timedelta(days=settings.notification.retry_days)),
    )


def open_courier(settings: Settings, deliveries: Deliveries) -> Courier:
    """Open what delivers; raise ``Refused`` if a channel is set only in part."""
    return Courier(deliveries, open_channels(settings))
