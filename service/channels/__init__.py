"""Channels of notification, a module for each: adding one touches none of the others.

A module holds ``open_channel(settings)``, which returns its ``register.deliveries.Channel``, or
nothing where the settings do not name it, and raises ``Refused`` where they name it in part.
"""

from importlib import import_module
from pkgutil import iter_modules

from register.deliveries import Channel
from service.settings import Settings


def open_channels(settings: Settings) -> tuple[Channel, ...]:
    """Open the channels that are set, in the order of their modules' names."""
    modules = sorted(each.name for each in iter_modules(__path__))
    opened = [import_module(f"{__name__}.{name}").open_channel(settings) for name in modules]
    return tuple(channel for channel in opened if channel is not None)
