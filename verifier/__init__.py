"""Tells genuine from altered, withdrawn, and issued outside the electronic channel."""
