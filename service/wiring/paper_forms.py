"""Opens the ledger of paper forms: for the officers who keep it, and for everyone's questions."""

from clearance.clock import system_clock
from register.paper_forms.ledger import PaperFormLedger
from register.paper_forms.lookup import PaperFormLookup
from service.settings import Settings
from service.wiring.memory import Memory


def open_ledger(settings: Settings, memory: Memory) -> PaperFormLedger:
    """Open the ledger, with its deadline."""
    return PaperFormLedger(
        memory.engine, clock=system_clock, deadline=settings.paper.handover_deadline
    )


def open_lookup(settings: Settings, memory: Memory) -> PaperFormLookup:
    """Open what everyone may ask; it only reads."""
    return PaperFormLookup(
        memory.engine, clock=system_clock, effective_date=settings.paper.effective_date
    )
