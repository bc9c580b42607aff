"""Opens the register of receipts: for whoever makes them, and for everyone's questions."""

import secrets

from clearance.clock import system_clock
from register.verification_receipts import VerificationReceipts
from service.wiring.memory import Memory


def open_receipts(memory: Memory) -> VerificationReceipts:
    """Open the receipts; with a read-only database user they can be found, and none made."""
    return VerificationReceipts(memory.engine, clock=system_clock, random_bytes=secrets.token_bytes)
