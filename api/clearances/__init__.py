"""Clearances: issuing them, and reading what was issued."""
