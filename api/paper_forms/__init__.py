"""The ledger of the paper channel (R12-R14)."""
