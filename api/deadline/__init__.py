"""Collections and the one-day rule (R11)."""
