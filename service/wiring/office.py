"""Opens what the office's endpoints and the panel need: the register's areas, no keys."""

import secrets

from api.toolkit.dependencies import Office
from clearance.clock import system_clock
from register.batches.client_batches import Batches
from register.collections import Deadlines
from register.directory import Directory
from register.inboxes import Notices
from register.revocations import Revocations
from register.supervision.service import Supervision
from service.settings import Settings
from service.wiring.deadline import collections_over
from service.wiring.memory import Memory
from service.wiring.panel import open_panel
from service.wiring.paper_forms import open_ledger


def open_office(settings: Settings, memory: Memory) -> Office | None:
    """Open the office of this role; the public role has none."""
    if not settings.keeps_office:
        return None
    return Office(
        panel=open_panel(settings, memory),
        batches=Batches(memory.engine, clock=system_clock, random_bytes=secrets.token_bytes),
        directory=Directory(memory.engine, clock=system_clock),
        notices=Notices(memory.engine, clock=system_clock),
        collections=collections_over(memory, settings.deadline)(system_clock),
        deadlines=Deadlines(memory.engine, clock=system_clock),
        paper=open_ledger(settings, memory),
        revocations=Revocations(memory.engine, clock=system_clock),
        supervision=Supervision(memory.engine, clock=system_clock),
    )
