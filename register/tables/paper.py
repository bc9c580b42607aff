"""The ledger of paper Form 22: ranges, serials, minutes."""
