"""Opens the ledger of paper forms: for the officers who keep it, and for everyone's questions."""

from clearance.clock import system_clock
from register.paper.ledger import PaperLedger
from register.paper.lookup import PaperLookup
from service.settings import Settings
from service.wiring.memory import Memory


def open_ledger(settings: Settings, memory: Memory) -> PaperLedger:
    """Open the ledger, with its deadline."""
    return PaperLedger(memory.engine, clock=system_clock, deadline=settings.paper.handover_deadline)


def open_lookup(settings: Settings, memory: Memory) -> PaperLookup:
    """Open what everyone may ask; it only reads."""
    return PaperLookup(
        memory.engine, clock=system_clock, effective_date=settings.paper.effective_date
    )
