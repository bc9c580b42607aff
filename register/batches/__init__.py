"""Batches: many requests sent at once, issued line by line by the workers."""
