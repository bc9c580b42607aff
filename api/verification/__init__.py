"""Verifying files, one or many, by content or by digest."""
