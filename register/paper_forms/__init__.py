"""The ledger of the paper channel: Form 22, holograms, and the minutes of their return."""
