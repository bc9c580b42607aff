"""Withdrawing a clearance by two officers."""
