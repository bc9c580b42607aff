"""The memory: every clearance issued, its document, its evidence, and who did what."""
