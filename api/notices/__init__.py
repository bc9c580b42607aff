"""Notices to the work assigner's account (R4)."""
