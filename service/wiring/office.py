"""Opens what the office's endpoints and the panel need: the register's areas, no keys."""

from api.dependencies import Office
from clearance.clock import system_clock
from register.revocations import Revocations
from service.settings import Settings
from service.wiring.memory import Memory


def open_office(settings: Settings, memory: Memory) -> Office | None:
    """Open the office of this role; the public role has none."""
    if not settings.keeps_office:
        return None
    return Office(
        revocations=Revocations(memory.engine, clock=system_clock),
    )
